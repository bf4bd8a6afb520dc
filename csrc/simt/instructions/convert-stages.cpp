#include "simt/instructions/convert-stages.h"

#include <cmath>
#include <limits>

#include "simt/instructions/float-value.h"
#include "simt/instructions/half-value.h"

namespace lean::simt {
namespace {

template <class T>
double widen(T value) {
  if constexpr (std::is_same_v<T, F16> || std::is_same_v<T, Bf16>) {
    return to_float(value);
  } else if constexpr (std::is_integral_v<T> && sizeof(T) == 8) {
    constexpr uint64_t kBelow = (1 << 11) - 1;
    const bool negative = value < 0;
    const uint64_t bits = static_cast<uint64_t>(value);
    const uint64_t magnitude = negative ? 0 - bits : bits;
    const uint64_t odd = (magnitude & ~kBelow) | ((magnitude & kBelow) ? kBelow + 1 : 0);
    const auto number = static_cast<double>(magnitude >> 53 ? odd : magnitude);
    return negative ? -number : number;
  } else {
    return static_cast<double>(value);
  }
}

template <class T>
Doubles widen_all(const Warp& warp, Column column) {
  const Lanes<T> from = read<T>(warp, column);
  Doubles values;
  for (int i = 0; i < kLanes; ++i) values[i] = widen(from[i]);
  return values;
}

template <class Format, Rounding rounding>
void narrow_all(const Doubles& values, Lanes<uint32_t>& results) {
  for (int i = 0; i < kLanes; ++i) results[i] = narrow<Format, rounding>(values[i]);
}

template <class Format>
void narrow_all(const Doubles& values, Rounding rounding, Lanes<uint32_t>& results) {
  if (rounding == Rounding::rn) narrow_all<Format, Rounding::rn>(values, results);
  if (rounding == Rounding::rz) narrow_all<Format, Rounding::rz>(values, results);
  if (rounding == Rounding::rm) narrow_all<Format, Rounding::rm>(values, results);
  if (rounding == Rounding::rp) narrow_all<Format, Rounding::rp>(values, results);
}

// NaN becomes zero, or the lowest bit pattern with only the top bit where the source is .f64 or the
// result has 64 bits (PTX ISA 9.7.9, cvt).
template <class T>
void write_clamped(Warp& warp, Column column, const Doubles& values, bool from_double, Mask mask) {
  using Limits = std::numeric_limits<T>;
  constexpr T kTopBit = static_cast<T>(uint64_t{1} << (8 * sizeof(T) - 1));
  const T for_nan = sizeof(T) == 8 || from_double ? kTopBit : T{0};
  // One past the largest value: a power of two, so a double.
  const double end = std::ldexp(1.0, 8 * sizeof(T) - std::is_signed_v<T>);
  const auto lowest = static_cast<double>(Limits::min());
  Lanes<T> results;
  for (int i = 0; i < kLanes; ++i) {
    const double value = values[i];
    const bool inside = (value >= lowest) & (value < end);
    const T converted = static_cast<T>(inside ? value : 0.0);
    const T clamped = value < lowest ? Limits::min() : Limits::max();
    results[i] = value != value ? for_nan : inside ? converted : clamped;
  }
  write(warp, column, results, mask);
}

}  // namespace

Doubles read_as_double(const Warp& warp, Column column, Type type, bool ftz) {
  switch (type) {
    case Type::u8:
      return widen_all<uint8_t>(warp, column);
    case Type::s8:
      return widen_all<int8_t>(warp, column);
    case Type::u16:
      return widen_all<uint16_t>(warp, column);
    case Type::s16:
      return widen_all<int16_t>(warp, column);
    case Type::u32:
      return widen_all<uint32_t>(warp, column);
    case Type::s32:
      return widen_all<int32_t>(warp, column);
    case Type::u64:
      return widen_all<uint64_t>(warp, column);
    case Type::s64:
      return widen_all<int64_t>(warp, column);
    case Type::f16:
      return widen_all<F16>(warp, column);
    case Type::bf16:
      return widen_all<Bf16>(warp, column);
    case Type::f64:
      return widen_all<double>(warp, column);
    default:
      break;
  }
  Doubles values = widen_all<float>(warp, column);
  if (ftz) {
    for (double& value : values) {
      value = std::fabs(value) < 0x1p-126 ? std::copysign(0.0, value) : value;
    }
  }
  return values;
}

void round_to_integral(Doubles& values, Rounding rounding) {
  if (rounding == Rounding::rn) {
    for (double& value : values) value = std::nearbyint(value);
  } else if (rounding == Rounding::rz) {
    for (double& value : values) value = std::trunc(value);
  } else if (rounding == Rounding::rm) {
    for (double& value : values) value = std::floor(value);
  } else {
    for (double& value : values) value = std::ceil(value);
  }
}

void write_float(Warp& warp, Column column, const Doubles& values, const Conversion& conversion,
                 Mask mask) {
  if (conversion.to == Type::f64) {
    write(warp, column, values, mask);
    return;
  }
  Lanes<uint32_t> results;
  if (conversion.to == Type::f16) narrow_all<FormatF16>(values, conversion.rounding, results);
  if (conversion.to == Type::bf16) narrow_all<FormatBf16>(values, conversion.rounding, results);
  if (conversion.to == Type::f32) {
    narrow_all<FormatF32>(values, conversion.rounding, results);
    if (conversion.ftz) {
      for (uint32_t& bits : results) {
        bits = std::bit_cast<uint32_t>(flush(std::bit_cast<float>(bits)));
      }
    }
  }
  write(warp, column, results, mask);
}

void write_integer(Warp& warp, Column column, const Doubles& values, const Conversion& conversion,
                   Mask mask) {
  const bool from_double = conversion.from == Type::f64;
  switch (conversion.to) {
    case Type::u8:
      return write_clamped<uint8_t>(warp, column, values, from_double, mask);
    case Type::s8:
      return write_clamped<int8_t>(warp, column, values, from_double, mask);
    case Type::u16:
      return write_clamped<uint16_t>(warp, column, values, from_double, mask);
    case Type::s16:
      return write_clamped<int16_t>(warp, column, values, from_double, mask);
    case Type::u32:
      return write_clamped<uint32_t>(warp, column, values, from_double, mask);
    case Type::s32:
      return write_clamped<int32_t>(warp, column, values, from_double, mask);
    case Type::u64:
      return write_clamped<uint64_t>(warp, column, values, from_double, mask);
    default:
      return write_clamped<int64_t>(warp, column, values, from_double, mask);
  }
}

}  // namespace lean::simt
