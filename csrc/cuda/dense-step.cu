// One launch steps all weights without second moments or with one for each element, another those
// with moments of subsets; a block takes 16384 elements. Moments of subsets that were not given are
// brought up to date before it: one launch for rows and blocks, two for columns.
#include "kernels/dense-step.h"

#include "cuda/device/weight-update.cuh"
#include "cuda/register.h"
#include "cuda/subset-moments.cuh"

namespace lean::cuda {
namespace {

// --- weights ----------------------------------------------------------------------------------

constexpr unsigned kStepThreads = 128;  // of more, too few would find registers

template <class Denominators>
__global__ void __launch_bounds__(kStepThreads)
    step_weights(const DenseStep* items, const Tile* tiles, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const DenseStep& item = items[tile.item];
  const StepScalars s = scalars_at(item.scalars, bases);
  const void* grad = at<const void>(item.grad, bases);
  if (grad == nullptr || s.active == 0) return;
  void* param = at<void>(item.param, bases);
  void* exp_avg = at<void>(item.exp_avg, bases);
  const DType param_type = item.param.dtype;
  const DType grad_type = item.grad.dtype;
  const DType state_type = item.exp_avg.dtype;
  const Rounder rounder = rounder_of(item, bases);
  const int64_t begin = static_cast<int64_t>(tile.index) * kTileElements;
  const int64_t end = min(begin + kTileElements, item.param.numel());
  const Denominators denominators(item, begin, bases);

  for (int64_t i = begin + threadIdx.x * kOctet; i < end; i += kStepThreads * kOctet) {
    const int count = octet_count(i, end);
    const Bits w_bits = load(param, param_type, i, count);
    const Bits g_bits = load(grad, grad_type, i, count);
    const Bits v_bits = denominators.load(i, count);
    Bits m_bits = {};
    if (exp_avg != nullptr) m_bits = load(exp_avg, state_type, i, count);

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
      store(exp_avg, state_type, i, count, narrow(m, state_type));
    }
    const Octet ratio = denominators.divide(n, g, v_bits, i, count, s);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) w.x[k] = next_param(w.x[k], ratio.x[k], s);
    store(param, param_type, i, count, rounder.narrow(w, param_type, i));
  }
}

template <class Denominators>
void record_weights(std::span<const DenseStep> items, const DenseStep* on_device,
                    Recorder& recorder, bool of_subsets) {
  const Tiles tiles = recorder.tiles(items, [&](const DenseStep& item) -> int64_t {
    const bool has_subsets =
        item.partition != Partition::none && item.partition != Partition::elementwise;
    return has_subsets == of_subsets ? divide_up(item.param.numel(), kTileElements) : 0;
  });
  recorder.launch(step_weights<Denominators>, tiles.count, kStepThreads, on_device, tiles.data,
                  recorder.bases());
}

void record(std::span<const DenseStep> items, Recorder& recorder) {
  const DenseStep* on_device = recorder.upload(items);
  record_moments(items, on_device, recorder);
  record_weights<SubsetDenominators>(items, on_device, recorder, true);
  record_weights<ElementDenominators>(items, on_device, recorder, false);
}

const Registered<DenseStep, record> registered;

}  // namespace
}  // namespace lean::cuda
