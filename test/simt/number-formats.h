// Floating-point formats from their definition: what a pattern means, and which pattern is nearest
// to a number. Slow and obvious, for tests.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace lean::simt {

enum class Mode { nearest, zero, down, up, away };  // away: to nearest, ties away from zero

struct NumberFormat {
  int width, fraction, bias;

  uint64_t infinity() const { return ((uint64_t{1} << (width - 1 - fraction)) - 1) << fraction; }
  uint64_t nan() const { return (uint64_t{1} << (width - 1)) - 1; }
  uint64_t sign() const { return uint64_t{1} << (width - 1); }

  // Of a pattern; long double holds each of them.
  long double value(uint64_t bits) const {
    const uint64_t magnitude = bits & nan();
    const long double sign_of = bits & sign() ? -1.0L : 1.0L;
    if (magnitude > infinity()) return std::numeric_limits<long double>::quiet_NaN();
    if (magnitude == infinity()) return sign_of * std::numeric_limits<long double>::infinity();
    const int exponent = static_cast<int>(magnitude >> fraction);
    const uint64_t rest = magnitude & ((uint64_t{1} << fraction) - 1);
    if (exponent == 0)
      return sign_of * std::ldexp(static_cast<long double>(rest), 1 - bias - fraction);
    const uint64_t significand = rest | uint64_t{1} << fraction;
    return sign_of * std::ldexp(static_cast<long double>(significand), exponent - bias - fraction);
  }

  // The pattern of an exact number, a long double or __float128.
  template <class Number>
  uint64_t rounded(Number number, Mode mode) const {
    if (number != number) return nan();
    const bool negative = std::signbit(static_cast<long double>(number));
    const uint64_t with_sign = negative ? sign() : 0;
    const Number magnitude = negative ? -number : number;
    // The largest pattern that is not above the magnitude.
    uint64_t low = 0, high = infinity();
    while (low < high) {
      const uint64_t middle = low + (high - low + 1) / 2;
      if (value(middle) <= magnitude) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    if (value(low) == magnitude) return low | with_sign;
    // Past the largest finite number, infinity counts as the next power of two.
    const long double above =
        low + 1 == infinity() ? value(low) + (value(low) - value(low - 1)) : value(low + 1);
    const Number to_low = magnitude - value(low);
    const Number to_high = above - magnitude;
    bool up = false;
    switch (mode) {
      case Mode::nearest:
        up = to_high < to_low || (to_high == to_low && (low & 1));
        break;
      case Mode::away:
        up = to_high <= to_low;
        break;
      case Mode::zero:
        break;
      case Mode::down:
        up = negative;
        break;
      case Mode::up:
        up = !negative;
        break;
    }
    return (low + up) | with_sign;
  }
};

inline constexpr NumberFormat kF16 = {16, 10, 15};
inline constexpr NumberFormat kBf16 = {16, 7, 127};
inline constexpr NumberFormat kF32 = {32, 23, 127};
inline constexpr NumberFormat kTf32 = {19, 10, 127};

}  // namespace lean::simt
