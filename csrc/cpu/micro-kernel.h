// The inner loop of matrix products: a tile of c, held in registers, over a run of the dimension
// summed over. Every element is one chain of multiply-adds in ascending order, so its bits depend
// neither on the tile's shape nor on the width of the registers.
#pragma once

#include "cpu/lanes.h"

namespace lean::cpu::LEAN_ISA {

// A tile is kTileRows x (1 ... kTileParts vectors). Accumulators, a row of b and an element of a
// fill the registers: 32 with AVX-512, else 16. Multiples of 4: pack.h transposes so many rows.
inline constexpr int kTileRows = kNativeLanes == 16 ? 8 : 4;
inline constexpr int kTileParts = kNativeLanes == 4 ? 2 : 3;
inline constexpr int kTileCols = kTileParts * kNativeLanes;

// c <- sum * factor, or c + sum * factor, for its first `count` elements.
inline void add_to(float* c, NativeFloat sum, NativeFloat factor, bool add, int count) {
  NativeFloat old{};
  if (count == kNativeLanes) {
    if (add) std::memcpy(&old, c, sizeof old);
    const NativeFloat result = native_multiply_add(sum, factor, old);
    std::memcpy(c, &result, sizeof result);
  } else if (count > 0) {
    if (add) old = native_load(c, count);
    native_store(c, native_multiply_add(sum, factor, old), count);
  }
}

// A strip of a as pack.h leaves it: kTileRows numbers for each step of the depth.
struct PackedRows {
  const float* data;

  float at(int row, int64_t step) const { return data[step * kTileRows + row]; }
};

// The same where it is: rows of a row-major matrix, which need no packing. Missing rows repeat the
// last one.
struct MatrixRows {
  const float* row[kTileRows];

  MatrixRows(const float* data, int64_t ld, int rows) {
    for (int i = 0; i < kTileRows; ++i) row[i] = data + (i < rows ? i : rows - 1) * ld;
  }
  float at(int i, int64_t step) const { return row[i][step]; }
};

// c <- alpha a b, or c + alpha a b, for the first rows x cols of the tile. `b` is packed: kParts
// vectors for each step of the depth.
template <int kParts, class A>
void multiply_tile(int64_t depth, const A& a, const float* b, float alpha, bool add, float* c,
                   int64_t ldc, int rows, int cols) {
  constexpr int kStride = kParts * kNativeLanes;
  NativeFloat sums[kTileRows][kParts] = {};
  const auto step = [&](int64_t k) {
    NativeFloat row[kParts];
#pragma GCC unroll 4
    for (int j = 0; j < kParts; ++j) {
      std::memcpy(&row[j], b + k * kStride + j * kNativeLanes, sizeof row[j]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < kTileRows; ++i) {
      const NativeFloat factor = a.at(i, k) - NativeFloat{};
#pragma GCC unroll 4
      for (int j = 0; j < kParts; ++j) sums[i][j] = native_multiply_add(factor, row[j], sums[i][j]);
    }
  };
  // Two steps at a time: counting takes issue slots from the multiplications.
  int64_t k = 0;
  for (; k + 2 <= depth; k += 2) {
    step(k);
    step(k + 1);
  }
  if (k < depth) step(k);

  const NativeFloat factor = alpha - NativeFloat{};
#pragma GCC unroll 8
  for (int i = 0; i < kTileRows; ++i) {
    if (i == rows) break;
#pragma GCC unroll 4
    for (int j = 0; j < kParts; ++j) {
      add_to(c + i * ldc + j * kNativeLanes, sums[i][j], factor, add, in_part(j, cols));
    }
  }
}

}  // namespace lean::cpu::LEAN_ISA
