// The stages of refresh/line-refresh.cuh, of which the first measures: sums of squares of rows, a
// warp or a block to each, or of panels of columns, which the block that chooses adds up. What is
// chosen by is the complement of a sum's bits.
#include "kernels/top-k-lines.h"

#include "cuda/refresh/line-refresh.cuh"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

// Norms in float64 throughout: no square is lost or overflows. Rows are added up by a warp or a
// block each; columns by panels, some rows at a time, whose sums `choose` adds up.
struct ByNorm {
  static constexpr int64_t kPanel = kWarp * kOctet;  // columns
  static constexpr int64_t kMostChunks = 8;
  static constexpr int64_t kLongRow = 8192;

  // Rows to a chunk of columns.
  static constexpr int64_t chunk(const TopKLines& item) {
    const int64_t rows = divide_up(item.line_length(), kMostChunks);
    return rows < 256 ? 256 : rows;
  }
  static constexpr int64_t chunks(const TopKLines& item) {
    return item.axis == Axis::rows ? 1 : divide_up(item.line_length(), chunk(item));
  }
  static constexpr int64_t parts(const TopKLines& item) { return chunks(item) * item.lines(); }
  static constexpr int64_t rows_of_tile(const TopKLines& item) {
    return item.line_length() > kLongRow ? 1 : kWarps;
  }
  static constexpr int64_t tiles(const TopKLines& item) {
    if (item.grad.numel() == 0) return 0;
    return item.axis == Axis::rows ? divide_up(item.lines(), rows_of_tile(item))
                                   : divide_up(item.lines(), kPanel) * chunks(item);
  }

  __device__ static bool is_ready(const TopKLines& item, Bases bases) {
    return at<const void>(item.grad, bases) != nullptr;
  }

  __device__ static void measure(const TopKLines& item, uint32_t tile, double* sums, Bases bases) {
    const void* grad = at<const void>(item.grad, bases);
    if (item.axis == Axis::columns) return measure_columns(item, grad, tile, sums);
    const int64_t length = item.line_length();
    if (length > kLongRow) {
      const double sum =
          sum_over_block(sum_of_row(item, grad, tile, static_cast<int>(threadIdx.x), kThreads));
      if (threadIdx.x == 0) sums[tile] = sum;
      return;
    }
    const int64_t row = static_cast<int64_t>(tile) * kWarps + threadIdx.x / kWarp;
    if (row >= item.lines()) return;
    const int lane = threadIdx.x % kWarp;
    const double sum = sum_over_warp(sum_of_row(item, grad, row, lane, kWarp));
    if (lane == 0) sums[row] = sum;
  }

  __device__ static bool choose(const TopKLines& item, const LineRefresh& refresh,
                                const double* sums, SelectLines::Shared& shared) {
    const int64_t lines = item.lines();
    const int64_t count = item.grad.numel() == 0 ? 0 : chunks(item);
    double total = 0;
    for (int64_t i = threadIdx.x; i < lines; i += kThreads) {
      double sum = 0;
      for (int64_t k = 0; k < count; ++k) sum += sums[k * lines + i];
      total += sum;
      // Sums are not negative: their bits are in their order, and the largest come first.
      refresh.keys[i] = ~static_cast<uint64_t>(__double_as_longlong(sum));
    }
    total = sum_over_block(total);
    if (!(total > 0) || !isfinite(total)) return false;
    SelectLines{shared}.run(refresh.keys, lines, item.rank(), refresh.index);
    return true;
  }

 private:
  // A thread's share of a row, every `size`-th octet.
  __device__ static double sum_of_row(const TopKLines& item, const void* grad, int64_t row,
                                      int rank, int size) {
    const int64_t length = item.line_length();
    const DType type = item.grad.dtype;
    double sum = 0;
    for (int64_t i = rank * kOctet; i < length; i += size * kOctet) {
      const bool whole = is_whole_run(i, length);
      const Octet x =
          widen(load(grad, type, row * length + i, octet_count(i, length), whole), type);
#pragma unroll
      for (int k = 0; k < kOctet; ++k) sum = fma(double{x.x[k].x}, double{x.x[k].x}, sum);
    }
    return sum;
  }

  // Warps take rows in turn, lanes an octet of columns.
  __device__ static void measure_columns(const TopKLines& item, const void* grad, uint32_t tile,
                                         double* sums) {
    __shared__ double of_warp[kWarps][kPanel];
    const int64_t cols = item.lines(), rows = item.line_length();
    const int64_t panels = divide_up(cols, kPanel);
    const int64_t part = tile / panels;
    const int64_t first = tile % panels * kPanel;
    const int lane = threadIdx.x % kWarp;
    const int warp = threadIdx.x / kWarp;
    const int64_t col = first + lane * kOctet;
    const int64_t end = min((part + 1) * chunk(item), rows);
    const DType type = item.grad.dtype;
    const bool whole = first + kPanel <= cols;
    double own[kOctet] = {};
    if (col < cols) {
      const int count = octet_count(col, cols);
      for (int64_t row = part * chunk(item) + warp; row < end; row += kWarps) {
        const Octet x = widen(load(grad, type, row * cols + col, count, whole), type);
#pragma unroll
        for (int k = 0; k < kOctet; ++k) own[k] = fma(double{x.x[k].x}, double{x.x[k].x}, own[k]);
      }
    }
    // Elements k of all lanes are together, where neither writing nor reading meets in a bank.
#pragma unroll
    for (int k = 0; k < kOctet; ++k) of_warp[warp][k * kWarp + lane] = own[k];
    __syncthreads();
    const int64_t column = first + threadIdx.x % kWarp * kOctet + threadIdx.x / kWarp;
    if (column >= cols) return;
    double total = 0;
#pragma unroll
    for (int i = 0; i < kWarps; ++i) total += of_warp[i][threadIdx.x];
    sums[part * cols + column] = total;
  }
};
static_assert(ByNorm::kPanel == kThreads);

const Registered<TopKLines, record_lines<TopKLines, ByNorm>> registered;

}  // namespace
}  // namespace lean::cuda
