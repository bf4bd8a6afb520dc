// Eight consecutive elements of any weight type: 16 or 32 bytes, moved 16 at a time where they are
// aligned, one element at a time where they are not or where fewer are left. The type is known at
// run time alone, the same for a whole tile: a branch costs less than a kernel for every
// combination of types. Loads come before conversions (load, then widen), so that a thread has all
// its loads in flight.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

#include "core/dtype.h"
#include "cuda/device/real.cuh"
#include "cuda/device/reduce.cuh"

namespace lean::cuda {

inline constexpr int kOctet = 8;

struct Octet {
  Real x[kOctet];
};

// x <- body(x, k) for each element in turn: the octet goes round in its registers, so that what is
// long is there once.
template <class Body>
__device__ __forceinline__ void replace_each(Octet& octet, Body body) {
#pragma unroll 1
  for (int k = 0; k < kOctet; ++k) {
    const Real x = body(octet.x[0], k);
#pragma unroll
    for (int i = 1; i < kOctet; ++i) octet.x[i - 1] = octet.x[i];
    octet.x[kOctet - 1] = x;
  }
}

// As they are in memory; 16-bit elements fill four words.
struct Bits {
  uint32_t word[kOctet];
};

__device__ inline bool is_wide(DType type) { return type == DType::float32; }

__device__ inline bool is_aligned(const void* p) {
  return reinterpret_cast<uintptr_t>(p) % 16 == 0;
}

__device__ inline const std::byte* element(const void* p, DType type, int64_t i) {
  return static_cast<const std::byte*>(p) + i * (is_wide(type) ? 4 : 2);
}
__device__ inline std::byte* element(void* p, DType type, int64_t i) {
  return const_cast<std::byte*>(element(static_cast<const void*>(p), type, i));
}

// Tensors lie in global memory, which a pointer that was looked up does not tell by itself:
// accesses would ask each time.
template <class Byte>
__device__ inline Byte* in_global(Byte* p) {
  __builtin_assume(__isGlobal(p));
  return p;
}

// A warp whose pairs of lanes have consecutive octets of 32 bytes moves them so that every
// instruction has whole sectors of 32 bytes: of two neighbouring lanes, both first take halves of
// the first one's octet, then of the second one's, and exchange what is the other's. Pairs that are
// not `there` take part in the exchange alone.
__device__ inline uint4 exchange(uint4 own) {
  constexpr unsigned kAll = 0xffffffffu;
  return {__shfl_xor_sync(kAll, own.x, 1), __shfl_xor_sync(kAll, own.y, 1),
          __shfl_xor_sync(kAll, own.z, 1), __shfl_xor_sync(kAll, own.w, 1)};
}

// `odd` where the lane is odd, else `even`: by bits, lest it becomes a branch and the accesses that
// follow two instructions, of half sectors each.
__device__ inline uint4 by_parity(uint4 odd, uint4 even) {
  const uint32_t mask = 0u - threadIdx.x % 2;
  const auto choose = [mask](uint32_t a, uint32_t b) { return b ^ ((a ^ b) & mask); };
  return {choose(odd.x, even.x), choose(odd.y, even.y), choose(odd.z, even.z),
          choose(odd.w, even.w)};
}

__device__ inline Bits load_by_pairs(const std::byte* p, bool there) {
  // The half of the even lane's octet that is this lane's to fetch, and of the odd lane's.
  const uint4* from = reinterpret_cast<const uint4*>(p) - threadIdx.x % 2;
  uint4 first = {};
  uint4 second = {};
  if (there) {
    first = from[0];
    second = from[2];
  }
  const uint4 got = exchange(by_parity(first, second));
  const uint4 low = by_parity(got, first);
  const uint4 high = by_parity(second, got);
  return {{low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w}};
}

__device__ inline void store_by_pairs(std::byte* p, const Bits& bits, bool there) {
  uint4* to = reinterpret_cast<uint4*>(p) - threadIdx.x % 2;
  const uint4 low = {bits.word[0], bits.word[1], bits.word[2], bits.word[3]};
  const uint4 high = {bits.word[4], bits.word[5], bits.word[6], bits.word[7]};
  const uint4 got = exchange(by_parity(low, high));
  if (!there) return;
  to[0] = by_parity(got, low);
  to[2] = by_parity(high, got);
}

// The first `count` elements at p; the others are zero. `whole`: all lanes of the warp call it, and
// of each pair both have a whole octet, the odd lane's after the even lane's, or both have none.
__device__ inline Bits load_from(const std::byte* p, DType type, int count, bool whole) {
  Bits bits = {};
  if (whole && is_wide(type) && is_aligned(p)) return load_by_pairs(p, count > 0);
  if (count == kOctet && is_aligned(p)) {
    const uint4* from = reinterpret_cast<const uint4*>(p);
    const uint4 low = from[0];
    bits.word[0] = low.x;
    bits.word[1] = low.y;
    bits.word[2] = low.z;
    bits.word[3] = low.w;
    if (is_wide(type)) {
      const uint4 high = from[1];
      bits.word[4] = high.x;
      bits.word[5] = high.y;
      bits.word[6] = high.z;
      bits.word[7] = high.w;
    }
  } else if (is_wide(type)) {
    const uint32_t* from = reinterpret_cast<const uint32_t*>(p);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) bits.word[k] = k < count ? from[k] : 0;
  } else {
    const uint16_t* from = reinterpret_cast<const uint16_t*>(p);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      const uint32_t half = k < count ? from[k] : 0;
      bits.word[k / 2] |= half << (k % 2 * 16);
    }
  }
  return bits;
}

// Elements i .. i + count - 1 of a tensor.
__device__ inline Bits load(const void* tensor, DType type, int64_t i, int count,
                            bool whole = false) {
  return load_from(in_global(element(tensor, type, i)), type, count, whole);
}

__device__ inline void store(void* tensor, DType type, int64_t i, int count, const Bits& bits,
                             bool whole = false) {
  std::byte* p = in_global(element(tensor, type, i));
  if (whole && is_wide(type) && is_aligned(p)) return store_by_pairs(p, bits, count > 0);
  if (count == kOctet && is_aligned(p)) {
    uint4* to = reinterpret_cast<uint4*>(p);
    to[0] = {bits.word[0], bits.word[1], bits.word[2], bits.word[3]};
    if (is_wide(type)) to[1] = {bits.word[4], bits.word[5], bits.word[6], bits.word[7]};
  } else if (is_wide(type)) {
    uint32_t* to = reinterpret_cast<uint32_t*>(p);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      if (k < count) to[k] = bits.word[k];
    }
  } else {
    uint16_t* to = reinterpret_cast<uint16_t*>(p);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      if (k < count) to[k] = static_cast<uint16_t>(bits.word[k / 2] >> (k % 2 * 16));
    }
  }
}

// The same of a tensor of 16-bit elements that lie in whole aligned octets.
__device__ inline Bits load_half_octet(const void* tensor, int64_t i) {
  const auto* from = reinterpret_cast<const uint4*>(static_cast<const std::byte*>(tensor) + 2 * i);
  const uint4 x = *in_global(from);
  return {{x.x, x.y, x.z, x.w}};
}
__device__ inline void store_half_octet(void* tensor, int64_t i, const Bits& bits) {
  auto* to = reinterpret_cast<uint4*>(static_cast<std::byte*>(tensor) + 2 * i);
  *in_global(to) = {bits.word[0], bits.word[1], bits.word[2], bits.word[3]};
}

// `whole` of a loop in which every lane is one octet after the last and this one's begins at i: all
// of the warp end by `end`.
__device__ inline bool is_whole_run(int64_t i, int64_t end) {
  return i - threadIdx.x % kWarp * kOctet + kWarp * kOctet <= end;
}

__device__ inline Octet widen(const Bits& bits, DType type) {
  Octet octet;
  if (is_wide(type)) {
#pragma unroll
    for (int k = 0; k < kOctet; ++k) octet.x[k] = {__uint_as_float(bits.word[k])};
  } else if (type == DType::bfloat16) {
#pragma unroll
    for (int k = 0; k < kOctet; k += 2) {
      octet.x[k] = {__uint_as_float(bits.word[k / 2] << 16)};
      octet.x[k + 1] = {__uint_as_float(bits.word[k / 2] & 0xffff0000u)};
    }
  } else {
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      const uint32_t half = bits.word[k / 2] >> (k % 2 * 16);
      octet.x[k] = {__half2float(__ushort_as_half(static_cast<unsigned short>(half)))};
    }
  }
  return octet;
}

// To the nearest, ties to even.
__device__ inline Bits narrow(const Octet& octet, DType type) {
  Bits bits = {};
  if (is_wide(type)) {
#pragma unroll
    for (int k = 0; k < kOctet; ++k) bits.word[k] = __float_as_uint(octet.x[k].x);
    return bits;
  }
  const bool brain = type == DType::bfloat16;
#pragma unroll
  for (int k = 0; k < kOctet; k += 2) {
    const float low = octet.x[k].x;
    const float high = octet.x[k + 1].x;
    if (brain) {
      const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
      bits.word[k / 2] = *reinterpret_cast<const uint32_t*>(&pair);
    } else {
      const __half2 pair = __floats2half2_rn(low, high);
      bits.word[k / 2] = *reinterpret_cast<const uint32_t*>(&pair);
    }
  }
  return bits;
}

}  // namespace lean::cuda
