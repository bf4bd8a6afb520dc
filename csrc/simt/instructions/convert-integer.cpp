// cvt between integers, and cvt.pack (PTX ISA 9.7.9).
#include <algorithm>
#include <limits>

#include "simt/instructions/dispatch.h"
#include "simt/instructions/lanewise.h"
#include "simt/instructions/modifiers.h"

namespace lean::simt {
namespace {

template <class D, class S>
D convert(S a) {
  return static_cast<D>(a);
}

template <class S>
Lanes<int64_t> widen(const Warp& warp, Column column) {
  const Lanes<S> from = read<S>(warp, column);
  Lanes<int64_t> values;
  for (int i = 0; i < kLanes; ++i) {
    // Of .u64 what is past an int64_t is past every type that it may be saturated to.
    const bool is_past = std::is_same_v<S, uint64_t> && static_cast<int64_t>(from[i]) < 0;
    values[i] = is_past ? std::numeric_limits<int64_t>::max() : static_cast<int64_t>(from[i]);
  }
  return values;
}

Lanes<int64_t> widen(const Warp& warp, Column column, Type type) {
  switch (type) {
    case Type::u8:
      return widen<uint8_t>(warp, column);
    case Type::s8:
      return widen<int8_t>(warp, column);
    case Type::u16:
      return widen<uint16_t>(warp, column);
    case Type::s16:
      return widen<int16_t>(warp, column);
    case Type::u32:
      return widen<uint32_t>(warp, column);
    case Type::s32:
      return widen<int32_t>(warp, column);
    case Type::u64:
      return widen<uint64_t>(warp, column);
    default:
      return widen<int64_t>(warp, column);
  }
}

// .sat: to what the result's type can hold.
Flow saturate(Warp& warp, const Instruction& instruction, Mask mask) {
  const auto to = static_cast<Type>(instruction.data[0]);
  const auto from = static_cast<Type>(instruction.data[1]);
  const int bits = 8 * size_of(to);
  const int64_t past = std::numeric_limits<int64_t>::max();
  const int64_t highest = past >> (is_signed(to) ? 64 - bits : std::max(63 - bits, 0));
  const int64_t lowest = is_signed(to) ? -highest - 1 : 0;
  Lanes<int64_t> values = widen(warp, instruction.operands[1], from);
  for (int64_t& value : values) value = std::clamp(value, lowest, highest);
  write(warp, instruction.operands[0], values, mask);
  return Flow::next;
}

// Those of 8 bits too.
template <class Make>
Execute for_any_integer(Type type, Make make) {
  if (type == Type::u8) return make.template operator()<uint8_t>();
  if (type == Type::s8) return make.template operator()<int8_t>();
  return for_integer(type, make);
}

bool is_any_integer(Type type) { return is_signed(type) || is_unsigned(type); }

Execute select_cvt(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool sat = m.take("sat");
  const Type to = m.take_type();
  const Type from = m.take_type();
  if (!m.done()) return nullptr;
  if (!is_any_integer(to) || !is_any_integer(from) || i.operand_count != 2) return nullptr;
  if (sat && !(to == Type::u64 && from == Type::u64)) {
    i.data[0] = static_cast<uint32_t>(to);
    i.data[1] = static_cast<uint32_t>(from);
    return saturate;
  }
  return for_any_integer(to, [&]<class D>() {
    return for_any_integer(from, [&]<class S>() {
      // The sign of the source matters only when the result is longer.
      using Source = std::conditional_t<(sizeof(D) > sizeof(S)), S, std::make_unsigned_t<S>>;
      return lanewise_of<convert<D, Source>>(i);
    });
  });
}

template <class D>
D saturated(int32_t a) {
  return static_cast<D>(
      std::clamp<int32_t>(a, std::numeric_limits<D>::min(), std::numeric_limits<D>::max()));
}

// a to the upper half of the result, b to the lower.
template <class D>
uint32_t pack_16(int32_t a, int32_t b) {
  const auto high = static_cast<uint16_t>(saturated<D>(a));
  const auto low = static_cast<uint16_t>(saturated<D>(b));
  return uint32_t{high} << 16 | low;
}

// Below them what was the lower part of c.
template <class D>
uint32_t pack_8(int32_t a, int32_t b, uint32_t c) {
  const auto high = static_cast<uint8_t>(saturated<D>(a));
  const auto low = static_cast<uint8_t>(saturated<D>(b));
  return c << 16 | uint32_t{high} << 8 | low;
}

Execute select_pack(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool pack = m.take("pack") && m.take("sat");
  const Type to = m.take_type();
  const Type from = m.take_type();
  const Type third = m.take_type();
  if (!m.done() || !pack || from != Type::s32) return nullptr;
  if (third == Type::none) {
    if (to == Type::u16) return lanewise_of<pack_16<uint16_t>>(i);
    if (to == Type::s16) return lanewise_of<pack_16<int16_t>>(i);
  } else if (third == Type::b32) {
    if (to == Type::u8) return lanewise_of<pack_8<uint8_t>>(i);
    if (to == Type::s8) return lanewise_of<pack_8<int8_t>>(i);
  }
  return nullptr;
}

const RegisterOpcode kOpcodes[] = {{"cvt", select_cvt}, {"cvt", select_pack}};

}  // namespace
}  // namespace lean::simt
