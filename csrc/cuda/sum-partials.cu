// A block for each item.
#include "kernels/sum-partials.h"

#include "cuda/device/reduce.cuh"
#include "cuda/device/tensor.cuh"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

__global__ void __launch_bounds__(kThreads) sum_columns(const SumPartials* items, Bases bases) {
  const SumPartials& item = items[blockIdx.x];
  const double number = *at<const double>(item.row, bases);
  if (!item.has_row(number)) return;
  const int64_t width = item.width();
  const double* partials = at<const double>(item.partials, bases);
  double* result = at<double>(item.result, bases) + static_cast<int64_t>(number) * width;
  for (int64_t j = 0; j < width; ++j) {
    double total = 0;
    for (int64_t i = threadIdx.x; i < item.pieces(); i += kThreads) {
      total += partials[i * width + j];
    }
    total = sum_over_block(total);
    if (threadIdx.x == 0) result[j] = total;
  }
}

void record(std::span<const SumPartials> items, Recorder& recorder) {
  recorder.launch(sum_columns, items.size(), kThreads, recorder.upload(items), recorder.bases());
}

const Registered<SumPartials, record> registered;

}  // namespace
}  // namespace lean::cuda
