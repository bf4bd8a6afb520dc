// Matrices of different sizes that go through the stages of orthonormal.cuh together: a stage's
// pieces are counted through from the first matrix to the last and go round the blocks, or warps,
// of the grid, so that all of them get as many whatever a single matrix has.
#pragma once

#include "cuda/refresh/columns.cuh"

namespace lean::cuda {

class Together {
 public:
  // In global memory; a rank of 0 takes no part.
  __device__ Together(const Columns* list, int64_t count) : list_(list), count_(count) {}

  __device__ int64_t begin(int round) {
    round_ = round;
    uint32_t most = 0;
    for (int64_t i = threadIdx.x % kWarp; i < count_; i += kWarp) {
      if (list_[i].needs(round)) most = max(most, static_cast<uint32_t>(list_[i].rank));
    }
    return __reduce_max_sync(kAll, most);
  }

  template <class Count, class Body>
  __device__ void blocks(Count count, Body body) const {
    share(blockIdx.x, gridDim.x, count, body);
  }

  // Neighbouring pieces to different blocks.
  template <class Count, class Body>
  __device__ void warps(Count count, Body body) const {
    const int64_t warp = threadIdx.x / kWarp;
    share(warp * gridDim.x + blockIdx.x, static_cast<int64_t>(gridDim.x) * kWarps, count, body);
  }

 private:
  static constexpr uint32_t kAll = 0xffffffffu;

  // body(columns, i) for pieces number `piece`, `piece` + stride and so on of all. Each warp finds
  // out for itself whose they are, 32 matrices at a time, one to a lane.
  template <class Count, class Body>
  __device__ void share(int64_t piece, int64_t stride, Count count, Body body) const {
    const int lane = threadIdx.x % kWarp;
    for (int64_t first = 0; first < count_; first += kWarp) {
      const int64_t own = first + lane;
      int64_t end = own < count_ && list_[own].needs(round_) ? count(list_[own]) : 0;
#pragma unroll
      for (int distance = 1; distance < kWarp; distance *= 2) {
        const int64_t before = __shfl_up_sync(kAll, end, distance);
        if (lane >= distance) end += before;
      }
      const int64_t all = __shfl_sync(kAll, end, kWarp - 1);
      for (; piece < all; piece += stride) {
        const int whose = __popc(__ballot_sync(kAll, end <= piece));
        const int64_t before = __shfl_sync(kAll, end, max(whose - 1, 0));
        const Columns columns = list_[first + whose];
        body(columns, whose == 0 ? piece : piece - before);
      }
      piece -= all;
    }
  }

  const Columns* list_;
  int64_t count_;
  int round_ = 0;
};

}  // namespace lean::cuda
