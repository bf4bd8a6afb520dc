// A view of contiguous, row-major memory that somebody else owns. Never owns, never broadcasts.
#pragma once

#include <cstdint>

#include "core/dtype.h"

namespace lean {

struct Tensor {
  static constexpr int kMaxDims = 4;

  void* data = nullptr;
  DType dtype = DType::float32;
  int32_t ndim = 0;
  int64_t shape[kMaxDims] = {0, 0, 0, 0};
  // Where a program placed it: bytes from the memory with that number in its table of bases
  // (core/executor.h). A device looks there, since `data` is the host's own view of it.
  int64_t offset = 0;
  int32_t base = -1;

  explicit operator bool() const { return data != nullptr; }

  constexpr int64_t numel() const {
    int64_t n = ndim > 0 ? 1 : 0;
    for (int i = 0; i < ndim; ++i) n *= shape[i];
    return n;
  }

  // A matrix is 2-D; a vector counts as one row.
  constexpr int64_t rows() const { return ndim < 2 ? 1 : shape[0]; }
  constexpr int64_t cols() const {
    int64_t n = ndim > 0 ? 1 : 0;
    for (int i = ndim < 2 ? 0 : 1; i < ndim; ++i) n *= shape[i];
    return n;
  }
  constexpr int64_t bytes() const { return numel() * static_cast<int64_t>(size_of(dtype)); }

  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }
};

}  // namespace lean
