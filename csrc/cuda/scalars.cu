// A thread to a parameter: the rules are in math/scalars.h, which every backend shares.
#include "kernels/scalars.h"

#include "cuda/register.h"
#include "math/scalars.h"

namespace lean::cuda {
namespace {

constexpr unsigned kThreads = 128;

__global__ void fill(const Scalars* items, unsigned count, Bases bases) {
  const unsigned i = blockIdx.x * kThreads + threadIdx.x;
  if (i >= count) return;
  const Scalars& item = items[i];
  StepScalars& scalars = *at<StepScalars>(item.scalars, bases);
  if (scalars.active == 0) return;
  fill_scalars(item, at<const double>(item.group, bases), at<const double>(item.hyper, bases),
               at<const double>(item.result, bases), *at<Counters>(item.counters, bases), scalars);
}

void record(std::span<const Scalars> items, Recorder& recorder) {
  recorder.launch(fill, (items.size() + kThreads - 1) / kThreads, kThreads, recorder.upload(items),
                  items.size(), recorder.bases());
}

const Registered<Scalars, record> registered;

}  // namespace
}  // namespace lean::cuda
