// Blocks that go over a matrix an octet of a row at a time.
#pragma once

#include "cuda/device/operand.cuh"

namespace lean::cuda {

inline constexpr int64_t kOctetsOfTile = 4 * kThreads;

constexpr int64_t octets_across(int64_t cols) { return (cols + kOctet - 1) / kOctet; }

constexpr int64_t octet_tiles(int64_t rows, int64_t cols) {
  return (rows * octets_across(cols) + kOctetsOfTile - 1) / kOctetsOfTile;
}

// Calls body(row, col, count, whole) for the octets of a tile of rows x cols elements.
template <class Body>
__device__ void for_each_octet(uint32_t tile, int64_t rows, int64_t cols, Body body) {
  const auto across = static_cast<uint32_t>(octets_across(cols));
  const int64_t begin = tile * kOctetsOfTile;
  const int64_t first_row = begin / across;
  const auto before = static_cast<uint32_t>(begin - first_row * across);  // of that row
#pragma unroll 1
  for (uint32_t i = threadIdx.x; i < kOctetsOfTile; i += kThreads) {
    const uint32_t octet = before + i;
    const int64_t row = first_row + octet / across;
    const int64_t col = static_cast<int64_t>(octet % across) * kOctet;
    const bool inside = row < rows;
    const bool whole = visits_whole_octets(cols, inside);
    if (inside) body(row, col, static_cast<int>(min(cols - col, int64_t{kOctet})), whole);
  }
}

}  // namespace lean::cuda
