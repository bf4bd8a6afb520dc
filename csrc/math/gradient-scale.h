// What a gradient is multiplied by before a basis is computed from it.
#pragma once

#include <bit>
#include <cstdint>

namespace lean {

// A power of two that brings the largest magnitude to about 1, so that products stay in range; 0
// where there is no direction to be had from the gradient: it is zero, not finite, or so large that
// its row sums might overflow before they are scaled.
constexpr float scale_for(float largest) {
  if (!(largest > 0 && largest < 0x1p112f)) return 0;
  const uint32_t exponent = std::bit_cast<uint32_t>(largest) >> 23;
  return std::bit_cast<float>((exponent < 2 ? 252u : 254u - exponent) << 23);
}

}  // namespace lean
