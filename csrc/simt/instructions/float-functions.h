// 2^x and log2(x) of single precision, in a form that vectorizes: computed in double, with an error
// far below that of the final rounding.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "simt/instructions/float-value.h"

namespace lean::simt {

// 2^n exp(f ln 2), with |f| <= 1/2 and the Taylor series up to the eighth power: its remainder is
// below 2^-31.
[[gnu::always_inline]] inline float exp2_of(float x) {
  const double bounded = x > -200.0f ? (x < 200.0f ? x : 200.0f) : -200.0f;
  const double n = std::nearbyint(bounded);
  const double f = (bounded - n) * 0x1.62e42fefa39efp-1;
  double series = 1.0 / 40320;
  series = series * f + 1.0 / 5040;
  series = series * f + 1.0 / 720;
  series = series * f + 1.0 / 120;
  series = series * f + 1.0 / 24;
  series = series * f + 1.0 / 6;
  series = series * f + 1.0 / 2;
  series = series * f + 1;
  series = series * f + 1;
  const uint64_t exponent = static_cast<uint64_t>(static_cast<int64_t>(n) + 1023) << 52;
  return x != x ? kNan32 : static_cast<float>(series * std::bit_cast<double>(exponent));
}

// e + log2(m) with m in [sqrt 1/2, sqrt 2), by the series of atanh((m - 1) / (m + 1)).
[[gnu::always_inline]] inline float log2_of(float x) {
  const uint64_t bits = std::bit_cast<uint64_t>(static_cast<double>(x));
  // 2^52 / sqrt 2, so that the exponent's field changes at sqrt 1/2.
  const uint64_t shifted = bits - 0x3fe6a09e667f3bcdu;
  const auto exponent = static_cast<int64_t>(shifted) >> 52;
  const double m = std::bit_cast<double>(bits - (static_cast<uint64_t>(exponent) << 52));
  const double s = (m - 1) / (m + 1);
  const double square = s * s;
  double series = 1.0 / 15;
  series = series * square + 1.0 / 13;
  series = series * square + 1.0 / 11;
  series = series * square + 1.0 / 9;
  series = series * square + 1.0 / 7;
  series = series * square + 1.0 / 5;
  series = series * square + 1.0 / 3;
  series = series * square + 1;
  const double logarithm = static_cast<double>(exponent) + series * s * 0x1.71547652b82fep1;
  float result = static_cast<float>(logarithm);
  result = x == 0 ? -INFINITY : result;
  result = x == INFINITY ? x : result;
  return x >= 0 ? result : kNan32;
}

}  // namespace lean::simt
