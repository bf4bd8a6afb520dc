// add, sub, min, max, abs, neg, div, rem and sad of integers (PTX ISA 9.7.1).
#include <algorithm>
#include <limits>

#include "simt/instructions/dispatch.h"
#include "simt/instructions/lanewise.h"
#include "simt/instructions/modifiers.h"
#include "simt/instructions/packed.h"

namespace lean::simt {
namespace {

template <class T>
using Unsigned = std::make_unsigned_t<T>;

template <class T>
T add(T a, T b) {
  return static_cast<T>(static_cast<Unsigned<T>>(a) + static_cast<Unsigned<T>>(b));
}

template <class T>
T sub(T a, T b) {
  return static_cast<T>(static_cast<Unsigned<T>>(a) - static_cast<Unsigned<T>>(b));
}

int32_t saturate(int64_t value) {
  return static_cast<int32_t>(std::clamp<int64_t>(value, std::numeric_limits<int32_t>::min(),
                                                  std::numeric_limits<int32_t>::max()));
}
int32_t add_sat(int32_t a, int32_t b) { return saturate(int64_t{a} + b); }
int32_t sub_sat(int32_t a, int32_t b) { return saturate(int64_t{a} - b); }

template <class T>
T min(T a, T b) {
  return b < a ? b : a;
}

template <class T>
T max(T a, T b) {
  return a < b ? b : a;
}

template <class T>
T min_relu(T a, T b) {
  return max<T>(min(a, b), 0);
}

template <class T>
T max_relu(T a, T b) {
  return max<T>(max(a, b), 0);
}

template <class T>
T neg(T a) {
  return sub<T>(0, a);
}

template <class T>
T abs(T a) {
  return a < 0 ? neg(a) : a;
}

template <class T>
T sad(T a, T b, T c) {
  return add(c, a < b ? sub(b, a) : sub(a, b));
}

// A divisor of zero gives an unspecified value: all bits set, and the dividend as remainder, which
// is what GPUs of this generation compute. The quotient of two numbers of up to 32 bits, computed
// in double, is never rounded up to the next integer, and such a division vectorizes.
template <class T>
T div(T a, T b) {
  if constexpr (sizeof(T) <= 4) {
    const double quotient = static_cast<double>(a) / static_cast<double>(b == 0 ? 1 : b);
    return b == 0 ? static_cast<T>(-1) : static_cast<T>(static_cast<int64_t>(quotient));
  } else {
    if (b == 0) return static_cast<T>(-1);
    if (std::is_signed_v<T> && b == static_cast<T>(-1)) return neg(a);
    return a / b;
  }
}

template <class T>
T rem(T a, T b) {
  const T quotient = b == 0 ? 0 : div(a, b);
  return static_cast<T>(static_cast<Unsigned<T>>(a) -
                        Unsigned<T>(uint64_t(quotient) * uint64_t(b)));
}

Execute select_add(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool sat = m.take("sat");
  const bool pair = m.take("u16x2") || m.take("s16x2");
  const Type type = m.take_type();
  if (!m.done() || (pair && (sat || type != Type::none))) return nullptr;
  if (pair) return lanewise_of<pairwise<add<uint16_t>>>(i);
  if (sat) return type == Type::s32 ? lanewise_of<add_sat>(i) : nullptr;
  return for_integer(type, [&]<class T>() { return lanewise_of<add<T>>(i); });
}

Execute select_sub(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool sat = m.take("sat");
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  if (sat) return type == Type::s32 ? lanewise_of<sub_sat>(i) : nullptr;
  return for_integer(type, [&]<class T>() { return lanewise_of<sub<T>>(i); });
}

Execute select_min(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool relu = m.take("relu");
  const bool unsigned_pair = m.take("u16x2");
  const bool signed_pair = m.take("s16x2");
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  if (unsigned_pair) return relu ? nullptr : lanewise_of<pairwise<min<uint16_t>>>(i);
  if (signed_pair) {
    return relu ? lanewise_of<pairwise<min_relu<int16_t>>>(i)
                : lanewise_of<pairwise<min<int16_t>>>(i);
  }
  if (relu) return type == Type::s32 ? lanewise_of<min_relu<int32_t>>(i) : nullptr;
  return for_integer(type, [&]<class T>() { return lanewise_of<min<T>>(i); });
}

Execute select_max(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool relu = m.take("relu");
  const bool unsigned_pair = m.take("u16x2");
  const bool signed_pair = m.take("s16x2");
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  if (unsigned_pair) return relu ? nullptr : lanewise_of<pairwise<max<uint16_t>>>(i);
  if (signed_pair) {
    return relu ? lanewise_of<pairwise<max_relu<int16_t>>>(i)
                : lanewise_of<pairwise<max<int16_t>>>(i);
  }
  if (relu) return type == Type::s32 ? lanewise_of<max_relu<int32_t>>(i) : nullptr;
  return for_integer(type, [&]<class T>() { return lanewise_of<max<T>>(i); });
}

Execute select_neg(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  return for_signed(type, [&]<class T>() { return lanewise_of<neg<T>>(i); });
}

Execute select_abs(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  return for_signed(type, [&]<class T>() { return lanewise_of<abs<T>>(i); });
}

Execute select_div(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  return for_integer(type, [&]<class T>() { return lanewise_of<div<T>>(i); });
}

Execute select_rem(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  return for_integer(type, [&]<class T>() { return lanewise_of<rem<T>>(i); });
}

Execute select_sad(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  return for_integer(type, [&]<class T>() { return lanewise_of<sad<T>>(i); });
}

const RegisterOpcode kOpcodes[] = {
    {"add", select_add}, {"sub", select_sub}, {"min", select_min},
    {"max", select_max}, {"neg", select_neg}, {"abs", select_abs},
    {"div", select_div}, {"rem", select_rem}, {"sad", select_sad},
};

}  // namespace
}  // namespace lean::simt
