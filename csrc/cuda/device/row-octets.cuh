// How rows of a matrix are cut into octets that lie in whole aligned octets of memory, if the
// matrix begins with one: where rows are a number of octets long, from their first element on; of
// other widths (5461), where every row begins elsewhere, a row has a head and a tail of fewer
// elements. Loads and stores then are 16 bytes for every width.
#pragma once

#include "cuda/device/octet.cuh"

namespace lean::cuda {

__host__ __device__ constexpr bool is_ragged(int64_t cols) { return cols % kOctet != 0; }

// Octets of a row at most.
__host__ __device__ constexpr int64_t octets_across(int64_t cols) {
  return (cols + kOctet - 1) / kOctet + (is_ragged(cols) ? 1 : 0);
}

// Elements of a row that belong to an octet which begins in the row before.
__device__ inline int head_of(int64_t row, int64_t cols) {
  return static_cast<int>((0u - static_cast<uint32_t>(row) * static_cast<uint32_t>(cols)) % kOctet);
}

struct RowOctet {
  int64_t col;
  int count;  // 0: there is none

  // A row's number `number`.
  __device__ static RowOctet of(int64_t row, int64_t cols, int64_t number) {
    if (!is_ragged(cols)) return {number * kOctet, number * kOctet < cols ? kOctet : 0};
    const int head = head_of(row, cols);
    if (number == 0) return {0, static_cast<int>(min(cols, int64_t{head}))};
    const int64_t col = head + (number - 1) * kOctet;
    return {col, static_cast<int>(max(int64_t{0}, min(cols - col, int64_t{kOctet})))};
  }
};

// Whether pairs of lanes can share their accesses (octet.cuh) to octets of rows that are numbered
// like the lanes: both lanes' octets then are of one row, or there is neither.
__host__ __device__ constexpr bool is_paired(int64_t cols) { return cols % (2 * kOctet) == 0; }

}  // namespace lean::cuda
