// A block for each piece of a gradient. Products of two float32 numbers are exact in float64.
#include "kernels/gradient-dot.h"

#include "cuda/device/sum-squares.cuh"
#include "cuda/device/tensor.cuh"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

__global__ void __launch_bounds__(kThreads)
    dot_products(const GradientDot* items, const Tile* tiles, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const GradientDot& item = items[tile.item];
  const void* grad = at<const void>(item.grad, bases);
  const float* sum = at<const float>(item.sum, bases);
  const int64_t end = item.begin_of(tile.index + 1);
  double total = 0;
  for (int64_t i = item.begin_of(tile.index) + threadIdx.x * kOctet; grad != nullptr && i < end;
       i += kThreads * kOctet) {
    const int count = octet_count(i, end);
    const bool whole = is_whole_run(i, end);
    const Bits g_bits = load(grad, item.grad.dtype, i, count, whole);
    const Bits s_bits = load(sum, DType::float32, i, count, whole);
    const Octet g = widen(g_bits, item.grad.dtype);
    const Octet s = widen(s_bits, DType::float32);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) total += static_cast<double>(g.x[k].x) * s.x[k].x;
  }
  total = sum_over_block(total);
  if (threadIdx.x == 0) at<double>(item.partials, bases)[tile.index] = total;
}

void record(std::span<const GradientDot> items, Recorder& recorder) {
  const Tiles pieces =
      recorder.tiles(items, [](const GradientDot& item) { return item.partials.numel(); });
  recorder.launch(dot_products, pieces.count, kThreads, recorder.upload(items), pieces.data,
                  recorder.bases());
}

const Registered<GradientDot, record> registered;

}  // namespace
}  // namespace lean::cuda
