// One launch for each way in which the items' second moments come about, so one or two for a model:
//   step_weights<ElementDenominators>  none, or one for each element: blocks take 16384 elements
//   step_segments                      of rows or blocks: blocks take whole ones, first their sums,
//                                      then the step, when the gradient is still in a cache
//   step_weights<SubsetDenominators>   of subsets that are up to date: given, or long, which a
//                                      launch of their own has summed before
//   step_panels                        of columns, which launches of their own have summed before:
//                                      a thread keeps to eight columns and their denominators
#include "kernels/dense-step.h"

#include "cuda/device/line-denominators.cuh"
#include "cuda/panels.cuh"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

// Steps an item's weights, an octet at a time.
class Stepper {
 public:
  __device__ Stepper(const DenseStep& item, const StepScalars& s, Bases bases)
      : grad_(at<const void>(item.grad, bases)),
        param_(at<void>(item.param, bases)),
        exp_avg_(at<void>(item.exp_avg, bases)),
        param_type_(type_of(item.param)),
        grad_type_(type_of(item.grad)),
        state_type_(type_of(item.exp_avg)),
        rounder_(rounder_of(item, bases)),
        s_(s) {}

  // The octet that begins with element i; `whole` as in octet.cuh.
  template <class Denominators>
  __device__ void step(const Denominators& denominators, int64_t i, int count, bool whole) const {
    const Bits w_bits = load(param_, param_type_, i, count, whole);
    const Bits g_bits = load(grad_, grad_type_, i, count, whole);
    const Bits v_bits = denominators.load(i, count, whole);
    Bits m_bits = {};
    if (exp_avg_ != nullptr) m_bits = load(exp_avg_, state_type_, i, count, whole);

    Octet w = widen(w_bits, param_type_);
    Octet g = widen(g_bits, grad_type_);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) g.x[k] = scaled_gradient(g.x[k], w.x[k], s_);
    Octet n = g;
    if (exp_avg_ != nullptr) {
      Octet m = widen(m_bits, state_type_);
#pragma unroll
      for (int k = 0; k < kOctet; ++k) {
        m.x[k] = next_momentum(m.x[k], g.x[k], s_);
        n.x[k] = numerator(m.x[k], g.x[k], s_);
        if (s_.drop_momentum != 0) m.x[k] = {0};
      }
      store(exp_avg_, state_type_, i, count, narrow(m, state_type_), whole);
    }
    const Octet ratio = denominators.divide(n, g, v_bits, i, count, whole, s_);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) w.x[k] = next_param(w.x[k], ratio.x[k], s_);
    store(param_, param_type_, i, count, rounder_.narrow(w, param_type_, i), whole);
  }

 private:
  const void* grad_;
  void* param_;
  void* exp_avg_;
  DType param_type_;
  DType grad_type_;
  DType state_type_;
  Rounder rounder_;
  StepScalars s_;
};

// Steps the elements [begin, end), by a block of kBlock threads.
template <int kBlock, class Denominators>
__device__ void step_elements(const DenseStep& item, const StepScalars& s,
                              const Denominators& denominators, int64_t begin, int64_t end,
                              Bases bases) {
  const Stepper stepper(item, s, bases);
  for (int64_t i = begin + threadIdx.x * kOctet; i < end; i += kBlock * kOctet) {
    // The same for all lanes of a warp, which has 32 octets in a row.
    const bool whole = is_whole_run(i, end);
    stepper.step(denominators, i, octet_count(i, end), whole);
  }
}

// Second moments of eight columns, which are up to date.
class ColumnDenominators {
 public:
  __device__ ColumnDenominators(const DenseStep& item, const StepScalars& s, RowOctet octet,
                                bool whole, Bases bases)
      : factors_(LineDenominators(item, s, bases).inverses(octet.col, octet.count, whole)) {}

  __device__ Bits load(int64_t, int, bool) const { return {}; }

  __device__ Octet divide(const Octet& n, const Octet&, const Bits&, int64_t, int, bool,
                          const StepScalars&) const {
    Octet ratio;
#pragma unroll
    for (int k = 0; k < kOctet; ++k) ratio.x[k] = n.x[k] * factors_.x[k];
    return ratio;
  }

 private:
  Octet factors_;
};

__global__ void __launch_bounds__(kStepThreads)
    step_panels(const DenseStep* items, const Tile* tiles, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const DenseStep& item = items[tile.item];
  const StepScalars s = scalars_at(item.scalars, bases);
  if (at<const void>(item.grad, bases) == nullptr || s.active == 0) return;
  const Panels panels(item.param);
  const int64_t cols = panels.cols;
  const int width = panels.width();
  const auto [first_row, first_octet, end_row] = panels[tile.index];
  const int at_once = kStepThreads / width;  // rows
  const int own_row = threadIdx.x / width;
  if (own_row >= at_once) return;
  const int64_t number = first_octet + threadIdx.x % width;
  const bool whole = panels.are_paired();
  RowOctet octet = RowOctet::of(first_row + own_row, cols, number);
  ColumnDenominators denominators(item, s, octet, whole, bases);
  const Stepper stepper(item, s, bases);
  for (int64_t row = first_row + own_row; row < end_row; row += at_once) {
    if (is_ragged(cols)) {
      octet = RowOctet::of(row, cols, number);
      denominators = ColumnDenominators(item, s, octet, whole, bases);
    }
    if (octet.count > 0 || whole) {
      stepper.step(denominators, row * cols + octet.col, octet.count, whole);
    }
  }
}

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

__global__ void __launch_bounds__(kThreads, 2)
    step_segments(const DenseStep* items, const Tile* tiles, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const DenseStep& item = items[tile.item];
  const StepScalars s = scalars_at(item.scalars, bases);
  const Squared x = squared(item, s, bases);
  if (x.grad == nullptr || s.active == 0) return;
  const int64_t first = static_cast<int64_t>(tile.index) * segments(item);
  const int64_t last = min(first + segments(item), item.exp_avg_sq.numel());
  __shared__ float inverses[kThreads];  // of the denominators
  update_segments_of(item, x, first, last, bases,
                     [&](int i, float v) { inverses[i] = (Real{1} / denominator(Real{v}, s)).x; });
  __syncthreads();  // the moments are there
  const int64_t begin = first * segment_length(item);
  const int64_t end = min(last * segment_length(item), item.param.numel());
  const SubsetDenominators denominators(item, begin, bases,
                                        are_few(first, last) ? inverses : nullptr);
  step_elements<kThreads>(item, s, denominators, begin, end, bases);
}

constexpr int64_t kLongSegment = 65536;  // longer than one block should step alone

enum class Way { elements, segments, subsets, columns };

Way way_of(const DenseStep& item) {
  const Partition p = item.partition;
  if (p == Partition::none || p == Partition::elementwise) return Way::elements;
  if (p == Partition::columns) return Way::columns;
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
    return is_segmented(item) && !item.moment_given ? tiles_of_segments(item, kSumElements) : 0;
  };
  launch(update_segments<DenseStep>, tiles_of(items, recorder, Way::subsets, is_long), kThreads);
  record_columns(items, on_device, recorder);
  launch(step_weights<SubsetDenominators>,
         tiles_of(items, recorder, Way::subsets, tiles_of_elements), kStepThreads);
  launch(step_panels,
         tiles_of(items, recorder, Way::columns,
                  [](const DenseStep& item) { return Panels(item.param).count(); }),
         kStepThreads);
  launch(step_segments,
         tiles_of(items, recorder, Way::segments,
                  [](const DenseStep& item) { return tiles_of_segments(item); }),
         kThreads);
  launch(step_weights<ElementDenominators>,
         tiles_of(items, recorder, Way::elements, tiles_of_elements), kStepThreads);
}

const Registered<DenseStep, record> registered;

}  // namespace
}  // namespace lean::cuda
