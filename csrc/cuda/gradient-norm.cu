// A block adds up the partial sums, a thread every 256th in order and then the threads in a fixed
// tree, and its first thread writes what follows from the norm.
#include "kernels/gradient-norm.h"

#include "cuda/device/reduce.cuh"
#include "cuda/register.h"
#include "math/gradient-norm.h"

namespace lean::cuda {
namespace {

// A block for each item; there is one in a program.
__global__ void __launch_bounds__(kThreads) norms(const GradientNorm* items, Bases bases) {
  const GradientNorm& item = items[blockIdx.x];
  const double* partials = at<const double>(item.partials, bases);
  const int32_t* non_finite = at<const int32_t>(item.non_finite, bases);
  double sum = 0;
  bool bad = false;
  for (int64_t i = threadIdx.x; i < item.partials.numel(); i += kThreads) {
    sum += partials[i];
    bad |= non_finite[i] != 0;
  }
  sum = sum_over_block(sum);
  bad = __syncthreads_or(bad);
  if (threadIdx.x == 0) {
    write_norm(sum, bad, at<const double>(item.hyper, bases), at<double>(item.result, bases));
  }
}

void record(std::span<const GradientNorm> items, Recorder& recorder) {
  recorder.launch(norms, items.size(), kThreads, recorder.upload(items), recorder.bases());
}

const Registered<GradientNorm, record> registered;

}  // namespace
}  // namespace lean::cuda
