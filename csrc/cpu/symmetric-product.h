// Products of which it is known that they are symmetric: one triangle is computed, the other
// copied.
#pragma once

#include "cpu/panels.h"
#include "cpu/product.h"

namespace lean::cpu::LEAN_ISA {

// Rows of c to a tile: of fewer, packing costs more; of more, more is computed beyond the diagonal.
inline constexpr int64_t kTriangleRows = 128;

// The lower triangle of c (n x n) <- op(a) op(b), k being the dimension summed over.
inline void multiply_lower(Context& context, Op op_a, Op op_b, int64_t n, int64_t k,
                           Block<const float> a, Block<const float> b, Block<float> c) {
  const int64_t tiles = divide_up(n, kTriangleRows);
  parallel_for(context, tiles, [&](int64_t tile, int worker) {
    const int64_t begin = (tiles - 1 - tile) * kTriangleRows;  // the longest ones first
    const int64_t end = clamp(begin + kTriangleRows, 0, n);
    multiply(op_a, op_b, end - begin, end, k, 1,
             op_a == Op::plain ? a.at(begin, 0) : a.at(0, begin), b, c.at(begin, 0),
             product_memory(context, worker));
  });
}

// c(i, j) = c(j, i) <- value(i, j) for all i >= j, which may read them. A block at a time by way of
// one of its own: columns of c are far apart, and often in one set of the cache.
template <class Value>
void fill_symmetric(Context& context, int64_t n, Block<float> c, Value value) {
  constexpr int64_t kBlock = 64;
  parallel_for(context, divide_up(n, kBlock), [&](int64_t tile, int) {
    const int64_t begin = tile * kBlock, rows = clamp(n - begin, 0, kBlock);
    for (int64_t first = 0; first <= begin; first += kBlock) {
      const int64_t cols = clamp(n - first, 0, kBlock);
      float block[kBlock][kBlock];
      for (int64_t i = 0; i < rows; ++i) {
        const int64_t last = first == begin ? i + 1 : cols;
        float* row = c.data + (begin + i) * c.ld + first;
        for (int64_t j = 0; j < last; ++j) row[j] = block[i][j] = value(begin + i, first + j);
      }
      for (int64_t j = 0; j < cols; ++j) {
        float* row = c.data + (first + j) * c.ld + begin;
        for (int64_t i = first == begin ? j : 0; i < rows; ++i) row[i] = block[i][j];
      }
    }
  });
}

inline void mirror(Context& context, int64_t n, Block<float> c) {
  fill_symmetric(context, n, c, [=](int64_t i, int64_t j) { return c.data[i * c.ld + j]; });
}

}  // namespace lean::cpu::LEAN_ISA
