// Two launches: counts are cleared, then taken, by blocks that each count in shared memory first.
// Whole numbers: their sum does not depend on the order.
#include "kernels/coordinate-noise.h"

#include "cuda/device/octet.cuh"
#include "cuda/device/reduce.cuh"
#include "cuda/device/sum-squares.cuh"
#include "cuda/device/tensor.cuh"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

__global__ void __launch_bounds__(kThreads)
    clear_counts(const CoordinateNoise* items, Bases bases) {
  int32_t* counts = at<int32_t>(items[blockIdx.x].counts, bases);
  for (int bin = static_cast<int>(threadIdx.x); bin < kNoiseBins; bin += kThreads) counts[bin] = 0;
}

__global__ void __launch_bounds__(kThreads)
    count_coordinates(const CoordinateNoise* items, const Tile* tiles, Bases bases) {
  __shared__ int32_t own[kNoiseBins];
  const Tile tile = tiles[blockIdx.x];
  const CoordinateNoise& item = items[tile.item];
  const float* sum = at<const float>(item.sum, bases);
  const float* squares = at<const float>(item.squares, bases);
  const auto groups = static_cast<float>(*at<const double>(item.groups, bases) + 1);
  for (int bin = static_cast<int>(threadIdx.x); bin < kNoiseBins; bin += kThreads) own[bin] = 0;
  __syncthreads();
  const int64_t begin = static_cast<int64_t>(tile.index) * CoordinateNoise::kTile;
  const int64_t end = min(begin + CoordinateNoise::kTile, item.sum.numel());
  for (int64_t i = begin + threadIdx.x * kOctet; i < end; i += kThreads * kOctet) {
    const int count = octet_count(i, end);
    const bool whole = is_whole_run(i, end);
    const Bits s_bits = load(sum, DType::float32, i, count, whole);
    const Bits q_bits = load(squares, DType::float32, i, count, whole);
    const Octet s = widen(s_bits, DType::float32);
    const Octet q = widen(q_bits, DType::float32);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      if (s.x[k].x == 0 && q.x[k].x == 0) continue;
      atomicAdd(own + noise_bin(coordinate_noise(s.x[k].x, q.x[k].x, groups)), 1);
    }
  }
  __syncthreads();
  int32_t* counts = at<int32_t>(item.counts, bases);
  for (int bin = static_cast<int>(threadIdx.x); bin < kNoiseBins; bin += kThreads) {
    if (own[bin] != 0) atomicAdd(counts + bin, own[bin]);
  }
}

void record(std::span<const CoordinateNoise> items, Recorder& recorder) {
  const CoordinateNoise* on_device = recorder.upload(items);
  const Tiles tiles =
      recorder.tiles(items, [](const CoordinateNoise& item) { return item.tiles(); });
  recorder.launch(clear_counts, items.size(), kThreads, on_device, recorder.bases());
  recorder.launch(count_coordinates, tiles.count, kThreads, on_device, tiles.data,
                  recorder.bases());
}

const Registered<CoordinateNoise, record> registered;

}  // namespace
}  // namespace lean::cuda
