// Rounding to a floating-point format with a shorter fraction, once, in each of the modes. Without
// branches, so that loops over it vectorize.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <type_traits>

#include "simt/instructions/rounding.h"

namespace lean::simt {

// Formats: the width of a number and of its fraction, the exponent of the smallest normal one, and
// the patterns (without sign) of what is past the largest finite one, and of NaN.
struct FormatF16 {
  static constexpr int kWidth = 16, kFraction = 10, kMinExponent = -14;
  static constexpr uint32_t kInfinity = 0x7c00, kNan = 0x7fff;
};
struct FormatBf16 {
  static constexpr int kWidth = 16, kFraction = 7, kMinExponent = -126;
  static constexpr uint32_t kInfinity = 0x7f80, kNan = 0x7fff;
};
struct FormatF32 {
  static constexpr int kWidth = 32, kFraction = 23, kMinExponent = -126;
  static constexpr uint32_t kInfinity = 0x7f800000, kNan = 0x7fffffff;
};
struct FormatTf32 {  // in 19 bits; a register has them at the top
  static constexpr int kWidth = 19, kFraction = 10, kMinExponent = -126;
  static constexpr uint32_t kInfinity = 0x3fc00, kNan = 0x3ffff;
};
struct FormatE4m3 {  // has no infinity: such formats are always saturated
  static constexpr int kWidth = 8, kFraction = 3, kMinExponent = -6;
  static constexpr uint32_t kInfinity = 0x7f, kNan = 0x7f;
};
struct FormatE5m2 {
  static constexpr int kWidth = 8, kFraction = 2, kMinExponent = -14;
  static constexpr uint32_t kInfinity = 0x7c, kNan = 0x7f;
};

// What `narrow` ends with: the rounded number without sign, limited, or infinity or
// NaN where the source is.
template <class Format, Rounding rounding, bool satfinite, class U>
[[gnu::always_inline]] inline uint32_t finish_narrow(U rounded, U sign, U magnitude,
                                                     U source_infinity) {
  constexpr U largest = Format::kInfinity - 1;
  constexpr U past = satfinite ? largest : U{Format::kInfinity};
  U limit = past;
  if (rounding == Rounding::rz) limit = largest;
  if (rounding == Rounding::rm) limit = largest + (past - largest) * sign;
  if (rounding == Rounding::rp) limit = past - (past - largest) * sign;
  const U finite = std::min(rounded, limit);
  const U is_infinite = 0 - static_cast<U>(!satfinite & (magnitude == source_infinity));
  const U is_nan = 0 - static_cast<U>(magnitude > source_infinity);
  const U number = (finite & ~is_infinite) | (Format::kInfinity & is_infinite);
  const U with_sign = number | sign << (Format::kWidth - 1);
  return static_cast<uint32_t>((with_sign & ~is_nan) | (Format::kNan & is_nan));
}

// An addition rounds: the last place of `unit` + x is the last place of the result, and what x adds
// to the bits of `unit` is the result's fraction with its leading one. The host's mode must be to
// nearest. (Shifting the fraction would take other amounts in each lane, which vectorizes badly.)
template <class Format, Rounding rounding, class S, class U>
[[gnu::always_inline]] inline U round_magnitude(U magnitude, U sign) {
  using I = std::make_signed_t<U>;
  constexpr int kSourceFraction = sizeof(S) == 4 ? 23 : 52;
  constexpr I kBias = sizeof(S) == 4 ? 127 : 1023;
  // Where `unit` still is a number, and past the largest one of any shorter format.
  constexpr I kLargest = sizeof(S) == 4 ? 100 : 900;
  const I exponent = static_cast<I>(magnitude >> kSourceFraction) - kBias;
  const I leading = std::min<I>(std::max<I>(exponent, Format::kMinExponent), kLargest);
  const I unit_exponent = leading - Format::kFraction + kSourceFraction;
  const U unit_bits = static_cast<U>(unit_exponent + kBias) << kSourceFraction;
  const S unit = std::bit_cast<S>(unit_bits);
  const S size = std::bit_cast<S>(magnitude);
  const S sum = size + unit;
  const S nearest = sum - unit;
  U kept = std::bit_cast<U>(sum) - unit_bits;
  if (rounding != Rounding::rn) {
    // First towards zero.
    kept -= static_cast<U>(nearest > size);
    const U inexact = static_cast<U>(nearest != size);
    if (rounding == Rounding::rm) kept += inexact & sign;
    if (rounding == Rounding::rp) kept += inexact & (sign ^ 1);
  }
  // A carry out of the fraction adds one to the exponent, as it must. The leading one does the same
  // to an exponent that is counted from zero; a subnormal number has neither.
  return (static_cast<U>(leading - Format::kMinExponent) << Format::kFraction) + kept;
}

// `source` is a float or double. With `satfinite` what would be infinite is the largest number.
template <class Format, Rounding rounding, bool satfinite = false, class S>
[[gnu::always_inline]] inline uint32_t narrow(S source) {
  using U = std::conditional_t<sizeof(S) == 4, uint32_t, uint64_t>;
  constexpr U kInfinity = sizeof(S) == 4 ? U{0x7f800000u} : static_cast<U>(0x7ff0000000000000u);
  constexpr int kTop = 8 * sizeof(S) - 1;
  const U bits = std::bit_cast<U>(source);
  const U sign = bits >> kTop;
  const U magnitude = bits & ~(U{1} << kTop);
  U rounded;
  if constexpr (rounding == Rounding::rna) {
    // Of formats that only have a shorter fraction: a carry goes the right way by itself.
    static_assert(sizeof(S) == 4 && Format::kMinExponent == FormatF32::kMinExponent);
    constexpr int kShift = FormatF32::kFraction - Format::kFraction;
    rounded = (magnitude + (U{1} << (kShift - 1))) >> kShift;
  } else {
    rounded = round_magnitude<Format, rounding, S>(magnitude, sign);
  }
  return finish_narrow<Format, rounding, satfinite>(rounded, sign, magnitude, kInfinity);
}

}  // namespace lean::simt
