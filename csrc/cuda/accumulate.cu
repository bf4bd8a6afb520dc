// A block for each piece of a gradient.
#include "kernels/accumulate.h"

#include "cuda/device/sum-squares.cuh"
#include "cuda/device/tensor.cuh"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

__device__ void add_square(double& total, float& run, Real x) {
  const float next = fmaf(x.x, x.x, run);
  if (isfinite(next)) {
    run = next;
    return;
  }
  total += run;
  total += static_cast<double>(x.x) * x.x;
  run = 0;
}

__global__ void __launch_bounds__(kThreads)
    accumulate(const Accumulate* items, const Tile* tiles, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Accumulate& item = items[tile.item];
  const bool fresh = *at<const double>(item.groups, bases) == 0;
  const void* grad = at<const void>(item.grad, bases);
  const DType type = item.grad.dtype;
  float* sum = at<float>(item.sum, bases);
  float* squares = at<float>(item.squares, bases);
  const int64_t end = item.begin_of(tile.index + 1);
  double of_grad = 0, of_sum = 0;
  for (int64_t i = item.begin_of(tile.index) + threadIdx.x * kOctet; i < end;
       i += kThreads * kOctet) {
    const int count = octet_count(i, end);
    const bool whole = is_whole_run(i, end);
    Bits g_bits = {}, s_bits = {}, q_bits = {};
    if (grad != nullptr) g_bits = load(grad, type, i, count, whole);
    if (!fresh) s_bits = load(sum, DType::float32, i, count, whole);
    if (!fresh && squares != nullptr) q_bits = load(squares, DType::float32, i, count, whole);
    const Octet g = widen(g_bits, type);
    Octet s = widen(s_bits, DType::float32);
    Octet q = widen(q_bits, DType::float32);
    float grad_run = 0, sum_run = 0;
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      s.x[k] = fresh ? g.x[k] : s.x[k] + g.x[k];
      q.x[k] = {fmaf(g.x[k].x, g.x[k].x, q.x[k].x)};
      add_square(of_grad, grad_run, g.x[k]);
      add_square(of_sum, sum_run, s.x[k]);
    }
    of_grad += grad_run;
    of_sum += sum_run;
    store(sum, DType::float32, i, count, narrow(s, DType::float32), whole);
    if (squares != nullptr) {
      store(squares, DType::float32, i, count, narrow(q, DType::float32), whole);
    }
  }
  of_grad = sum_over_block(of_grad);
  of_sum = sum_over_block(of_sum);
  if (threadIdx.x != 0) return;
  double* partials = at<double>(item.partials, bases) + 2 * static_cast<int64_t>(tile.index);
  partials[0] = of_grad;
  partials[1] = of_sum;
}

void record(std::span<const Accumulate> items, Recorder& recorder) {
  const Tiles pieces = recorder.tiles(items, [](const Accumulate& item) { return item.pieces(); });
  recorder.launch(accumulate, pieces.count, kThreads, recorder.upload(items), pieces.data,
                  recorder.bases());
}

const Registered<Accumulate, record> registered;

}  // namespace
}  // namespace lean::cuda
