// v <- v_decay * v + v_gain * q: 4096 subsets to a block, one at a time to a thread. The moment of
// a whole tensor is one block's, which first adds up the partial sums in a fixed order.
#include "kernels/subset-moment.h"

#include "cuda/device/moments.cuh"
#include "cuda/device/reduce.cuh"
#include "cuda/device/tensor.cuh"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

constexpr int64_t kTileMoments = 4096;

__device__ void update_whole(const SubsetMoment& item, const StepScalars& s, Bases bases) {
  const double* partials = at<const double>(item.partials, bases);
  double sum = 0;
  for (int64_t i = threadIdx.x; i < item.partials.numel(); i += kThreads) sum += partials[i];
  sum = sum_over_block(sum);
  if (threadIdx.x != 0) return;
  const double q = sum * square_factor(s, false, item.mean, item.subset_size());
  update_moment(*at<float>(item.exp_avg_sq, bases), static_cast<float>(q), s);
}

__global__ void __launch_bounds__(kThreads)
    update(const SubsetMoment* items, const Tile* tiles, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const SubsetMoment& item = items[tile.item];
  const StepScalars s = scalars_at(item.scalars, bases);
  if (s.active == 0) return;
  if (item.partition == Partition::whole) return update_whole(item, s, bases);
  const float* sums = at<const float>(item.sums, bases);
  float* v = at<float>(item.exp_avg_sq, bases);
  const int64_t count = item.exp_avg_sq.numel();
  const int64_t size = item.subset_size();
  const auto factor = static_cast<float>(square_factor(s, false, item.mean, size));
  // The last block may be shorter, and then a mean is of fewer elements.
  const int64_t last = item.rows * item.cols - (count - 1) * size;
  const auto last_factor = static_cast<float>(square_factor(s, false, item.mean, last));
  const int64_t begin = static_cast<int64_t>(tile.index) * kTileMoments;
  const int64_t end = min(begin + kTileMoments, count);
  for (int64_t i = begin + threadIdx.x; i < end; i += kThreads) {
    update_moment(v[i], sums[i] * (i == count - 1 ? last_factor : factor), s);
  }
}

void record(std::span<const SubsetMoment> items, Recorder& recorder) {
  const Tiles tiles = recorder.tiles(items, [](const SubsetMoment& item) -> int64_t {
    if (item.rows * item.cols == 0) return 0;
    return (item.exp_avg_sq.numel() + kTileMoments - 1) / kTileMoments;
  });
  recorder.launch(update, tiles.count, kThreads, recorder.upload(items), tiles.data,
                  recorder.bases());
}

const Registered<SubsetMoment, record> registered;

}  // namespace
}  // namespace lean::cuda
