// Stochastic rounding to bfloat16, by the same random bits as on every device: a function of (seed,
// stream, calls) and the element's number in its tensor.
#pragma once

#include "core/random.h"
#include "cuda/device/octet.cuh"
#include "cuda/device/tensor.cuh"
#include "kernels/choices.h"

namespace lean::cuda {

struct Rounder {
  bool stochastic = false;
  uint64_t key = 0;

  // The weights that begin with number `element`.
  __device__ Bits narrow(const Octet& octet, DType type, int64_t element) const {
    if (!stochastic) return cuda::narrow(octet, type);
    const uint64_t k = key + (static_cast<uint64_t>(element) >> 32) * 0x9e3779b97f4a7c15u;
    Bits bits = {};
#pragma unroll
    for (int i = 0; i < kOctet; ++i) {
      const uint32_t random =
          random_bits32(static_cast<uint32_t>(element) + i, static_cast<uint32_t>(k),
                        static_cast<uint32_t>(k >> 32));
      const uint32_t x = __float_as_uint(octet.x[i].x);
      const bool finite = (x & 0x7f800000u) != 0x7f800000u;
      const uint32_t half = (x + (finite ? random & 0xffffu : 0)) >> 16;
      bits.word[i / 2] |= half << (i % 2 * 16);
    }
    return bits;
  }
};

// Item is any with the fields of DenseStep.
template <class Item>
__device__ inline Rounder rounder_of(const Item& item, Bases bases) {
  if (item.rounding != Rounding::stochastic || item.param.dtype != DType::bfloat16) return {};
  const int64_t calls = at<const Counters>(item.counters, bases)->calls;
  return {true, random_key(item.seed, item.stream, calls)};
}

}  // namespace lean::cuda
