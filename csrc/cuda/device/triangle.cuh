// The tiles of a square of tiles that are on its diagonal or below it, counted along their rows.
#pragma once

#include <cstdint>

namespace lean::cuda {

__host__ __device__ constexpr int64_t triangle_tiles(int64_t tall) { return tall * (tall + 1) / 2; }

// Which tile of each side number `index` is.
struct TrianglePlace {
  int row;
  int col;

  __device__ static TrianglePlace of(uint32_t index) {
    const auto before = [](uint32_t row) { return row * (row + 1) / 2; };
    auto row = static_cast<uint32_t>((sqrtf(8.0f * static_cast<float>(index) + 1) - 1) / 2);
    while (before(row) > index) --row;
    while (before(row + 1) <= index) ++row;
    return {static_cast<int>(row), static_cast<int>(index - before(row))};
  }
};

}  // namespace lean::cuda
