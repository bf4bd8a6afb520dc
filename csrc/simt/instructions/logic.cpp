// and, or, xor, not, cnot and lop3 (PTX ISA 9.7.8), of registers and of predicates.
#include "simt/instructions/dispatch.h"
#include "simt/instructions/lanewise.h"
#include "simt/instructions/modifiers.h"

namespace lean::simt {
namespace {

template <class U>
U bit_and(U a, U b) {
  return a & b;
}

template <class U>
U bit_or(U a, U b) {
  return a | b;
}

template <class U>
U bit_xor(U a, U b) {
  return a ^ b;
}

template <class U>
U bit_not(U a) {
  return static_cast<U>(~a);
}

template <class U>
U cnot(U a) {
  return a == 0 ? 1 : 0;
}

template <Mask (*op)(Mask, Mask)>
Flow on_predicates(Warp& warp, const Instruction& instruction, Mask mask) {
  const Column* operands = instruction.operands;
  const Mask a = read_predicate(warp, operands[1]);
  const Mask b = read_predicate(warp, operands[2]);
  write_predicate(warp, operands[0], op(a, b), mask);
  return Flow::next;
}

Flow not_predicate(Warp& warp, const Instruction& instruction, Mask mask) {
  const Column* operands = instruction.operands;
  write_predicate(warp, operands[0], ~read_predicate(warp, operands[1]), mask);
  return Flow::next;
}

// Bit k of the table is the result where the bits of a, b and c spell k.
Flow lop3(Warp& warp, const Instruction& instruction, Mask mask) {
  const Column* operands = instruction.operands;
  const int first = instruction.data[1] ? 2 : 1;
  Lanes<uint32_t> scratch[3];
  const uint32_t* a = cells<uint32_t>(warp, operands[first], scratch[0]);
  const uint32_t* b = cells<uint32_t>(warp, operands[first + 1], scratch[1]);
  const uint32_t* c = cells<uint32_t>(warp, operands[first + 2], scratch[2]);
  uint32_t table[8];
  for (int k = 0; k < 8; ++k) table[k] = (instruction.data[0] >> k & 1) ? 0xffffffffu : 0;
  const auto choose = [](uint32_t bits, uint32_t zero, uint32_t one) {
    return (bits & one) | (~bits & zero);
  };
  Lanes<uint32_t> results;
  for (int i = 0; i < kLanes; ++i) {
    const uint32_t without_a = choose(b[i], choose(c[i], table[0], table[1]),  //
                                      choose(c[i], table[2], table[3]));
    const uint32_t with_a = choose(b[i], choose(c[i], table[4], table[5]),  //
                                   choose(c[i], table[6], table[7]));
    results[i] = choose(a[i], without_a, with_a);
  }
  if (instruction.data[1]) {
    // d|p: whether any bit is set, combined with the predicate q.
    Mask any = 0;
    for (int i = 0; i < kLanes; ++i) any |= Mask{results[i] != 0} << i;
    const Mask q = read_predicate(warp, operands[6]);
    write_predicate(warp, operands[1], instruction.data[2] ? any & q : any | q, mask);
  }
  write(warp, operands[0], results, mask);
  return Flow::next;
}

Execute select_and(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done() || i.operand_count != 3) return nullptr;
  if (type == Type::pred) return on_predicates<bit_and<Mask>>;
  return for_bits(type, [&]<class U>() { return lanewise_of<bit_and<U>>(i); });
}

Execute select_or(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done() || i.operand_count != 3) return nullptr;
  if (type == Type::pred) return on_predicates<bit_or<Mask>>;
  return for_bits(type, [&]<class U>() { return lanewise_of<bit_or<U>>(i); });
}

Execute select_xor(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done() || i.operand_count != 3) return nullptr;
  if (type == Type::pred) return on_predicates<bit_xor<Mask>>;
  return for_bits(type, [&]<class U>() { return lanewise_of<bit_xor<U>>(i); });
}

Execute select_not(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done() || i.operand_count != 2) return nullptr;
  if (type == Type::pred) return not_predicate;
  return for_bits(type, [&]<class U>() { return lanewise_of<bit_not<U>>(i); });
}

Execute select_cnot(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  return for_bits(type, [&]<class U>() { return lanewise_of<cnot<U>>(i); });
}

Execute select_lop3(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool with_and = m.take("and");
  const bool with_or = m.take("or");
  const bool to_predicate = with_and || with_or;
  const Type type = m.take_type();
  if (!m.done() || type != Type::b32 || (with_and && with_or)) return nullptr;
  if (i.operand_count != (to_predicate ? 7 : 5)) return nullptr;
  const Operand& table = spelling.operands[4];
  if (table.kind != Operand::Kind::immediate || table.bits > 0xff) return nullptr;
  i.data[0] = static_cast<uint32_t>(table.bits);
  i.data[1] = to_predicate;
  i.data[2] = with_and;
  return lop3;
}

const RegisterOpcode kOpcodes[] = {
    {"and", select_and}, {"or", select_or},     {"xor", select_xor},
    {"not", select_not}, {"cnot", select_cnot}, {"lop3", select_lop3},
};

}  // namespace
}  // namespace lean::simt
