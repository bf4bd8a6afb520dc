// A block for each piece of a gradient. Columns take two launches: partial sums of panels first,
// then the pieces.
#include "kernels/gradient-stats.h"

#include "cuda/device/column-sums.cuh"
#include "cuda/partial-sums.h"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

Matrix matrix_of(const GradientStats& item) { return {item.grad.rows(), item.grad.cols()}; }

bool takes_columns(const GradientStats& item) {
  return item.partition == Partition::columns && item.grad.numel() > 0;
}

__device__ Squared squared(const GradientStats& item, Bases bases) {
  return {at<const void>(item.grad, bases), item.grad.dtype};
}

// The piece's total from what each thread has of it.
__device__ void finish(const GradientStats& item, int64_t piece, double own, Bases bases) {
  const double total = sum_over_block(own);
  if (threadIdx.x != 0) return;
  at<double>(item.partials, bases)[piece] = total;
  at<int32_t>(item.non_finite, bases)[piece] = isfinite(total) ? 0 : 1;
}

__global__ void __launch_bounds__(kThreads)
    sum_pieces(const GradientStats* items, const Tile* tiles, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const GradientStats& item = items[tile.item];
  const int64_t begin = item.first_subset(tile.index);
  const int64_t end = item.first_subset(tile.index + 1);
  const Squared x = squared(item, bases);
  float* sums = at<float>(item.sums, bases);
  double total = 0;
  if (x.grad == nullptr) {
    if (item.has_sums()) {
      for (int64_t i = begin + threadIdx.x; i < end; i += kThreads) sums[i] = 0;
    }
  } else if (item.has_sums()) {
    const int64_t length = item.subsets().length;
    for_each_segment(x, begin, end, length, item.grad.numel(), [&](int64_t s, double sum) {
      sums[s] = static_cast<float>(sum);
      total += sum;
    });
  } else {
    total = sum_squares(x, begin, end, {static_cast<int>(threadIdx.x), kThreads});
  }
  finish(item, tile.index, total, bases);
}

__global__ void __launch_bounds__(kThreads)
    sum_panels(const GradientStats* items, const Tile* tiles, float* partials,
               const int64_t* offsets, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const GradientStats& item = items[tile.item];
  const Squared x = squared(item, bases);
  if (x.grad == nullptr) return;
  const Matrix matrix = {item.grad.rows(), item.grad.cols()};
  sum_columns_of_tile(x, matrix, tile.index, partials + offsets[tile.item]);
}

__global__ void __launch_bounds__(kThreads)
    sum_columns(const GradientStats* items, const Tile* tiles, const float* partials,
                const int64_t* offsets, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const GradientStats& item = items[tile.item];
  const Squared x = squared(item, bases);
  const Matrix matrix = {item.grad.rows(), item.grad.cols()};
  float* sums = at<float>(item.sums, bases);
  const int64_t end = item.first_subset(tile.index + 1);
  double total = 0;
  for (int64_t i = item.first_subset(tile.index) + threadIdx.x; i < end; i += kThreads) {
    const double sum =
        x.grad == nullptr ? 0 : sum_of_column(x, matrix, i, partials + offsets[tile.item]);
    sums[i] = static_cast<float>(sum);
    total += sum;
  }
  finish(item, tile.index, total, bases);
}

void record_columns(std::span<const GradientStats> items, const GradientStats* on_device,
                    Recorder& recorder) {
  const auto count = [](auto value) {
    return [value](const GradientStats& item) { return takes_columns(item) ? value(item) : 0; };
  };
  const PartialSums sums = partial_sums(
      items, recorder, count([](const GradientStats& item) { return matrix_of(item).partials(); }));
  const Tiles panels = recorder.tiles(
      items, count([](const GradientStats& item) { return matrix_of(item).tiles(); }));
  const Tiles pieces =
      recorder.tiles(items, count([](const GradientStats& item) { return item.partials.numel(); }));
  recorder.launch(sum_panels, panels.count, kThreads, on_device, panels.data, sums.data,
                  sums.offsets, recorder.bases());
  recorder.launch(sum_columns, pieces.count, kThreads, on_device, pieces.data, sums.data,
                  sums.offsets, recorder.bases());
}

void record(std::span<const GradientStats> items, Recorder& recorder) {
  const GradientStats* on_device = recorder.upload(items);
  const Tiles pieces = recorder.tiles(items, [](const GradientStats& item) {
    return takes_columns(item) ? 0 : item.partials.numel();
  });
  recorder.launch(sum_pieces, pieces.count, kThreads, on_device, pieces.data, recorder.bases());
  record_columns(items, on_device, recorder);
}

const Registered<GradientStats, record> registered;

}  // namespace
}  // namespace lean::cuda
