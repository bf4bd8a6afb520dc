// The largest magnitude in a tensor, as bits: those of floats without signs are in their order, so
// that an atomic maximum of integers is exact in whatever order blocks come.
#pragma once

#include "cuda/device/octet.cuh"
#include "cuda/device/reduce.cuh"

namespace lean::cuda {

// most <- its maximum with eight elements of a tensor of `count`, from i on.
__device__ __forceinline__ void raise_to_octet(uint32_t& most, const void* data, DType type,
                                               int64_t count, int64_t i) {
  const int64_t left = count - i;
  const Octet g = widen(load(data, type, i, left < kOctet ? static_cast<int>(left) : kOctet), type);
#pragma unroll
  for (int k = 0; k < kOctet; ++k) most = max(most, __float_as_uint(g.x[k].x) & 0x7fffffffu);
}

// All lanes of the warp call it.
__device__ __forceinline__ void merge_largest(uint32_t* largest, uint32_t most) {
  most = __reduce_max_sync(0xffffffffu, most);
  if (threadIdx.x % kWarp == 0) atomicMax(largest, most);
}

}  // namespace lean::cuda
