// A refresh is one cooperative launch: all its blocks are resident, so that they can wait for each
// other between its stages, and what a stage finds decides about the next without the host.
#pragma once

#include <cooperative_groups.h>

#include <cstdint>

#include "cuda/device/reduce.cuh"

namespace lean::cuda {

struct Grid {
  // All writes of all blocks before it are seen by all after it. A call: a kernel has dozens.
  __device__ __noinline__ static void sync() { cooperative_groups::this_grid().sync(); }
  __device__ static bool is_first() { return blockIdx.x == 0 && threadIdx.x == 0; }

  // Calls body(i) for i = 0 ... count - 1, each by one whole block.
  template <class Body>
  __device__ static void blocks(int64_t count, Body body) {
    for (int64_t i = blockIdx.x; i < count; i += gridDim.x) body(i);
  }

  // The same, each by one warp.
  template <class Body>
  __device__ static void warps(int64_t count, Body body) {
    const int64_t stride = static_cast<int64_t>(gridDim.x) * kWarps;
    int64_t i = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / kWarp;
    for (; i < count; i += stride) body(i);
  }

  // The same, each by one thread, every `step`-th.
  template <class Body>
  __device__ static void threads(int64_t count, int64_t step, Body body) {
    const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads * step;
    int64_t i = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * step;
    for (; i < count; i += stride) body(i);
  }
};

}  // namespace lean::cuda
