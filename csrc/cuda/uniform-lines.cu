// The stages of refresh/line-refresh.cuh; nothing is measured, the keys are random numbers.
#include "kernels/uniform-lines.h"

#include "cuda/refresh/line-refresh.cuh"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

struct Uniformly {
  static constexpr int64_t parts(const UniformLines&) { return 0; }
  static constexpr int64_t tiles(const UniformLines&) { return 0; }
  __device__ static bool is_ready(const UniformLines&, Bases) { return true; }
  __device__ static void measure(const UniformLines&, uint32_t, double*, Bases) {}

  __device__ static bool choose(const UniformLines& item, const LineRefresh& refresh, const double*,
                                SelectLines::Shared& shared) {
    const uint64_t key = refresh.key();
    for (int64_t i = threadIdx.x; i < item.lines(); i += kThreads) {
      refresh.keys[i] = random_bits(key, static_cast<uint64_t>(i));
    }
    __syncthreads();
    SelectLines{shared}.run(refresh.keys, item.lines(), item.rank(), refresh.index);
    return true;
  }
};

const Registered<UniformLines, record_lines<UniformLines, Uniformly>> registered;

}  // namespace
}  // namespace lean::cuda
