// Matrix products whose operands may be stored in 16 bits. They are widened to float32 a block at a
// time, because BLAS does not take them and a whole copy would cost what the type has saved.
#pragma once

#include <type_traits>

#include "cpu/backend/linalg.h"
#include "cpu/lanes.h"
#include "cpu/tiles.h"

namespace lean::cpu::LEAN_ISA {

// A block of a row-major matrix.
template <class T>
struct Block {
  T* data;
  int64_t ld;

  Block at(int64_t row, int64_t col) const { return {data + row * ld + col, ld}; }
};

// The block itself, or a copy in `scratch`.
template <class T>
Block<const float> as_floats(Block<const T> from, int64_t rows, int64_t cols, float* scratch) {
  if constexpr (std::is_same_v<T, float>) {
    return from;
  } else {
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < cols; j += kLanes) {
        const int count = static_cast<int>(clamp(cols - j, 0, kLanes));
        store(scratch + i * cols + j, load(from.data + i * from.ld + j, count), count);
      }
    }
    return {scratch, cols};
  }
}

inline constexpr int64_t kProductDepth = 256;  // of the dimension summed over, widened at a time

// Floats of scratch memory for a product of m x n.
template <class A, class B>
constexpr int64_t product_scratch(int64_t m, int64_t n) {
  return kProductDepth * ((std::is_same_v<A, float> ? 0 : m) + (std::is_same_v<B, float> ? 0 : n));
}

// c (m x n) <- alpha op(a) op(b), k being the dimension summed over.
template <class A, class B>
void multiply(Op op_a, Op op_b, int64_t m, int64_t n, int64_t k, float alpha, Block<const A> a,
              Block<const B> b, Block<float> c, float* scratch) {
  constexpr bool kDirect = std::is_same_v<A, float> && std::is_same_v<B, float>;
  const int64_t step = kDirect ? k : kProductDepth;
  float* scratch_b = scratch + product_scratch<A, float>(m, n);
  for (int64_t depth = 0; depth < k; depth += step) {
    const int64_t size = clamp(k - depth, 0, step);
    const auto x = op_a == Op::plain ? as_floats(a.at(0, depth), m, size, scratch)
                                     : as_floats(a.at(depth, 0), size, m, scratch);
    const auto y = op_b == Op::plain ? as_floats(b.at(depth, 0), size, n, scratch_b)
                                     : as_floats(b.at(0, depth), n, size, scratch_b);
    gemm(op_a, op_b, m, n, size, alpha, x.data, x.ld, y.data, y.ld, depth > 0 ? 1.0f : 0.0f, c.data,
         c.ld);
  }
}

}  // namespace lean::cpu::LEAN_ISA
