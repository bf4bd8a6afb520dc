// Calls: arguments and results are variables in the local memory of a thread, the caller's and the
// function's own, and are copied from one to the other.
#include "simt/machine/codes.h"
#include "simt/ptx/assembler.h"

namespace lean::simt {

// st.param and ld.param of what is passed to a function or comes back from it, not of a kernel's
// parameters.
bool Assembler::names_own_parameters(const Statement& statement) const {
  const Spelling& spelling = statement.spelling;
  if (!spelling.has("param") && !spelling.has("param::func")) return false;
  if (!function_.entry || spelling.opcode == "st") return true;
  uint64_t offset = 0;
  for (const Operand& operand : spelling.operands) {
    if (operand.kind != Operand::Kind::address) continue;
    if (local(statement.scope, operand.name, offset)) return true;
  }
  return false;
}

Statement Assembler::with_local(const Statement& statement) {
  Statement changed = statement;
  for (std::string& modifier : changed.spelling.modifiers) {
    if (modifier == "param" || modifier == "param::func") modifier = "local";
  }
  return changed;
}

// Why the call is not interpreted; "" where it is.
std::string Assembler::trouble_with(const Statement& statement, const CallForm& form,
                                    const Linked* callee) {
  const std::string name(form.callee);
  Column pointer;
  if (name == "__assertfail") return "an assertion does not hold";
  if (!statement.understood || registers_.find(statement.scope, name, pointer)) {
    return "calls through pointers are not interpreted";
  }
  if (callee == nullptr) {
    for (const Function& function : tree_.functions) {
      if (function.name != name || !function.defined) continue;
      return name + " calls itself, directly or by way of others: recursion is not interpreted";
    }
    if (name == "vprintf") return "there is no printf in the interpreter";
    return name + " has no body in this file: its calls are not interpreted";
  }
  for (const auto* declarations : {&callee->function->results, &callee->function->parameters}) {
    for (const Declaration& each : *declarations) {
      if (each.space != "param") return name + " has parameters in registers: not interpreted";
    }
  }
  return "";
}

// False where what is passed is not what the function takes.
bool Assembler::argument_copies(const Statement& statement, const std::vector<Operand>* operands,
                                const std::vector<uint32_t>& offsets,
                                const std::vector<Declaration>& declarations, bool back,
                                uint32_t& index) {
  std::vector<Kernel::Copy> copies;
  const size_t count = operands == nullptr ? 0 : operands->size();
  if (count != offsets.size()) return false;
  for (size_t i = 0; i < count; ++i) {
    uint64_t own = 0;
    if (!local(statement.scope, (*operands)[i].name, own)) return false;
    const auto mine = static_cast<uint32_t>(own);
    const auto bytes = static_cast<uint32_t>(declarations[i].bytes);
    copies.push_back(back ? Kernel::Copy{offsets[i], mine, bytes}
                          : Kernel::Copy{mine, offsets[i], bytes});
  }
  index = static_cast<uint32_t>(kernel_.copies.size());
  kernel_.copies.push_back(std::move(copies));
  return true;
}

void Assembler::assemble_call(const Statement& statement) {
  const CallForm form = call_form(statement.spelling);
  const auto found = unit_.functions.find(form.callee);
  const Linked* callee = found == unit_.functions.end() ? nullptr : &found->second;
  Instruction made;
  Instruction after;
  Draft draft;
  draft.first_column = kernel_.columns.size();
  const bool guarded = guard(statement, made) && guard(statement, after);
  std::string trouble = trouble_with(statement, form, callee);
  if (trouble.empty()) {
    const Function& function = *callee->function;
    const bool fits = guarded &&
                      argument_copies(statement, form.arguments, callee->parameters,
                                      function.parameters, false, made.data[0]) &&
                      argument_copies(statement, form.results, callee->results, function.results,
                                      true, after.data[0]);
    if (!fits) trouble = "what is passed is not what " + function.name + " takes";
  }
  if (!trouble.empty()) {
    made.execute = refuse_call;
    made.data[0] = static_cast<uint32_t>(kernel_.refusals.size());
    kernel_.refusals.push_back(std::move(trouble));
    return add(made, draft, statement);
  }
  made.execute = call;
  made.target = callee->start;
  made.operand_count = 1;
  kernel_.columns.push_back(callee->back);
  add(made, draft, statement);
  if (callee->results.empty()) return;
  after.execute = take_results;
  add(after, draft, statement);
}

void Assembler::assemble_return(const Statement& statement) {
  Instruction made;
  Draft draft;
  draft.first_column = kernel_.columns.size();
  kernel_.columns.push_back(own_.back);
  made.operand_count = 1;
  made.execute = guard(statement, made) ? return_lanes : refuse;
  add(made, draft, statement);
}

}  // namespace lean::simt
