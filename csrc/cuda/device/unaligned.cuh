// Octets that lie across aligned ones.
#pragma once

#include "cuda/device/octet.cuh"

namespace lean::cuda {

// The 16 bytes that begin with number `bytes` of low and high.
__device__ inline uint4 shifted(uint4 low, uint4 high, uint32_t bytes) {
  const uint32_t word[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
  // By two words, one, and a half.
  uint32_t once[6];
  uint32_t twice[5];
  uint32_t bits[4];
#pragma unroll
  for (int k = 0; k < 6; ++k) once[k] = (bytes & 8) != 0 ? word[k + 2] : word[k];
#pragma unroll
  for (int k = 0; k < 5; ++k) twice[k] = (bytes & 4) != 0 ? once[k + 1] : once[k];
#pragma unroll
  for (int k = 0; k < 4; ++k) bits[k] = __funnelshift_r(twice[k], twice[k + 1], bytes % 4 * 8);
  return {bits[0], bits[1], bits[2], bits[3]};
}

// The elements at p, out of the aligned octets of 16 bytes that hold them.
__device__ inline Bits load_across(const std::byte* p, DType type) {
  const auto bytes = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(p) % 16);
  const uint4* from = reinterpret_cast<const uint4*>(p - bytes);
  const uint4 middle = from[1];
  const uint4 low = shifted(from[0], middle, bytes);
  uint4 high = {};
  if (is_wide(type)) high = shifted(middle, from[2], bytes);
  return {{low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w}};
}

// load() of a tensor to which nothing is stored meanwhile. `inner`: it has octets before and after
// this one, of which some is read where they share 16 bytes.
__device__ inline Bits load_any(const void* tensor, DType type, int64_t i, int count, bool whole,
                                bool inner) {
  const std::byte* p = element(tensor, type, i);
  if (!is_aligned(p) && inner && count == kOctet) return load_across(p, type);
  return load_from(p, type, count, whole);
}

}  // namespace lean::cuda
