// The opcodes that the families of instructions have registered.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "simt/machine/instruction.h"

namespace lean::simt {
namespace {

using Registry = std::unordered_map<std::string, std::vector<Select>>;

// Within a function, so that it exists before the first static initializer adds to it.
Registry& registry() {
  static Registry opcodes;
  return opcodes;
}

}  // namespace

RegisterOpcode::RegisterOpcode(std::string_view opcode, Select select) {
  registry()[std::string(opcode)].push_back(select);
}

Execute select_code(const Spelling& spelling, Instruction& instruction) {
  const auto found = registry().find(spelling.opcode);
  if (found == registry().end()) return nullptr;
  for (const Select select : found->second) {
    std::fill(std::begin(instruction.data), std::end(instruction.data), 0);
    if (const Execute execute = select(spelling, instruction)) return execute;
  }
  return nullptr;
}

}  // namespace lean::simt
