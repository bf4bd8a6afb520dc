// Blocks that go over a matrix an octet of a row at a time.
#pragma once

#include "cuda/device/row-octets.cuh"

namespace lean::cuda {

inline constexpr int64_t kOctetsOfTile = 4 * kThreads;

constexpr int64_t octet_tiles(int64_t rows, int64_t cols) {
  return (rows * octets_across(cols) + kOctetsOfTile - 1) / kOctetsOfTile;
}

// Calls body(row, col, count, whole) for the octets of a tile of rows x cols elements. Where lanes
// take part in what others load (`whole`) their count may be 0, and their place the first one.
template <class Body>
__device__ void for_each_octet(uint32_t tile, int64_t rows, int64_t cols, Body body) {
  const auto across = static_cast<uint32_t>(octets_across(cols));
  const int64_t begin = tile * kOctetsOfTile;
  const int64_t first_row = begin / across;
  const bool whole = is_paired(cols);
  const auto before = static_cast<uint32_t>(begin - first_row * across);  // of that row
#pragma unroll 1
  for (uint32_t i = threadIdx.x; i < kOctetsOfTile; i += kThreads) {
    const uint32_t number = before + i;
    const int64_t row = first_row + number / across;
    RowOctet octet = {};
    if (row < rows) octet = RowOctet::of(row, cols, number % across);
    const bool inside = octet.count > 0;
    if (inside || whole) body(inside ? row : 0, octet.col, octet.count, whole);
  }
}

}  // namespace lean::cuda
