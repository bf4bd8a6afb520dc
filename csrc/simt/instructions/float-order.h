// The smaller and the larger of two numbers, as PTX orders them (PTX ISA 9.7.3, min and max).
#pragma once

#include <type_traits>

#include "simt/instructions/float-value.h"

namespace lean::simt {

template <class T>
using BitsOfFloat = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;

template <class T>
T nan_of(T) {
  if constexpr (sizeof(T) == 4) {
    return kNan32;
  } else {
    return std::bit_cast<double>(uint64_t{0x7fffffffffffffff});
  }
}

// A NaN loses against a number, or with `nan` wins. -0 is below +0.
template <class T, bool maximum, bool nan>
[[gnu::always_inline]] inline T choose(T a, T b) {
  using U = BitsOfFloat<T>;
  const U x = std::bit_cast<U>(a);
  const U y = std::bit_cast<U>(b);
  // Of equal numbers only zeros differ in their bits: by the sign.
  const T equal = std::bit_cast<T>(maximum ? x & y : x | y);
  const bool first = maximum ? a > b : a < b;
  const T number = a == b ? equal : first ? a : b;
  const bool a_nan = a != a;
  const bool b_nan = b != b;
  if (nan) return a_nan || b_nan ? nan_of(a) : number;
  const T one = a_nan ? b : number;
  return a_nan && b_nan ? nan_of(a) : b_nan ? a : one;
}

// With `xorsign`, of the magnitudes; the sign is the exclusive or of the operands' signs.
template <class T, bool maximum, bool ftz, bool nan, bool xorsign>
[[gnu::always_inline]] inline T order(T a, T b) {
  const T x = operand<ftz>(a);
  const T y = operand<ftz>(b);
  if constexpr (!xorsign) {
    return choose<T, maximum, nan>(x, y);
  } else {
    using U = BitsOfFloat<T>;
    const U sign = (std::bit_cast<U>(x) ^ std::bit_cast<U>(y)) & (U{1} << (8 * sizeof(U) - 1));
    const T chosen = choose<T, maximum, nan>(std::fabs(x), std::fabs(y));
    const T with_sign = std::bit_cast<T>(std::bit_cast<U>(chosen) | sign);
    return chosen != chosen ? chosen : with_sign;
  }
}

}  // namespace lean::simt
