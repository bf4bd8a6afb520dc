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

// c <- alpha a b, or c + alpha a b, for the first rows x cols of the tile. Both operands are packed:
// for each step of the depth, `a` has kTileRows numbers and `b` kParts vectors.
template <int kParts>
void multiply_tile(int64_t depth, const float* a, const float* b, float alpha, bool add, float* c,
                   int64_t ldc, int rows, int cols) {
  constexpr int kStride = kParts * kNativeLanes;
  NativeFloat sums[kTileRows][kParts] = {};
  const auto step = [&](const float* x, const float* y) {
    NativeFloat row[kParts];
#pragma GCC unroll 4
    for (int j = 0; j < kParts; ++j) std::memcpy(&row[j], y + j * kNativeLanes, sizeof row[j]);
#pragma GCC unroll 8
    for (int i = 0; i < kTileRows; ++i) {
      const NativeFloat factor = x[i] - NativeFloat{};
#pragma GCC unroll 4
      for (int j = 0; j < kParts; ++j) sums[i][j] = native_multiply_add(factor, row[j], sums[i][j]);
    }
  };
  // Two steps at a time: counting takes issue slots from the multiplications.
  for (int64_t k = 0; k < depth / 2; ++k, a += 2 * kTileRows, b += 2 * kStride) {
    step(a, b);
    step(a + kTileRows, b + kStride);
  }
  if (depth % 2 != 0) step(a, b);

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
