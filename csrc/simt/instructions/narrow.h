// Rounding to a floating-point format with a shorter fraction, once, in each of the modes. Integer
// arithmetic without branches: it vectorizes and does not depend on the host's rounding mode.
#pragma once

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

// `source` is a float or double. With `satfinite` what would be infinite is the largest number.
template <class Format, Rounding rounding, bool satfinite = false, class S>
uint32_t narrow(S source) {
  using U = std::conditional_t<sizeof(S) == 4, uint32_t, uint64_t>;
  using I = std::make_signed_t<U>;
  constexpr int kSourceFraction = sizeof(S) == 4 ? 23 : 52;
  constexpr int kTop = 8 * sizeof(S) - 1;
  constexpr I kBias = sizeof(S) == 4 ? 127 : 1023;
  constexpr U kSourceInfinity = static_cast<U>(2 * kBias + 1) << kSourceFraction;

  const U bits = std::bit_cast<U>(source);
  const U sign = bits >> kTop;
  const U magnitude = bits & ~(U{1} << kTop);
  const I field = static_cast<I>(magnitude >> kSourceFraction);
  const I exponent = (field == 0 ? 1 : field) - kBias;
  const U fraction = magnitude & ((U{1} << kSourceFraction) - 1);
  const U significand = fraction | (field == 0 ? U{0} : U{1} << kSourceFraction);

  // What lies below the last place of the result; of subnormal results that is more.
  const I missing = Format::kMinExponent - exponent;
  const I wanted = kSourceFraction - Format::kFraction + (missing > 0 ? missing : 0);
  const U shift = static_cast<U>(wanted < kTop ? wanted : kTop);
  const U kept = significand >> shift;
  const U rest = significand & ((U{1} << shift) - 1);
  const U half = (U{1} << shift) >> 1;
  bool up = false;
  if (rounding == Rounding::rn) up = rest > half || (rest == half && (kept & 1) && half != 0);
  if (rounding == Rounding::rna) up = rest >= half && half != 0;
  if (rounding == Rounding::rm) up = rest != 0 && sign != 0;
  if (rounding == Rounding::rp) up = rest != 0 && sign == 0;

  // A carry out of the fraction adds one to the exponent, as it must. `kept` has the leading one of
  // a normal number, which does the same to an exponent counted from zero.
  const U above = missing > 0 ? U{0} : static_cast<U>(-missing);
  U result = (above << Format::kFraction) + kept + (up ? U{1} : U{0});
  const bool may_be_infinite =
      !satfinite &&
      (rounding == Rounding::rn || rounding == Rounding::rna ||
       (rounding == Rounding::rm && sign != 0) || (rounding == Rounding::rp && sign == 0));
  const U largest = Format::kInfinity - 1;
  const U limit = may_be_infinite ? U{Format::kInfinity} : largest;
  result = result > largest ? limit : result;
  if (!satfinite) result = magnitude == kSourceInfinity ? U{Format::kInfinity} : result;
  const U with_sign = result | sign << (Format::kWidth - 1);
  return static_cast<uint32_t>(magnitude > kSourceInfinity ? U{Format::kNan} : with_sign);
}

}  // namespace lean::simt
