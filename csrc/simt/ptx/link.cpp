#include "simt/ptx/link.h"

#include <algorithm>
#include <set>

#include "simt/ptx/assembler.h"

namespace lean::simt {
namespace {

uint64_t align_up(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

// What a kernel reaches, callees before those who call them.
class Reach {
 public:
  explicit Reach(const SyntaxTree& tree) {
    for (const Function& function : tree.functions) {
      if (function.defined && !function.entry) defined_[function.name] = &function;
    }
  }

  std::vector<const Function*> operator()(const Function& entry) {
    visit(entry);
    return std::move(order_);
  }

 private:
  void visit(const Function& function) {
    if (!seen_.insert(&function).second) return;
    for (const Statement& statement : function.statements) {
      if (statement.spelling.opcode != "call") continue;
      const auto found = defined_.find(call_form(statement.spelling).callee);
      if (found != defined_.end()) visit(*found->second);
    }
    order_.push_back(&function);
  }

  std::map<std::string_view, const Function*> defined_;
  std::set<const Function*> seen_;
  std::vector<const Function*> order_;
};

std::set<std::string_view> names_in(const std::vector<const Function*>& functions) {
  std::set<std::string_view> named;
  for (const Function* function : functions) {
    for (const Statement& statement : function->statements) {
      for (const Operand& operand : statement.spelling.operands) {
        named.insert(operand.name);
        for (const Operand& element : operand.elements) named.insert(element.name);
      }
    }
  }
  return named;
}

// Of the module's shared variables a kernel has those that it, or what it calls, names.
void lay_out_shared(const SyntaxTree& tree, const std::vector<const Function*>& functions,
                    Unit& unit, Kernel& kernel) {
  constexpr uint64_t kGap = 16;
  std::vector<const Declaration*> open;
  uint64_t size = 0;  // as nvcc counts it
  uint64_t end = 0;   // with the gaps
  const auto start_at = [&](uint64_t offset) {
    if (offset > end) {
      kernel.shared_gaps.push_back(
          {static_cast<uint32_t>(end), static_cast<uint32_t>(offset - end)});
    }
    end = offset;
  };
  const auto place = [&](const Declaration& variable) {
    if (variable.space != "shared") return;
    if (!variable.sized) {
      open.push_back(&variable);
      return;
    }
    start_at(align_up(end == 0 ? 0 : end + kGap, variable.align));
    unit.shared[variable.name] = end;
    end += variable.bytes;
    size = align_up(size, variable.align) + variable.bytes;
  };
  const std::set<std::string_view> named = names_in(functions);
  for (const Declaration& variable : tree.variables) {
    if (named.count(variable.name) != 0) place(variable);
  }
  for (const Function* function : functions) {
    for (const Scope& scope : function->scopes) {
      for (const auto& [name, variable] : scope.variables) place(variable);
    }
  }
  kernel.static_shared = static_cast<uint32_t>(size);
  kernel.shared_end = static_cast<uint32_t>(end);
  uint64_t alignment = 16;
  for (const Declaration* variable : open) alignment = std::max(alignment, variable->align);
  start_at(align_up(end == 0 || open.empty() ? end : end + kGap, alignment));
  for (const Declaration* variable : open) unit.shared[variable->name] = end;
  kernel.dynamic_shared = static_cast<uint32_t>(end);
}

}  // namespace

CallForm call_form(const Spelling& spelling) {
  CallForm form;
  const std::vector<Operand>& operands = spelling.operands;
  size_t at = 0;
  const auto list = [&]() -> const std::vector<Operand>* {
    if (at >= operands.size() || operands[at].kind != Operand::Kind::vector) return nullptr;
    return &operands[at++].elements;
  };
  form.results = list();
  if (at < operands.size()) form.callee = operands[at++].name;
  form.arguments = list();
  return form;
}

void link_kernel(const SyntaxTree& tree, const Function& entry, const Module& module,
                 Kernel& kernel) {
  kernel.name = entry.name;
  kernel.max_threads = entry.max_threads;
  const auto dim = [](const uint32_t(&three)[3]) { return Dim{three[0], three[1], three[2]}; };
  kernel.required_block = dim(entry.required_threads);
  kernel.required_cluster = dim(entry.required_cluster);
  kernel.explicit_cluster = entry.explicit_cluster;
  const std::vector<const Function*> functions = Reach(tree)(entry);
  Unit unit;
  lay_out_shared(tree, functions, unit, kernel);
  for (const Function* function : functions) {
    Assembler(tree, *function, module, unit, kernel).run();
  }
  for (size_t i = 0; i < kernel.code.size(); ++i) {
    kernel.code[i].operands = kernel.columns.data() + unit.first_columns[i];
  }
  kernel.register_bytes = static_cast<uint32_t>(align_up(kernel.register_bytes, 64));
  kernel.local_bytes = static_cast<uint32_t>(align_up(kernel.local_bytes, 16));
}

}  // namespace lean::simt
