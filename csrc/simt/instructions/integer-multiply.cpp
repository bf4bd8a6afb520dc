// mul, mad, mul24, mad24, dp4a and dp2a of integers (PTX ISA 9.7.1).
#include <algorithm>
#include <limits>

#include "simt/instructions/dispatch.h"
#include "simt/instructions/lanewise.h"
#include "simt/instructions/modifiers.h"

namespace lean::simt {
namespace {

// The integer of twice the size, of the same signedness.
// clang-format off
template <class T> struct Wider;
template <> struct Wider<uint16_t> { using type = uint32_t; };
template <> struct Wider<int16_t> { using type = int32_t; };
template <> struct Wider<uint32_t> { using type = uint64_t; };
template <> struct Wider<int32_t> { using type = int64_t; };
template <> struct Wider<uint64_t> { using type = unsigned __int128; };
template <> struct Wider<int64_t> { using type = __int128; };
template <class T> using WiderOf = typename Wider<T>::type;
// clang-format on

template <class T>
T mul_lo(T a, T b) {
  return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

template <class T>
WiderOf<T> mul_wide(T a, T b) {
  // Promoted from 16 bits, unsigned operands would overflow an int.
  return static_cast<WiderOf<T>>(a) * static_cast<WiderOf<T>>(b);
}

template <class T>
T mul_hi(T a, T b) {
  return static_cast<T>(mul_wide(a, b) >> (8 * sizeof(T)));
}

template <class T>
T wrapping_add(T a, T b) {
  return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

template <class T>
T mad_lo(T a, T b, T c) {
  return wrapping_add(mul_lo(a, b), c);
}

template <class T>
T mad_hi(T a, T b, T c) {
  return wrapping_add(mul_hi(a, b), c);
}

template <class T>
WiderOf<T> mad_wide(T a, T b, WiderOf<T> c) {
  return wrapping_add(mul_wide(a, b), c);
}

int32_t saturate(int64_t value) {
  return static_cast<int32_t>(std::clamp<int64_t>(value, std::numeric_limits<int32_t>::min(),
                                                  std::numeric_limits<int32_t>::max()));
}

int32_t mad_hi_sat(int32_t a, int32_t b, int32_t c) { return saturate(int64_t{mul_hi(a, b)} + c); }

// The product of the low 24 bits of a and b: 48 bits.
template <class T>
WiderOf<T> product24(T a, T b) {
  const auto low24 = [](T x) { return static_cast<T>(static_cast<uint32_t>(x) << 8) >> 8; };
  return mul_wide<T>(low24(a), low24(b));
}

template <class T>
T mul24_lo(T a, T b) {
  return static_cast<T>(product24(a, b));
}

template <class T>
T mul24_hi(T a, T b) {
  return static_cast<T>(product24(a, b) >> 16);
}

template <class T>
T mad24_lo(T a, T b, T c) {
  return wrapping_add(mul24_lo(a, b), c);
}

template <class T>
T mad24_hi(T a, T b, T c) {
  return wrapping_add(mul24_hi(a, b), c);
}

int32_t mad24_hi_sat(int32_t a, int32_t b, int32_t c) {
  return saturate(int64_t{mul24_hi(a, b)} + c);
}

// Element k of a register that holds several E.
template <class E>
int32_t element(uint32_t packed, int k) {
  return static_cast<E>(packed >> (8 * sizeof(E) * k));
}

template <class A, class B>
uint32_t dp4a(uint32_t a, uint32_t b, uint32_t c) {
  for (int k = 0; k < 4; ++k) c += element<A>(a, k) * element<B>(b, k);
  return c;
}

// A: 16 bits, B: 8. `high` chooses which two bytes of b.
template <class A, class B, bool high>
uint32_t dp2a(uint32_t a, uint32_t b, uint32_t c) {
  for (int k = 0; k < 2; ++k) {
    c += static_cast<uint32_t>(element<A>(a, k)) * element<B>(b, k + (high ? 2 : 0));
  }
  return c;
}

enum class Part { lo, hi, wide, none };

Part take_part(Modifiers& m) {
  if (m.take("lo")) return Part::lo;
  if (m.take("hi")) return Part::hi;
  if (m.take("wide")) return Part::wide;
  return Part::none;
}

Execute select_mul(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Part part = take_part(m);
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  return for_integer(type, [&]<class T>() -> Execute {
    if (part == Part::lo) return lanewise_of<mul_lo<T>>(i);
    if (part == Part::hi) return lanewise_of<mul_hi<T>>(i);
    if constexpr (sizeof(T) <= 4) {
      if (part == Part::wide) return lanewise_of<mul_wide<T>>(i);
    }
    return nullptr;
  });
}

Execute select_mad(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Part part = take_part(m);
  const bool sat = m.take("sat");
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  if (sat) {
    return part == Part::hi && type == Type::s32 ? lanewise_of<mad_hi_sat>(i) : nullptr;
  }
  return for_integer(type, [&]<class T>() -> Execute {
    if (part == Part::lo) return lanewise_of<mad_lo<T>>(i);
    if (part == Part::hi) return lanewise_of<mad_hi<T>>(i);
    if constexpr (sizeof(T) <= 4) {
      if (part == Part::wide) return lanewise_of<mad_wide<T>>(i);
    }
    return nullptr;
  });
}

Execute select_mul24(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Part part = take_part(m);
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  if (part == Part::lo && type == Type::u32) return lanewise_of<mul24_lo<uint32_t>>(i);
  if (part == Part::lo && type == Type::s32) return lanewise_of<mul24_lo<int32_t>>(i);
  if (part == Part::hi && type == Type::u32) return lanewise_of<mul24_hi<uint32_t>>(i);
  if (part == Part::hi && type == Type::s32) return lanewise_of<mul24_hi<int32_t>>(i);
  return nullptr;
}

Execute select_mad24(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Part part = take_part(m);
  const bool sat = m.take("sat");
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  if (sat) {
    return part == Part::hi && type == Type::s32 ? lanewise_of<mad24_hi_sat>(i) : nullptr;
  }
  if (part == Part::lo && type == Type::u32) return lanewise_of<mad24_lo<uint32_t>>(i);
  if (part == Part::lo && type == Type::s32) return lanewise_of<mad24_lo<int32_t>>(i);
  if (part == Part::hi && type == Type::u32) return lanewise_of<mad24_hi<uint32_t>>(i);
  if (part == Part::hi && type == Type::s32) return lanewise_of<mad24_hi<int32_t>>(i);
  return nullptr;
}

Execute select_dp4a(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type a = m.take_type();
  const Type b = m.take_type();
  if (!m.done()) return nullptr;
  if (a == Type::u32 && b == Type::u32) return lanewise_of<dp4a<uint8_t, uint8_t>>(i);
  if (a == Type::u32 && b == Type::s32) return lanewise_of<dp4a<uint8_t, int8_t>>(i);
  if (a == Type::s32 && b == Type::u32) return lanewise_of<dp4a<int8_t, uint8_t>>(i);
  if (a == Type::s32 && b == Type::s32) return lanewise_of<dp4a<int8_t, int8_t>>(i);
  return nullptr;
}

Execute select_dp2a(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Part part = take_part(m);
  const Type a = m.take_type();
  const Type b = m.take_type();
  if (!m.done() || (part != Part::lo && part != Part::hi)) return nullptr;
  return for_flag(part == Part::hi, [&](auto high) -> Execute {
    constexpr bool kHigh = high;
    if (a == Type::u32 && b == Type::u32) return lanewise_of<dp2a<uint16_t, uint8_t, kHigh>>(i);
    if (a == Type::u32 && b == Type::s32) return lanewise_of<dp2a<uint16_t, int8_t, kHigh>>(i);
    if (a == Type::s32 && b == Type::u32) return lanewise_of<dp2a<int16_t, uint8_t, kHigh>>(i);
    if (a == Type::s32 && b == Type::s32) return lanewise_of<dp2a<int16_t, int8_t, kHigh>>(i);
    return nullptr;
  });
}

const RegisterOpcode kOpcodes[] = {
    {"mul", select_mul},     {"mad", select_mad},   {"mul24", select_mul24},
    {"mad24", select_mad24}, {"dp4a", select_dp4a}, {"dp2a", select_dp2a},
};

}  // namespace
}  // namespace lean::simt
