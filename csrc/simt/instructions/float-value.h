// What PTX does to the operands and results of floating-point instructions (PTX ISA 9.7.3).
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace lean::simt {

inline constexpr float kNan32 = std::bit_cast<float>(0x7fffffffu);  // NaN as GPUs write it

// .ftz: a subnormal becomes a zero of its sign.
inline float flush(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  return std::bit_cast<float>((bits & 0x7f800000u) == 0 ? bits & 0x80000000u : bits);
}

template <bool ftz>
float operand(float value) {
  return ftz ? flush(value) : value;
}

template <bool ftz>
double operand(double value) {
  return value;
}

// .sat: to [0, 1], NaN to 0.
template <class T>
T saturate(T value) {
  const T at_least_0 = value > 0 ? value : 0;
  return at_least_0 < 1 ? at_least_0 : 1;
}

// Single precision does not keep payloads of NaN; double precision does.
template <bool ftz, bool sat>
float result(float value) {
  if (sat) return saturate(operand<ftz>(value));
  return value != value ? kNan32 : operand<ftz>(value);
}

template <bool ftz, bool sat>
double result(double value) {
  return value;
}

}  // namespace lean::simt
