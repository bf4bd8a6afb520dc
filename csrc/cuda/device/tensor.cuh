// Where a kernel finds the tensors of its items: through the program's table of bases, so that
// gradients move by one small copy into it and nothing else changes.
#pragma once

#include <cstddef>

#include "core/step-scalars.h"
#include "core/tensor.h"

namespace lean::cuda {

using Bases = std::byte* const*;

// nullptr where the tensor is absent, or its memory is not bound.
template <class T>
__device__ inline T* at(const Tensor& tensor, Bases bases) {
  if (tensor.base < 0) return nullptr;
  std::byte* base = bases[tensor.base];
  return base == nullptr ? nullptr : reinterpret_cast<T*>(base + tensor.offset);
}

// A copy, in registers.
__device__ inline StepScalars scalars_at(const Tensor& tensor, Bases bases) {
  return *at<const StepScalars>(tensor, bases);
}

}  // namespace lean::cuda
