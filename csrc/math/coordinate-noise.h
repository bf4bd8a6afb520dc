// How noisy one coordinate of a mean gradient is.
#pragma once

#include <bit>
#include <cstdint>

namespace lean {

// The variance of the mean of K groups over its square, from S = sum of g_k and Q = sum of g_k^2:
//   (Q - S^2 / K) / (K (K - 1)) / (S / K)^2 = (K Q - S^2) / ((K - 1) S^2)
// At least 0, which rounding of Q might miss; infinite where only S is 0; NaN where S or Q is not
// finite.
constexpr float coordinate_noise(float sum, float squares, float groups) {
  const float square = sum * sum;
  const float spread = groups * squares - square;
  return (spread < 0 ? 0 : spread) / ((groups - 1) * square);
}

// A number's place among bins that quarter each binade, in order; of infinity and of NaN their own.
inline constexpr int kNoiseBins = 1024;
constexpr int noise_bin(float noise) {
  return static_cast<int>((std::bit_cast<uint32_t>(noise) & 0x7fffffffu) >> 21);
}

}  // namespace lean
