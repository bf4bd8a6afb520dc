// Second moments of subsets, brought up to date from the gradients by kernels that step weights.
// Item is any with the fields of DenseStep.
#pragma once

#include "cuda/device/column-sums.cuh"
#include "cuda/device/moments.cuh"
#include "cuda/device/weight-update.cuh"
#include "cuda/partial-sums.h"

namespace lean::cuda {

constexpr int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

template <class Item>
constexpr bool is_segmented(const Item& item) {
  return item.partition == Partition::rows || item.partition == Partition::blocks;
}

template <class Item>
constexpr int64_t segment_length(const Item& item) {
  return item.partition == Partition::rows ? item.param.cols() : item.block;
}

// Segments to a tile.
template <class Item>
constexpr int64_t segments(const Item& item, int64_t elements = kTileElements) {
  const int64_t fit = elements / segment_length(item);
  return fit < 1 ? 1 : fit;
}

// Of those that only add up: what every warp looks up is more beside what it reads.
inline constexpr int64_t kSumElements = 2 * kTileElements;

template <class Item>
__device__ Squared squared(const Item& item, const StepScalars& s, Bases bases) {
  Squared x = {at<const void>(item.grad, bases), type_of(item.grad)};
  x.scalars = s;
  if (!Item::coupled_decay || s.l2 == 0) return x;
  x.decay = true;
  x.param = at<const void>(item.param, bases);
  x.param_type = type_of(item.param);
  return x;
}

// Whether segments are few enough for a thread each.
__device__ inline bool are_few(int64_t first, int64_t last) { return last - first <= kThreads; }

// By one block: the moments of the segments [first, last). Few of them are moved together, and
// body(i, v) is called with the i-th one's; it is there for those who call __syncthreads().
template <class Item, class Body>
__device__ void update_segments_of(const Item& item, const Squared& x, int64_t first, int64_t last,
                                   Bases bases, Body body) {
  __shared__ float of_segment[kThreads];
  float* v = at<float>(item.exp_avg_sq, bases);
  const int64_t length = segment_length(item);
  const int64_t numel = item.param.numel();
  const bool few = are_few(first, last);
  for_each_segment(x, first, last, length, numel, [&](int64_t segment, double sum) {
    const int64_t size = min(length, numel - segment * length);  // a last block may be shorter
    const double factor = square_factor(x.scalars, x.decay, item.mean, size);
    const auto q = static_cast<float>(sum * factor);
    if (few) {
      of_segment[segment - first] = q;
    } else {
      update_moment(v[segment], q, x.scalars);
    }
  });
  if (!few) return;
  __syncthreads();
  const auto own = static_cast<int>(threadIdx.x);
  if (first + own >= last) return;
  float moment = v[first + own];
  update_moment(moment, of_segment[own], x.scalars);
  v[first + own] = moment;
  body(own, moment);
}

template <class Item>
__global__ void __launch_bounds__(kThreads)
    update_segments(const Item* items, const Tile* tiles, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Item& item = items[tile.item];
  const Squared x = squared(item, scalars_at(item.scalars, bases), bases);
  if (x.grad == nullptr || x.scalars.active == 0) return;
  const int64_t each = segments(item, kSumElements);
  const int64_t first = static_cast<int64_t>(tile.index) * each;
  update_segments_of(item, x, first, min(first + each, item.exp_avg_sq.numel()), bases,
                     [](int, float) {});
}

template <class Item>
__global__ void __launch_bounds__(kThreads, 4)
    sum_panels(const Item* items, const Tile* tiles, float* partials, const int64_t* offsets,
               Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Item& item = items[tile.item];
  const StepScalars s = scalars_at(item.scalars, bases);
  const Squared x = squared(item, s, bases);
  if (x.grad == nullptr || s.active == 0) return;
  const Matrix matrix = {item.param.rows(), item.param.cols()};
  sum_columns_of_tile(x, matrix, tile.index, partials + offsets[tile.item]);
}

// A thread for each column.
template <class Item>
__global__ void __launch_bounds__(kThreads)
    update_columns(const Item* items, const Tile* tiles, const float* partials,
                   const int64_t* offsets, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Item& item = items[tile.item];
  const StepScalars s = scalars_at(item.scalars, bases);
  const Squared x = squared(item, s, bases);
  if (x.grad == nullptr || s.active == 0) return;
  const Matrix matrix = {item.param.rows(), item.param.cols()};
  const int64_t column = static_cast<int64_t>(tile.index) * kThreads + threadIdx.x;
  if (column >= matrix.cols) return;
  const double sum = sum_of_column(x, matrix, column, partials + offsets[tile.item]);
  const double q = sum * square_factor(s, x.decay, item.mean, matrix.rows);
  update_moment(at<float>(item.exp_avg_sq, bases)[column], static_cast<float>(q), s);
}

template <class Item>
void record_columns(std::span<const Item> items, const Item* on_device, Recorder& recorder) {
  const auto count = [](auto value) {
    return [value](const Item& item) -> int64_t {
      const bool wanted = item.partition == Partition::columns && !item.moment_given;
      return wanted ? value(Matrix{item.param.rows(), item.param.cols()}) : 0;
    };
  };
  const PartialSums sums =
      partial_sums(items, recorder, count([](const Matrix& matrix) { return matrix.partials(); }));
  const Tiles panels =
      recorder.tiles(items, count([](const Matrix& matrix) { return matrix.tiles(); }));
  const Tiles columns =
      recorder.tiles(items, count([](const Matrix& matrix) {
                       return matrix.rows > 0 ? divide_up(matrix.cols, kThreads) : 0;
                     }));
  recorder.launch(sum_panels<Item>, panels.count, kThreads, on_device, panels.data, sums.data,
                  sums.offsets, recorder.bases());
  recorder.launch(update_columns<Item>, columns.count, kThreads, on_device, columns.data, sums.data,
                  sums.offsets, recorder.bases());
}

template <class Item>
int64_t tiles_of_segments(const Item& item, int64_t elements = kTileElements) {
  return divide_up(item.exp_avg_sq.numel(), segments(item, elements));
}

// The moments of all items that were not given theirs: one launch for rows and blocks, two for
// columns.
template <class Item>
void record_moments(std::span<const Item> items, const Item* on_device, Recorder& recorder) {
  const Tiles segmented = recorder.tiles(items, [](const Item& item) -> int64_t {
    const bool wanted = is_segmented(item) && !item.moment_given && item.param.numel() > 0;
    return wanted ? tiles_of_segments(item, kSumElements) : 0;
  });
  recorder.launch(update_segments<Item>, segmented.count, kThreads, on_device, segmented.data,
                  recorder.bases());
  record_columns(items, on_device, recorder);
}

}  // namespace lean::cuda
