// The stages of refresh/line-refresh.cuh; nothing is measured, and choosing is checking what is
// given.
#include "kernels/adopt-lines.h"

#include "cuda/refresh/line-refresh.cuh"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

struct AsGiven {
  static constexpr int64_t parts(const AdoptLines&) { return 0; }
  static constexpr int64_t tiles(const AdoptLines&) { return 0; }
  __device__ static bool is_ready(const AdoptLines&, Bases) { return true; }
  __device__ static void measure(const AdoptLines&, uint32_t, double*, Bases) {}

  // Whether the lines are distinct, and under rotate ascend: momentum is moved between ascending
  // indexes only.
  __device__ static bool choose(const AdoptLines& item, const LineRefresh& refresh, const double*,
                                SelectLines::Shared&) {
    const int32_t* source = at<const int32_t>(item.source, refresh.bases);
    const int64_t rank = item.rank(), lines = item.lines();
    auto* seen = reinterpret_cast<uint32_t*>(refresh.keys);  // a bit for each line
    for (int64_t i = threadIdx.x; i < divide_up(lines, 32); i += kThreads) seen[i] = 0;
    __syncthreads();
    bool is_wrong = false;
    for (int64_t k = threadIdx.x; k < rank; k += kThreads) {
      const int32_t line = source[k];
      refresh.index[k] = line;
      if (line < 0 || line >= lines) {
        is_wrong = true;
        continue;
      }
      const uint32_t bit = 1u << line % 32;
      if ((atomicOr(&seen[line / 32], bit) & bit) != 0) is_wrong = true;
      if (item.on_refresh == OnRefresh::rotate && k > 0 && line <= source[k - 1]) is_wrong = true;
    }
    return __syncthreads_or(is_wrong) == 0;
  }
};

const Registered<AdoptLines, record_lines<AdoptLines, AsGiven>> registered;

}  // namespace
}  // namespace lean::cuda
