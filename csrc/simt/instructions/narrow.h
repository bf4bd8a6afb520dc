// Rounding to a floating-point format with a shorter fraction, once, in each of the modes. Without
// branches, so that loops over it vectorize.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

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

// What the two functions below end with: the rounded number without sign, limited, or infinity or
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

// With `satfinite` what would be infinite is the largest number.
template <class Format, Rounding rounding, bool satfinite = false>
[[gnu::always_inline]] inline uint32_t narrow(float source) {
  constexpr int kSourceFraction = 23;
  const uint32_t bits = std::bit_cast<uint32_t>(source);
  const uint32_t sign = bits >> 31;
  const uint32_t magnitude = bits & 0x7fffffffu;
  const auto field = static_cast<int32_t>(magnitude >> kSourceFraction);
  // Conditions are words here: as branches they would not vectorize.
  const uint32_t is_normal = static_cast<uint32_t>(field != 0);
  const int32_t exponent = field + static_cast<int32_t>(field == 0) - 127;
  const uint32_t significand = (magnitude & 0x007fffffu) | is_normal << kSourceFraction;

  // What lies below the last place of the result; of subnormal results that is more.
  const int32_t missing = Format::kMinExponent - exponent;
  const int32_t wanted = kSourceFraction - Format::kFraction + std::max(missing, 0);
  const auto shift = static_cast<uint32_t>(std::min(wanted, 31));
  const uint32_t kept = significand >> shift;
  const uint32_t rest = significand & ((1u << shift) - 1);
  const uint32_t half = (1u << shift) >> 1;
  const uint32_t inexact = static_cast<uint32_t>(rest != 0);
  const uint32_t above_half = static_cast<uint32_t>(rest > half);
  const uint32_t at_half = static_cast<uint32_t>(rest == half) & inexact;
  uint32_t up = 0;  // whether to round the magnitude up
  if (rounding == Rounding::rn) up = above_half | (at_half & kept);
  if (rounding == Rounding::rna) up = above_half | at_half;
  if (rounding == Rounding::rm) up = inexact & sign;
  if (rounding == Rounding::rp) up = inexact & (sign ^ 1);

  // A carry out of the fraction adds one to the exponent, as it must. `kept` has the leading one of
  // a normal number, which does the same to an exponent counted from zero.
  const auto above = static_cast<uint32_t>(-std::min(missing, 0));
  const uint32_t rounded = (above << Format::kFraction) + kept + up;
  return finish_narrow<Format, rounding, satfinite>(rounded, sign, magnitude, 0x7f800000u);
}

// Shifts by an amount of its own in each lane do not vectorize in 64 bits. Here an addition rounds:
// the last place of `unit` + x is the last place of the result. The host's mode is to nearest.
template <class Format, Rounding rounding, bool satfinite = false>
[[gnu::always_inline]] inline uint32_t narrow(double source) {
  static_assert(rounding != Rounding::rna);
  constexpr int kSourceFraction = 52;
  const uint64_t bits = std::bit_cast<uint64_t>(source);
  const uint64_t sign = bits >> 63;
  const uint64_t magnitude = bits & 0x7fffffffffffffffu;
  const int64_t exponent = static_cast<int64_t>(magnitude >> kSourceFraction) - 1023;
  // Of the result's leading bit. Past the largest number of any format, any will do.
  const int64_t leading = std::min<int64_t>(std::max<int64_t>(exponent, Format::kMinExponent), 900);
  const int64_t unit_exponent = leading - Format::kFraction + kSourceFraction;
  const uint64_t unit_bits = static_cast<uint64_t>(unit_exponent + 1023) << kSourceFraction;
  const double unit = std::bit_cast<double>(unit_bits);
  const double size = std::bit_cast<double>(magnitude);
  const double sum = size + unit;
  const double nearest = sum - unit;
  uint64_t kept = std::bit_cast<uint64_t>(sum) - unit_bits;
  if (rounding != Rounding::rn) {
    // First towards zero.
    kept -= static_cast<uint64_t>(nearest > size);
    const uint64_t inexact = static_cast<uint64_t>(nearest != size);
    if (rounding == Rounding::rm) kept += inexact & sign;
    if (rounding == Rounding::rp) kept += inexact & (sign ^ 1);
  }
  const auto above = static_cast<uint64_t>(leading - Format::kMinExponent);
  const uint64_t rounded = (above << Format::kFraction) + kept;
  return finish_narrow<Format, rounding, satfinite>(rounded, sign, magnitude,
                                                    uint64_t{0x7ff0000000000000});
}

}  // namespace lean::simt
