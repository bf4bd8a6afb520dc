// A thread to a parameter: the rules are in math/counters.h, which every backend shares.
#include "kernels/prologue.h"

#include "cuda/register.h"
#include "math/counters.h"

namespace lean::cuda {
namespace {

constexpr unsigned kThreads = 128;

__global__ void open_steps(const Prologue* items, unsigned count, Bases bases) {
  const unsigned i = blockIdx.x * kThreads + threadIdx.x;
  if (i >= count) return;
  const Prologue& item = items[i];
  open_step(item, at<void>(item.grad, bases) != nullptr, at<const double>(item.result, bases),
            at<const Schedule>(item.schedule, bases), *at<Counters>(item.counters, bases),
            *at<StepScalars>(item.scalars, bases));
}

void record(std::span<const Prologue> items, Recorder& recorder) {
  recorder.launch(open_steps, (items.size() + kThreads - 1) / kThreads, kThreads,
                  recorder.upload(items), items.size(), recorder.bases());
}

const Registered<Prologue, record> registered;

}  // namespace
}  // namespace lean::cuda
