// One cooperative launch, items in turn with the whole grid: noise, a number to a thread; its
// columns orthonormal (refresh/orthonormal.cuh) or scaled; adopted (refresh/basis-refresh.cuh).
#include "kernels/gaussian-basis.h"

#include "cuda/refresh/refresh-launch.cuh"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

__device__ __forceinline__ void refresh_basis(const GaussianBasis& item,
                                              const BasisRefresh& refresh) {
  const Orthonormal orthonormal = refresh.orthonormal();
  orthonormal.fill(refresh.key());
  Grid::sync();
  if (item.orthonormal) {
    orthonormal.run(refresh.key());
  } else {
    const auto scale = static_cast<float>(1 / sqrt(static_cast<double>(item.rank())));
    Grid::threads(item.basis.numel(), 1, [&](int64_t i) { refresh.memory.basis[i] *= scale; });
    Grid::sync();
  }
  refresh.adopt();
}

__global__ void __launch_bounds__(kThreads, 1)
    draw(const GaussianBasis* items, size_t count, RefreshMemory memory, Bases bases) {
  __shared__ Columns::Shared shared;
  for (size_t i = 0; i < count; ++i) {
    const GaussianBasis& item = items[i];
    if (!BasisRefresh::is_due(item, bases)) continue;
    refresh_basis(item, {item, memory, bases, shared});
    Grid::sync();
  }
}

void record(std::span<const GaussianBasis> items, Recorder& recorder) {
  if (items.empty()) return;
  recorder.launch_together(draw, refresh_blocks(items), kThreads, recorder.upload(items),
                           items.size(), refresh_memory(items, recorder), recorder.bases());
}

const Registered<GaussianBasis, record> registered;

}  // namespace
}  // namespace lean::cuda
