// Sums of squares down the columns of row-major matrices, reading them once, in the order of
// memory: blocks take panels of whole octets of columns over some rows and leave a partial sum for
// each column in float32; then a thread a column adds those in float64, in order.
#pragma once

#include "cuda/device/row-octets.cuh"
#include "cuda/device/sum-squares.cuh"

namespace lean::cuda {

inline constexpr int kPanelColumns = kWarp * kOctet;
inline constexpr int kPanelRows = 256;  // partial sums are 1/256 of the matrix

struct Matrix {
  int64_t rows;
  int64_t cols;

  constexpr int64_t panels() const { return (cols + kPanelColumns - 1) / kPanelColumns; }
  constexpr int64_t chunks() const { return (rows + kPanelRows - 1) / kPanelRows; }
  constexpr int64_t tiles() const { return panels() * chunks(); }
  constexpr int64_t partials() const { return cols * chunks(); }
};

// Tile number `tile` of a matrix, by one block. Warps take rows in turn, lanes an octet of columns.
__device__ inline void sum_columns_of_tile(const Squared& x, const Matrix& matrix, int64_t tile,
                                           float* partials) {
  // A gap after every 32 columns, so that no two of a warp's threads meet in a bank.
  __shared__ float of_warp[kWarps][kPanelColumns + kPanelColumns / kWarp];
  const auto place = [](int i) { return i + i / kWarp; };
  const int lane = threadIdx.x % kWarp;
  const int warp = threadIdx.x / kWarp;
  const int64_t chunk = tile / matrix.panels();
  const int64_t first = tile % matrix.panels() * kPanelColumns;  // column of the panel
  const int64_t column = first + lane * kOctet;
  const int count = column < matrix.cols ? octet_count(column, matrix.cols) : 0;
  const int64_t end = min((chunk + 1) * kPanelRows, matrix.rows);
  const bool whole = is_paired(matrix.cols);
  float sums[kOctet] = {};
  if (count > 0 || whole) {
    for (int64_t row = chunk * kPanelRows + warp; row < end; row += kWarps) {
      const bool inner = row > 0 && row + 1 < matrix.rows;
      const Octet y = x.load_any(row * matrix.cols + column, count, whole, inner);
#pragma unroll
      for (int k = 0; k < kOctet; ++k) sums[k] = fmaf(y.x[k].x, y.x[k].x, sums[k]);
    }
  }
#pragma unroll
  for (int k = 0; k < kOctet; ++k) of_warp[warp][place(lane * kOctet + k)] = sums[k];
  __syncthreads();
  const int own = threadIdx.x;  // one of the panel's columns
  if (first + own >= matrix.cols) return;
  float total = 0;
#pragma unroll
  for (int i = 0; i < kWarps; ++i) total += of_warp[i][place(own)];
  partials[chunk * matrix.cols + first + own] = total;
}

// The sum of one column, by one thread.
__device__ inline double sum_of_column(const Squared& x, const Matrix& matrix, int64_t column,
                                       const float* partials) {
  double total = 0;
  for (int64_t chunk = 0; chunk < matrix.chunks(); ++chunk) {
    total += partials[chunk * matrix.cols + column];
  }
  if (isfinite(total)) return total;
  total = 0;
  for (int64_t row = 0; row < matrix.rows; ++row) {
    const double y = x.load(row * matrix.cols + column, 1).x[0].x;
    total += y * y;
  }
  return total;
}

}  // namespace lean::cuda
