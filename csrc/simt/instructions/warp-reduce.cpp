// match.sync and redux.sync (PTX ISA 9.7.13).
#include <algorithm>

#include "simt/instructions/modifiers.h"
#include "simt/instructions/warp-members.h"

namespace lean::simt {
namespace {

// The lanes of `group` whose value is that of `lane`.
template <class U>
Mask same_as(const Lanes<U>& values, int lane, Mask group) {
  Mask same = 0;
  for (int i = 0; i < kLanes; ++i) same |= Mask{values[i] == values[lane]} << i;
  return same & group;
}

template <class U>
Flow match_any(Warp& warp, const Instruction& instruction, Mask mask) {
  const Column* operands = instruction.operands;
  return for_members(warp, instruction, mask, operands[2], [&](Mask group) {
    const Lanes<U> values = read<U>(warp, operands[1]);
    Lanes<Mask> results = {};
    for (int i = 0; i < kLanes; ++i) results[i] = same_as(values, i, group);
    write(warp, operands[0], results, group);
  });
}

// d or d|p: all lanes of the mask, if they have the same value.
template <class U>
Flow match_all(Warp& warp, const Instruction& instruction, Mask mask) {
  const bool to_predicate = instruction.data[0];
  const Column* in = instruction.operands + (to_predicate ? 2 : 1);
  return for_members(warp, instruction, mask, in[1], [&](Mask group) {
    const Lanes<U> values = read<U>(warp, in[0]);
    const bool all = same_as(values, std::countr_zero(group), group) == group;
    Lanes<Mask> results;
    results.fill(all ? group : 0);
    write(warp, instruction.operands[0], results, group);
    if (to_predicate) {
      write_predicate(warp, instruction.operands[1], all ? kAllLanes : 0, group);
    }
  });
}

// clang-format off
template <class T> T add(T a, T b) { return static_cast<T>(uint32_t(a) + uint32_t(b)); }
template <class T> T min(T a, T b) { return std::min(a, b); }
template <class T> T max(T a, T b) { return std::max(a, b); }
uint32_t bit_and(uint32_t a, uint32_t b) { return a & b; }
uint32_t bit_or(uint32_t a, uint32_t b) { return a | b; }
uint32_t bit_xor(uint32_t a, uint32_t b) { return a ^ b; }
// clang-format on

template <class T, T (*op)(T, T)>
Flow redux(Warp& warp, const Instruction& instruction, Mask mask) {
  const Column* operands = instruction.operands;
  return for_members(warp, instruction, mask, operands[2], [&](Mask group) {
    const Lanes<T> values = read<T>(warp, operands[1]);
    const int first = std::countr_zero(group);
    T total = values[first];
    for (int i = first + 1; i < kLanes; ++i) {
      if (group >> i & 1) total = op(total, values[i]);
    }
    Lanes<T> results;
    results.fill(total);
    write(warp, operands[0], results, group);
  });
}

Execute select_match(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool any = m.take("any");
  const bool all = m.take("all");
  const bool sync = m.take("sync");
  const Type type = m.take_type();
  if (!m.done() || !sync || any == all || spelling.operands.empty()) return nullptr;
  if (type != Type::b32 && type != Type::b64) return nullptr;
  i.data[0] = spelling.operands[0].kind == Operand::Kind::vector;
  if (i.operand_count != 3 + i.data[0]) return nullptr;
  if (all) return type == Type::b32 ? match_all<uint32_t> : match_all<uint64_t>;
  if (i.data[0]) return nullptr;
  return type == Type::b32 ? match_any<uint32_t> : match_any<uint64_t>;
}

Execute select_redux(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool sync = m.take("sync");
  const Type type = m.take_type();
  const std::string_view op = m.take_next();
  if (!m.done() || !sync || i.operand_count != 3) return nullptr;
  if (type == Type::u32) {
    if (op == "add") return redux<uint32_t, add<uint32_t>>;
    if (op == "min") return redux<uint32_t, min<uint32_t>>;
    if (op == "max") return redux<uint32_t, max<uint32_t>>;
  } else if (type == Type::s32) {
    if (op == "add") return redux<int32_t, add<int32_t>>;
    if (op == "min") return redux<int32_t, min<int32_t>>;
    if (op == "max") return redux<int32_t, max<int32_t>>;
  } else if (type == Type::b32) {
    if (op == "and") return redux<uint32_t, bit_and>;
    if (op == "or") return redux<uint32_t, bit_or>;
    if (op == "xor") return redux<uint32_t, bit_xor>;
  }
  return nullptr;
}

const RegisterOpcode kOpcodes[] = {{"match", select_match}, {"redux", select_redux}};

}  // namespace
}  // namespace lean::simt
