// One cooperative launch, items in turn with the whole grid: random keys of the Hadamard matrix's
// rows, of which the first block selects the smallest; P, an element to a thread; orthonormal
// columns where the order is not the side's length; adopted (refresh/basis-refresh.cuh).
#include "kernels/srht-basis.h"

#include "cuda/refresh/refresh-launch.cuh"
#include "cuda/refresh/select-lines.cuh"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

// Scratch memory of a launch, with room for any of its items.
struct Rows {
  uint64_t* keys;
  int32_t* index;
};

// rows.index <- the rows of the Hadamard matrix that are taken. By the whole grid.
__device__ __forceinline__ void choose(const Hadamard& transform, int64_t rank, uint64_t key,
                                       Rows rows) {
  Grid::threads(transform.order, 1,
                [&](int64_t i) { rows.keys[i] = random_bits(key, static_cast<uint64_t>(i)); });
  Grid::sync();
  __shared__ SelectLines::Shared shared;
  if (blockIdx.x == 0) SelectLines{shared}.run(rows.keys, transform.order, rank, rows.index);
  Grid::sync();
}

__device__ __forceinline__ void refresh_basis(const SrhtBasis& item, const BasisRefresh& refresh,
                                              Rows rows) {
  const Hadamard transform = item.transform();
  const int64_t rank = item.rank();
  const uint64_t key = refresh.key();
  choose(transform, rank, key, rows);
  const auto size = static_cast<float>(1 / sqrt(static_cast<double>(transform.order)));
  Grid::threads(item.basis.numel(), 1, [&](int64_t element) {
    const int64_t i = element / rank, j = element % rank;
    const uint64_t bits = random_bits(key, static_cast<uint64_t>(transform.order + i));
    const bool flipped = (bits & 1) != 0;
    refresh.memory.basis[element] =
        transform.is_negative(rows.index[j], i) != flipped ? -size : size;
  });
  Grid::sync();
  if (transform.order != item.projected()) refresh.orthonormal().run(key);
  refresh.adopt();
}

__global__ void __launch_bounds__(kThreads, 1)
    transform(const SrhtBasis* items, size_t count, RefreshMemory memory, Rows rows, Bases bases) {
  __shared__ Columns::Shared shared;
  for (size_t i = 0; i < count; ++i) {
    const SrhtBasis& item = items[i];
    if (!BasisRefresh::is_due(item, bases)) continue;
    refresh_basis(item, {item, memory, bases, shared}, rows);
    Grid::sync();
  }
}

void record(std::span<const SrhtBasis> items, Recorder& recorder) {
  if (items.empty()) return;
  int64_t order = 0, rank = 0;
  for (const SrhtBasis& item : items) {
    order = std::max(order, item.transform().order);
    rank = std::max(rank, item.rank());
  }
  const Rows rows = {recorder.scratch<uint64_t>(order), recorder.scratch<int32_t>(rank)};
  recorder.launch_together(transform, refresh_blocks(items), kThreads, recorder.upload(items),
                           items.size(), refresh_memory(items, recorder), rows, recorder.bases());
}

const Registered<SrhtBasis, record> registered;

}  // namespace
}  // namespace lean::cuda
