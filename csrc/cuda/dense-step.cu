// One launch for each way in which the items' second moments come about, so one or two for a model:
//   step_weights<ElementDenominators>  none, or one for each element: blocks take 16384 elements
//   step_segments                      of rows or blocks: blocks take whole ones, first their sums,
//                                      then the step, when the gradient is still in a cache
//   step_weights<SubsetDenominators>   of subsets that are up to date: given, or long or columns,
//                                      which launches of their own have summed before
#include "kernels/dense-step.h"

#include "cuda/device/weight-update.cuh"
#include "cuda/register.h"
#include "cuda/subset-moments.cuh"

namespace lean::cuda {
namespace {

// Steps the elements [begin, end), by a block of kBlock threads.
template <int kBlock, class Denominators>
__device__ void step_elements(const DenseStep& item, const StepScalars& s,
                              const Denominators& denominators, int64_t begin, int64_t end,
                              Bases bases) {
  const void* grad = at<const void>(item.grad, bases);
  void* param = at<void>(item.param, bases);
  void* exp_avg = at<void>(item.exp_avg, bases);
  const DType param_type = item.param.dtype;
  const DType grad_type = item.grad.dtype;
  const DType state_type = item.exp_avg.dtype;
  const Rounder rounder = rounder_of(item, bases);

  for (int64_t i = begin + threadIdx.x * kOctet; i < end; i += kBlock * kOctet) {
    const int count = octet_count(i, end);
    // The same for all lanes of a warp, which has 32 octets in a row.
    const bool whole = i - threadIdx.x % kWarp * kOctet + kWarp * kOctet <= end;
    const Bits w_bits = load(param, param_type, i, count, whole);
    const Bits g_bits = load(grad, grad_type, i, count, whole);
    const Bits v_bits = denominators.load(i, count, whole);
    Bits m_bits = {};
    if (exp_avg != nullptr) m_bits = load(exp_avg, state_type, i, count, whole);

    Octet w = widen(w_bits, param_type);
    Octet g = widen(g_bits, grad_type);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) g.x[k] = scaled_gradient(g.x[k], w.x[k], s);
    Octet n = g;
    if (exp_avg != nullptr) {
      Octet m = widen(m_bits, state_type);
#pragma unroll
      for (int k = 0; k < kOctet; ++k) {
        m.x[k] = next_momentum(m.x[k], g.x[k], s);
        n.x[k] = numerator(m.x[k], g.x[k], s);
        if (s.drop_momentum != 0) m.x[k] = {0};
      }
      store(exp_avg, state_type, i, count, narrow(m, state_type), whole);
    }
    const Octet ratio = denominators.divide(n, g, v_bits, i, count, whole, s);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) w.x[k] = next_param(w.x[k], ratio.x[k], s);
    store(param, param_type, i, count, rounder.narrow(w, param_type, i), whole);
  }
}

constexpr unsigned kStepThreads = 128;  // of more, too few would find registers

template <class Denominators>
__global__ void __launch_bounds__(kStepThreads)
    step_weights(const DenseStep* items, const Tile* tiles, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const DenseStep& item = items[tile.item];
  const StepScalars s = scalars_at(item.scalars, bases);
  if (at<const void>(item.grad, bases) == nullptr || s.active == 0) return;
  const int64_t begin = static_cast<int64_t>(tile.index) * kTileElements;
  const int64_t end = min(begin + kTileElements, item.param.numel());
  step_elements<kStepThreads>(item, s, Denominators(item, begin, bases), begin, end, bases);
}

__global__ void __launch_bounds__(kThreads)
    step_segments(const DenseStep* items, const Tile* tiles, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const DenseStep& item = items[tile.item];
  const StepScalars s = scalars_at(item.scalars, bases);
  const Squared x = squared(item, s, bases);
  if (x.grad == nullptr || s.active == 0) return;
  const int64_t first = static_cast<int64_t>(tile.index) * segments(item);
  const int64_t last = min(first + segments(item), item.exp_avg_sq.numel());
  update_segments_of(item, x, first, last, bases);
  __syncthreads();  // the moments are there
  const int64_t begin = first * segment_length(item);
  const int64_t end = min(last * segment_length(item), item.param.numel());
  step_elements<kThreads>(item, s, SubsetDenominators(item, begin, bases), begin, end, bases);
}

constexpr int64_t kLongSegment = 65536;  // longer than one block should step alone

enum class Way { elements, segments, subsets };

Way way_of(const DenseStep& item) {
  const Partition p = item.partition;
  if (p == Partition::none || p == Partition::elementwise) return Way::elements;
  const bool fused =
      is_segmented(item) && !item.moment_given && segment_length(item) <= kLongSegment;
  return fused ? Way::segments : Way::subsets;
}

// Tiles of the items that go a way: `count` of each that has elements.
template <class Count>
Tiles tiles_of(std::span<const DenseStep> items, Recorder& recorder, Way way, Count count) {
  return recorder.tiles(items, [&](const DenseStep& item) -> int64_t {
    return item.param.numel() > 0 && way_of(item) == way ? count(item) : 0;
  });
}

int64_t tiles_of_elements(const DenseStep& item) {
  return divide_up(item.param.numel(), kTileElements);
}

void record(std::span<const DenseStep> items, Recorder& recorder) {
  const DenseStep* on_device = recorder.upload(items);
  const auto launch = [&](auto kernel, const Tiles& tiles, unsigned threads) {
    recorder.launch(kernel, tiles.count, threads, on_device, tiles.data, recorder.bases());
  };
  const auto is_long = [](const DenseStep& item) {
    return is_segmented(item) && !item.moment_given ? tiles_of_segments(item) : 0;
  };
  launch(update_segments<DenseStep>, tiles_of(items, recorder, Way::subsets, is_long), kThreads);
  record_columns(items, on_device, recorder);
  launch(step_weights<SubsetDenominators>,
         tiles_of(items, recorder, Way::subsets, tiles_of_elements), kStepThreads);
  launch(step_segments, tiles_of(items, recorder, Way::segments, tiles_of_segments<DenseStep>),
         kThreads);
  launch(step_weights<ElementDenominators>,
         tiles_of(items, recorder, Way::elements, tiles_of_elements), kStepThreads);
}

const Registered<DenseStep, record> registered;

}  // namespace
}  // namespace lean::cuda
