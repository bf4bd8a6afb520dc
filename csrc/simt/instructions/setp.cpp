// setp and set (PTX ISA 9.7.6 and 9.7.7).
#include <bit>
#include <cstring>

#include "simt/instructions/compare.h"

namespace lean::simt {
namespace {

// In Instruction::data: the function, how its result is combined and whether there are pairs, and
// the pattern that stands for true.
void keep(Instruction& i, const Comparison& comparison, uint32_t pattern) {
  std::memcpy(i.data, &comparison.lanes, sizeof comparison.lanes);
  i.data[2] = static_cast<uint32_t>(comparison.combine) | uint32_t{comparison.pair} << 8;
  i.data[3] = pattern;
}

Comparison kept(const Instruction& i) {
  Comparison comparison;
  std::memcpy(&comparison.lanes, i.data, sizeof comparison.lanes);
  comparison.combine = static_cast<Comparison::Combine>(i.data[2] & 0xff);
  comparison.pair = i.data[2] >> 8 & 1;
  return comparison;
}

// `first`: the operand that is a. c, if any, comes after b.
Mask third(const Warp& warp, const Instruction& i, const Comparison& comparison, int first) {
  const bool present = comparison.combine != Comparison::Combine::none;
  return present ? read_predicate(warp, i.operands[first + 2]) : 0;
}

// p = (a CMP b) BOOL c
Flow setp(Warp& warp, const Instruction& i, Mask mask) {
  const Comparison comparison = kept(i);
  const Mask result = comparison.lanes(warp, i.operands[1], i.operands[2], 0);
  const Mask c = third(warp, i, comparison, 1);
  write_predicate(warp, i.operands[0], comparison.combined(result, c), mask);
  return Flow::next;
}

// p|q: q is (!(a CMP b)) BOOL c; of pairs, the result of the upper halves.
Flow setp_two(Warp& warp, const Instruction& i, Mask mask) {
  const Comparison comparison = kept(i);
  const Mask result = comparison.lanes(warp, i.operands[2], i.operands[3], 0);
  const Mask other =
      comparison.pair ? comparison.lanes(warp, i.operands[2], i.operands[3], 16) : ~result;
  const Mask c = third(warp, i, comparison, 2);
  write_predicate(warp, i.operands[0], comparison.combined(result, c), mask);
  write_predicate(warp, i.operands[1], comparison.combined(other, c), mask);
  return Flow::next;
}

Flow set(Warp& warp, const Instruction& i, Mask mask) {
  const Comparison comparison = kept(i);
  const uint32_t pattern = i.data[3];
  const Mask c = third(warp, i, comparison, 1);
  const Mask low = comparison.combined(comparison.lanes(warp, i.operands[1], i.operands[2], 0), c);
  Lanes<uint32_t> results;
  if (!comparison.pair) {
    for (int k = 0; k < kLanes; ++k) results[k] = (low >> k & 1) ? pattern : 0;
  } else {
    const Mask high =
        comparison.combined(comparison.lanes(warp, i.operands[1], i.operands[2], 16), c);
    for (int k = 0; k < kLanes; ++k) {
      results[k] =
          ((low >> k & 1) ? pattern & 0xffff : 0) | ((high >> k & 1) ? pattern & 0xffff0000u : 0);
    }
  }
  write(warp, i.operands[0], results, mask);
  return Flow::next;
}

bool has_operands(const Instruction& i, const Comparison& comparison, int results) {
  const bool combined = comparison.combine != Comparison::Combine::none;
  return i.operand_count == results + 2 + combined;
}

Execute select_setp(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const auto form = take_comparison(m);
  const Type type = m.take_type();
  Comparison comparison;
  if (!form || !m.done() || !choose_lanes(*form, type, comparison)) return nullptr;
  if (spelling.operands.empty()) return nullptr;
  const bool two = spelling.operands[0].kind == Operand::Kind::vector;
  if (comparison.pair && !two) return nullptr;
  if (!has_operands(i, comparison, two ? 2 : 1)) return nullptr;
  keep(i, comparison, 0);
  return two ? setp_two : setp;
}

// What stands for true in a result of this type; 0 where set has no such result.
uint32_t true_pattern(Type type, Type compared) {
  const bool is_half = compared == Type::f16 || compared == Type::bf16;
  const bool is_pair = compared == Type::f16x2 || compared == Type::bf16x2;
  switch (type) {
    case Type::u32:
    case Type::s32:
      return 0xffffffffu;
    case Type::f32:
      return is_pair ? 0 : std::bit_cast<uint32_t>(1.0f);
    case Type::u16:
    case Type::s16:
      return is_half ? 0xffffu : 0;
    case Type::f16:
      return compared == Type::f16 ? 0x3c00u : 0;
    case Type::bf16:
      return compared == Type::bf16 ? 0x3f80u : 0;
    case Type::f16x2:
      return compared == Type::f16x2 ? 0x3c003c00u : 0;
    case Type::bf16x2:
      return compared == Type::bf16x2 ? 0x3f803f80u : 0;
    default:
      return 0;
  }
}

Execute select_set(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const auto form = take_comparison(m);
  const Type result = m.take_type();
  const Type type = m.take_type();
  Comparison comparison;
  if (!form || !m.done() || !choose_lanes(*form, type, comparison)) return nullptr;
  const uint32_t pattern = true_pattern(result, type);
  if (pattern == 0 || !has_operands(i, comparison, 1)) return nullptr;
  keep(i, comparison, pattern);
  return set;
}

const RegisterOpcode kOpcodes[] = {{"setp", select_setp}, {"set", select_set}};

}  // namespace
}  // namespace lean::simt
