// Matrix products whose operands may be stored in 16 bits. Our own code rather than BLAS's, because
// it widens operands while it packs them, which spares a copy; needs no lock around anybody's
// buffers; gives the same bits with AVX2 as with AVX-512; and is faster (docs/benchmarks.md). After
// Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008), but b is
// packed strip by strip just before use: a whole packed block of it would push c, and a panel's
// other arrays, out of the second-level cache.
#pragma once

#include "cpu/backend/linalg.h"
#include "cpu/micro-kernel.h"
#include "cpu/pack.h"

namespace lean::cpu::LEAN_ISA {

// What is packed at a time: kProductRows x kProductDepth of a, in the second-level cache, and
// kProductDepth x kTileCols of b, three quarters of the first.
inline constexpr int64_t kProductRows = 256;
inline constexpr int64_t kProductDepth = 192;

// Floats of scratch memory for any product.
inline constexpr int64_t kProductScratch = kProductDepth * (kTileCols + kProductRows);

// A worker's scratch memory: for products, and behind that `more` floats for the caller.
inline float* product_memory(Context& context, int worker, int64_t more = 0) {
  const auto floats = static_cast<size_t>(kProductScratch + more);
  return static_cast<float*>(context.scratch(worker, floats * sizeof(float)));
}

// c (m x n) <- alpha a op(b) or c + alpha a op(b), with n at most kParts vectors; rows_at(row,
// count) are the rows of a that a tile takes.
template <int kParts, class RowsAt, class B>
void multiply_strip(Op op_b, int64_t m, int64_t n, int64_t depth, float alpha, RowsAt rows_at, B b,
                    bool add, Block<float> c, float* packed_b) {
  constexpr int kWidth = kParts * kNativeLanes;
  op_b == Op::plain ? pack_columns<kWidth>(b, depth, n, packed_b)
                    : pack_rows<kWidth>(b, depth, n, packed_b);
  for (int64_t row = 0; row < m; row += kTileRows) {
    const int rows = static_cast<int>(clamp(m - row, 0, kTileRows));
    multiply_tile<kParts>(depth, rows_at(row, rows), packed_b, alpha, add, c.at(row, 0).data, c.ld,
                          rows, static_cast<int>(n));
  }
}

// The same for any n.
template <class RowsAt, class B>
void multiply_strips(Op op_b, int64_t m, int64_t n, int64_t depth, float alpha, RowsAt rows_at, B b,
                     bool add, Block<float> c, float* packed_b) {
  for (int64_t col = 0; col < n; col += kTileCols) {
    const int64_t width = clamp(n - col, 0, kTileCols);
    const auto strip = [&]<int kParts>(std::integral_constant<int, kParts>) {
      multiply_strip<kParts>(op_b, m, width, depth, alpha, rows_at,
                             op_b == Op::plain ? b.at(0, col) : b.at(col, 0), add, c.at(0, col),
                             packed_b);
    };
    const int64_t parts = divide_up(width, kNativeLanes);
    if (parts == 1) strip(std::integral_constant<int, 1>{});
    if (parts == 2) strip(std::integral_constant<int, 2>{});
    if (parts == 3) strip(std::integral_constant<int, 3>{});
  }
}

// c (m x n) <- alpha op(a) op(b), or c + that, k being the dimension summed over. a and b are
// blocks.
template <class A, class B>
void multiply(Op op_a, Op op_b, int64_t m, int64_t n, int64_t k, float alpha, A a, B b,
              Block<float> c, float* scratch, bool add = false) {
  float* packed_a = scratch + kProductDepth * kTileCols;
  for (int64_t row = 0; row < m; row += kProductRows) {
    const int64_t height = clamp(m - row, 0, kProductRows);
    for (int64_t step = 0; step < k; step += kProductDepth) {
      const int64_t depth = clamp(k - step, 0, kProductDepth);
      const auto multiply_by = [&](auto rows_at) {
        multiply_strips(op_b, height, n, depth, alpha, rows_at,
                        op_b == Op::plain ? b.at(step, 0) : b.at(0, step), add || step > 0,
                        c.at(row, 0), scratch);
      };
      if constexpr (std::is_same_v<A, Block<const float>>) {
        if (op_a == Op::plain) {
          multiply_by([=](int64_t i, int rows) {
            return MatrixRows(a.at(row + i, step).data, a.ld, rows);
          });
          continue;
        }
      }
      op_a == Op::plain ? pack_rows<kTileRows>(a.at(row, step), depth, height, packed_a)
                        : pack_columns<kTileRows>(a.at(step, row), depth, height, packed_a);
      multiply_by([=](int64_t i, int) { return PackedRows{packed_a + i * depth}; });
    }
  }
}

}  // namespace lean::cpu::LEAN_ISA
