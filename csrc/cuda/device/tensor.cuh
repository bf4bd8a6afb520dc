// Where a kernel finds the tensors of its items: through the program's table of bases, so that
// gradients move by one small copy into it and nothing else changes.
#pragma once

#include <cstddef>

#include "core/step-scalars.h"
#include "core/tensor.h"

namespace lean::cuda {

using Bases = std::byte* const*;
#ifdef __CUDACC__
// What is looked up once a block is little, but asked for by every warp: 16 bytes at a time.

__device__ inline int4 place_of(const Tensor& tensor) {
  return *reinterpret_cast<const int4*>(&tensor.offset);
}

// With the tensor's place, where that is looked up too.
__device__ inline DType type_of(const Tensor& tensor) {
  static_assert(offsetof(Tensor, dtype) == offsetof(Tensor, offset) + 3 * sizeof(int));
  return static_cast<DType>(place_of(tensor).w);
}

// nullptr where the tensor is absent, or its memory is not bound.
template <class T>
__device__ inline T* at(const Tensor& tensor, Bases bases) {
  const int4 place = place_of(tensor);
  const int base_number = place.z;
  if (base_number < 0) return nullptr;
  std::byte* base = bases[base_number];
  if (base == nullptr) return nullptr;
  const int64_t offset = static_cast<uint32_t>(place.x) | static_cast<int64_t>(place.y) << 32;
  return reinterpret_cast<T*>(base + offset);
}

// Whether an item is stepped.
template <class Item>
__device__ bool is_active(const Item& item, Bases bases) {
  return at<const StepScalars>(item.scalars, bases)->active != 0 &&
         at<const void>(item.grad, bases) != nullptr;
}

// A copy, in registers.
__device__ inline StepScalars scalars_at(const Tensor& tensor, Bases bases) {
  constexpr int kWords = sizeof(StepScalars) / sizeof(float4);
  const StepScalars* from = at<const StepScalars>(tensor, bases);
  if (reinterpret_cast<uintptr_t>(from) % sizeof(float4) != 0) return *from;
  union {
    float4 words[kWords];
    StepScalars scalars;
  } copy;
#pragma unroll
  for (int i = 0; i < kWords; ++i) copy.words[i] = reinterpret_cast<const float4*>(from)[i];
  return copy.scalars;
}
#endif
}  // namespace lean::cuda
