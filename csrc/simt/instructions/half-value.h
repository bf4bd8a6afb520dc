// Numbers of 16 bits: .f16 and .bf16 (PTX ISA 5.2.3).
#pragma once

#include <bit>
#include <cstdint>

#include "simt/instructions/narrow.h"

namespace lean::simt {

struct F16 {
  using Format = FormatF16;
  uint16_t bits;
};

struct Bf16 {
  using Format = FormatBf16;
  uint16_t bits;
};

[[gnu::always_inline]] inline float to_float(F16 half) {
  const uint32_t sign = uint32_t{half.bits & 0x8000u} << 16;
  const uint32_t magnitude = uint32_t{half.bits & 0x7fffu} << 13;
  // The exponent's bias changes by a multiplication, which makes subnormals right as well.
  const uint32_t finite = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) * 0x1p112f);
  const uint32_t is_special = 0 - static_cast<uint32_t>((half.bits & 0x7c00u) == 0x7c00u);
  return std::bit_cast<float>(sign | finite | (is_special & (magnitude | 0x7f800000u)));
}

[[gnu::always_inline]] inline float to_float(Bf16 half) {
  return std::bit_cast<float>(uint32_t{half.bits} << 16);
}

// Rounded to nearest even.
template <class H, class S>
[[gnu::always_inline]] inline H round_to(S value) {
  if constexpr (std::is_same_v<H, Bf16> && std::is_same_v<S, float>) {
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    return {static_cast<uint16_t>(value != value ? 0x7fff : rounded)};
  } else {
    return {static_cast<uint16_t>(narrow<typename H::Format, Rounding::rn>(value))};
  }
}

// .ftz: a subnormal becomes a zero of its sign.
template <bool ftz, class H>
[[gnu::always_inline]] inline H flushed(H half) {
  const bool is_subnormal = (half.bits & H::Format::kInfinity) == 0;
  return {static_cast<uint16_t>(ftz && is_subnormal ? half.bits & 0x8000 : half.bits)};
}

}  // namespace lean::simt
