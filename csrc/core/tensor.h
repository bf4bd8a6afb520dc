// A view of contiguous, row-major memory that somebody else owns. Never owns, never broadcasts.
#pragma once

#include <cstdint>

#include "core/dtype.h"

namespace lean {

// Laid out for devices: a thread finds a tensor's place and type with one load of 16 bytes, and its
// extents with another.
struct alignas(16) Tensor {
  static constexpr int kMaxDims = 4;

  // Where a program placed it: bytes from the memory with that number in its table of bases
  // (core/executor.h). A device looks there, since `data` is the host's own view of it.
  int64_t offset = 0;
  int32_t base = -1;
  DType dtype = DType::float32;
  // Of the matrix that it is: a vector is one row, and of more dimensions all but the first make
  // columns.
  int64_t shape[2] = {0, 0};
  void* data = nullptr;
  int32_t ndim = 0;  // as it was given; 0: absent

  // Of memory that no program has placed.
  static Tensor matrix(void* data, DType dtype, int64_t rows, int64_t cols) {
    return {.dtype = dtype, .shape = {rows, cols}, .data = data, .ndim = 2};
  }

  explicit operator bool() const { return data != nullptr; }

  constexpr int64_t numel() const { return shape[0] * shape[1]; }
  constexpr int64_t rows() const { return shape[0]; }
  constexpr int64_t cols() const { return shape[1]; }
  constexpr int64_t bytes() const { return numel() * static_cast<int64_t>(size_of(dtype)); }

  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }
};

}  // namespace lean
