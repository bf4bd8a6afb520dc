// The operands of an instruction: names become columns, addresses and jump targets.
#include "simt/ptx/assembler.h"

namespace lean::simt {

void Assembler::resolve(const Statement& statement, const Operand& operand, bool wide,
                        Instruction& made, Draft& draft) {
  switch (operand.kind) {
    case Operand::Kind::name:
      return resolve_name(statement, operand, wide, made, draft);
    case Operand::Kind::address:
      return resolve_address(statement, operand, made, draft);
    case Operand::Kind::immediate:
      kernel_.columns.push_back(registers_.constant(operand.bits, wide));
      return;
    case Operand::Kind::vector:
      for (const Operand& element : operand.elements) {
        resolve(statement, element, wide, made, draft);
      }
      return;
    case Operand::Kind::sink: {
      Column sink;
      sink.sink = true;
      kernel_.columns.push_back(sink);
      return;
    }
  }
}

void Assembler::resolve_name(const Statement& statement, const Operand& operand, bool wide,
                             Instruction& made, Draft& draft) {
  Column column;
  if (registers_.find(statement.scope, operand.name, column)) {
    column.negated = operand.negated;
    kernel_.columns.push_back(column);
    return;
  }
  const Special special = special_named(operand.name);
  if (special != Special::none) {
    kernel_.columns.push_back(registers_.special(special));
    return;
  }
  uint64_t address = 0;
  if (symbol(statement, operand.name, address)) {
    kernel_.columns.push_back(registers_.constant(address + operand.bits, wide));
    return;
  }
  if (label(statement, operand.name, draft.jump)) {
    draft.jumps = true;
    return;
  }
  if (table(statement, operand, made)) return;
  draft.resolved = false;
}

void Assembler::resolve_address(const Statement& statement, const Operand& operand,
                                Instruction& made, Draft& draft) {
  const bool first = draft.addresses++ == 0;
  Column column;
  if (!operand.name.empty() && registers_.find(statement.scope, operand.name, column)) {
    (first ? made.displacement : made.displacement2) = static_cast<int64_t>(operand.bits);
    kernel_.columns.push_back(column);
    return;
  }
  uint64_t address = 0;
  if (!operand.name.empty() && !symbol(statement, operand.name, address)) draft.resolved = false;
  kernel_.columns.push_back(registers_.constant(address + operand.bits, true));
}

bool Assembler::local(int32_t scope, std::string_view name, uint64_t& offset) const {
  for (;; scope = function_.scopes[static_cast<size_t>(scope)].parent) {
    const auto found = local_.find({scope, std::string(name)});
    if (found != local_.end()) {
      offset = found->second;
      return true;
    }
    if (scope < 0) return false;
  }
}

bool Assembler::symbol(const Statement& statement, std::string_view name, uint64_t& address) const {
  if (local(statement.scope, name, address)) return true;
  for (const auto* table : {&parameters_, &std::as_const(unit_.shared)}) {
    const auto found = table->find(name);
    if (found == table->end()) continue;
    address = found->second;
    return true;
  }
  const auto variable = module_.variables.find(name);
  if (variable == module_.variables.end()) return false;
  address = variable->second.address;
  return true;
}

bool Assembler::label(const Statement& statement, std::string_view name, uint32_t& index) const {
  for (int32_t at = statement.scope; at >= 0;) {
    const Scope& scope = function_.scopes[static_cast<size_t>(at)];
    const auto found = scope.labels.find(name);
    if (found != scope.labels.end()) {
      index = found->second;
      return true;
    }
    at = scope.parent;
  }
  return false;
}

// The list of targets that brx.idx chooses from.
bool Assembler::table(const Statement& statement, const Operand& operand, Instruction& made) {
  for (int32_t at = statement.scope; at >= 0;) {
    const Scope& scope = function_.scopes[static_cast<size_t>(at)];
    const auto found = scope.tables.find(operand.name);
    if (found == scope.tables.end()) {
      at = scope.parent;
      continue;
    }
    std::vector<uint32_t> targets;
    for (const std::string& name : found->second) {
      uint32_t index = 0;
      if (!label(statement, name, index)) return false;
      targets.push_back(index);
    }
    made.target = static_cast<uint32_t>(kernel_.branch_tables.size());
    kernel_.branch_tables.push_back(std::move(targets));
    return true;
  }
  return false;
}

}  // namespace lean::simt
