// One cooperative launch, items in turn with the whole grid: the columns that are given are copied,
// their Gram matrix formed in float64 (refresh/columns.cuh) and held against I, and the copy is
// adopted (refresh/basis-refresh.cuh) or not.
#include "kernels/adopt-basis.h"

#include "cuda/refresh/refresh-launch.cuh"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

// memory.basis <- source, and whether its columns are orthonormal.
__device__ bool take(const AdoptBasis& item, const BasisRefresh& refresh) {
  const RefreshMemory& memory = refresh.memory;
  const float* source = at<const float>(item.source, refresh.bases);
  const int64_t rank = item.rank();
  Grid::threads(item.source.numel(), 1, [&](int64_t i) { memory.basis[i] = source[i]; });
  if (Grid::is_first()) *memory.largest = 0;
  Grid::sync();
  const Orthonormal orthonormal = refresh.orthonormal();
  orthonormal.form_gram();
  const double* gram = orthonormal.columns().gram();
  Grid::threads(rank * rank, 1, [&](int64_t k) {
    const int64_t i = k / rank, j = k % rank;
    if (j < i) return;
    const double error = gram[k] - (i == j ? 1 : 0);
    if (!(fabs(error) <= AdoptBasis::kTolerance)) atomicOr(memory.largest, 1u);
  });
  Grid::sync();
  return *memory.largest == 0;
}

__global__ void __launch_bounds__(kThreads)
    adopt(const AdoptBasis* items, size_t count, RefreshMemory memory, Bases bases) {
  __shared__ Columns::Shared shared;
  for (size_t i = 0; i < count; ++i) {
    const AdoptBasis& item = items[i];
    if (!BasisRefresh::is_due(item, bases)) continue;
    const BasisRefresh refresh = {item, memory, bases, shared};
    if (take(item, refresh)) {
      refresh.adopt();
    } else {
      refresh.refuse();
    }
    Grid::sync();
  }
}

void record(std::span<const AdoptBasis> items, Recorder& recorder) {
  if (items.empty()) return;
  recorder.launch_together(adopt, refresh_blocks(items), kThreads, recorder.upload(items),
                           items.size(), refresh_memory(items, recorder), recorder.bases());
}

const Registered<AdoptBasis, record> registered;

}  // namespace
}  // namespace lean::cuda
