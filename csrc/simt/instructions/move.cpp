// mov (PTX ISA 9.7.9): of registers and predicates, and between vectors and the registers that hold
// all their elements. Addresses of variables arrive as constants.
#include <array>
#include <cstring>

#include "simt/instructions/dispatch.h"
#include "simt/instructions/lanewise.h"
#include "simt/instructions/modifiers.h"

namespace lean::simt {
namespace {

template <class U>
U copy(U a) {
  return a;
}

Flow move_predicate(Warp& warp, const Instruction& instruction, Mask mask) {
  const Column* operands = instruction.operands;
  write_predicate(warp, operands[0], read_predicate(warp, operands[1]), mask);
  return Flow::next;
}

// A b128 register has 16 bytes for each lane.
using Wide = std::array<uint64_t, 2>;

Wide* wide_lanes(Warp& warp, Column column) {
  return reinterpret_cast<Wide*>(warp.registers + column.offset);
}

Flow move_128(Warp& warp, const Instruction& instruction, Mask mask) {
  const Column* operands = instruction.operands;
  if (operands[0].sink) return Flow::next;
  Wide* to = wide_lanes(warp, operands[0]);
  const Wide* from = wide_lanes(warp, operands[1]);
  for (int i = 0; i < kLanes; ++i) {
    if (mask >> i & 1) to[i] = from[i];
  }
  return Flow::next;
}

Flow pack_128(Warp& warp, const Instruction& instruction, Mask mask) {
  const Column* operands = instruction.operands;
  if (operands[0].sink) return Flow::next;
  const Lanes<uint64_t> low = read<uint64_t>(warp, operands[1]);
  const Lanes<uint64_t> high = read<uint64_t>(warp, operands[2]);
  Wide* to = wide_lanes(warp, operands[0]);
  for (int i = 0; i < kLanes; ++i) {
    if (mask >> i & 1) to[i] = {low[i], high[i]};
  }
  return Flow::next;
}

Flow unpack_128(Warp& warp, const Instruction& instruction, Mask mask) {
  const Column* operands = instruction.operands;
  const Wide* from = wide_lanes(warp, operands[2]);
  Lanes<uint64_t> low;
  Lanes<uint64_t> high;
  for (int i = 0; i < kLanes; ++i) {
    low[i] = from[i][0];
    high[i] = from[i][1];
  }
  write(warp, operands[0], low, mask);
  write(warp, operands[1], high, mask);
  return Flow::next;
}

// `Whole` consists of `count` elements, the first in the lowest bits.
template <class Whole, class Element>
Flow pack_elements(Warp& warp, const Instruction& instruction, Mask mask) {
  constexpr int kCount = sizeof(Whole) / sizeof(Element);
  Lanes<Whole> whole = {};
  for (int k = 0; k < kCount; ++k) {
    const Lanes<Element> element = read<Element>(warp, instruction.operands[1 + k]);
    for (int i = 0; i < kLanes; ++i) {
      whole[i] |= static_cast<Whole>(element[i]) << (8 * sizeof(Element) * k);
    }
  }
  write(warp, instruction.operands[0], whole, mask);
  return Flow::next;
}

template <class Whole, class Element>
Flow unpack_elements(Warp& warp, const Instruction& instruction, Mask mask) {
  constexpr int kCount = sizeof(Whole) / sizeof(Element);
  const Lanes<Whole> whole = read<Whole>(warp, instruction.operands[kCount]);
  for (int k = 0; k < kCount; ++k) {
    Lanes<Element> element;
    for (int i = 0; i < kLanes; ++i) {
      element[i] = static_cast<Element>(whole[i] >> (8 * sizeof(Element) * k));
    }
    write(warp, instruction.operands[k], element, mask);
  }
  return Flow::next;
}

template <class Whole, class Element>
Execute pack_or_unpack(bool pack) {
  return pack ? pack_elements<Whole, Element> : unpack_elements<Whole, Element>;
}

Execute select_vector(int bytes, size_t count, bool pack) {
  if (bytes == 2 && count == 2) return pack_or_unpack<uint16_t, uint8_t>(pack);
  if (bytes == 4 && count == 2) return pack_or_unpack<uint32_t, uint16_t>(pack);
  if (bytes == 4 && count == 4) return pack_or_unpack<uint32_t, uint8_t>(pack);
  if (bytes == 8 && count == 2) return pack_or_unpack<uint64_t, uint32_t>(pack);
  if (bytes == 8 && count == 4) return pack_or_unpack<uint64_t, uint16_t>(pack);
  if (bytes == 16 && count == 2) return pack ? pack_128 : unpack_128;
  return nullptr;
}

Execute select_mov(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done() || spelling.operands.size() != 2) return nullptr;
  const Operand& to = spelling.operands[0];
  const Operand& from = spelling.operands[1];
  const bool pack = from.kind == Operand::Kind::vector;
  const bool unpack = to.kind == Operand::Kind::vector;
  if (pack && unpack) return nullptr;
  if (pack || unpack) {
    const size_t count = pack ? from.elements.size() : to.elements.size();
    if (!is_bits(type) || i.operand_count != count + 1) return nullptr;
    return select_vector(size_of(type), count, pack);
  }
  if (i.operand_count != 2) return nullptr;
  if (type == Type::pred) return move_predicate;
  if (type == Type::b128) return i.operands[1].constant ? nullptr : move_128;
  switch (size_of(type)) {
    case 2:
      return lanewise_of<copy<uint16_t>>(i);
    case 4:
      return lanewise_of<copy<uint32_t>>(i);
    case 8:
      return lanewise_of<copy<uint64_t>>(i);
    default:
      return nullptr;
  }
}

const RegisterOpcode kOpcodes[] = {{"mov", select_mov}};

}  // namespace
}  // namespace lean::simt
