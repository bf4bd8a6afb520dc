// One cooperative launch, which returns at once in a step that refreshes nothing. Items that are
// due take turns, each with the whole grid.
#include "kernels/power-iteration.h"

#include "cuda/refresh/adopt-waiting.cuh"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

// basis <- scale^2 G^T G from (right) or scale^2 G G^T from (left).
__device__ __forceinline__ void pass(const BasisRefresh& refresh, float scale, const void* from,
                                     DType type) {
  const BasisTarget& item = refresh.item;
  const bool right = item.side == Side::right;
  const void* grad = at<const void>(item.grad, refresh.bases);
  const DType grad_type = item.grad.dtype;
  const int64_t projected = item.projected(), others = item.others(), rank = item.rank();
  const RefreshMemory& memory = refresh.memory;
  const Product there = {{grad, grad_type, others, projected, right},
                         {from, type, rank, projected, false}};
  const Product and_back = {{grad, grad_type, projected, others, !right},
                            {memory.projections, DType::float32, rank, others, false}};
#pragma unroll 1  // or a product's code is there twice
  for (int i = 0; i < 2; ++i) {
    BasisRefresh::multiply(i == 0 ? there : and_back, scale,
                           i == 0 ? memory.projections : memory.basis);
  }
}

__device__ __forceinline__ void refresh_basis(const PowerIteration& item,
                                              const BasisRefresh& refresh) {
  const float scale = refresh.gradient_scale();
  if (scale == 0) return refresh.refuse();
  const bool cold = !refresh.has_basis();
  const uint64_t noise = refresh.key();
  const Orthonormal orthonormal = refresh.orthonormal();
  if (cold) {
    orthonormal.fill(noise);
    Grid::sync();
  }
  const int64_t passes = cold ? item.cold_passes : item.warm_passes;
  for (int64_t i = 0; i < passes; ++i) {
    const bool from_old = i == 0 && !cold;
    pass(refresh, scale,
         from_old ? at<const void>(item.basis, refresh.bases) : refresh.memory.basis,
         from_old ? item.basis.dtype : DType::float32);
    orthonormal.run(mix64(noise ^ static_cast<uint64_t>(i)));
  }
  refresh.accept();
}

__global__ void __launch_bounds__(kThreads)
    iterate(const PowerIteration* items, size_t count, RefreshMemory memory, Bases bases) {
  __shared__ Columns::Shared shared;
  for (size_t i = 0; i < count; ++i) {
    const PowerIteration& item = items[i];
    if (at<const void>(item.grad, bases) == nullptr || !BasisRefresh::is_due(item, bases)) continue;
    refresh_basis(item, {item, memory, bases, shared});
    Grid::sync();
  }
}

void record(std::span<const PowerIteration> items, Recorder& recorder) {
  if (items.empty()) return;
  const PowerIteration* uploaded = recorder.upload(items);
  const RefreshMemory memory = refresh_memory(items, recorder);
  record_adoptions(items, uploaded, memory, recorder);
  recorder.launch_together(iterate, refresh_blocks(items), kThreads, uploaded, items.size(), memory,
                           recorder.bases());
}

const Registered<PowerIteration, record> registered;

}  // namespace
}  // namespace lean::cuda
