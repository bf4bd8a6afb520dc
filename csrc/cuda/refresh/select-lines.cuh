// Chooses the `rank` lines with the smallest keys, ascending by number; among equal keys the
// smaller number wins. By one block, so that many weights choose at once: the largest key that is
// chosen is found a byte at a time, by counting, and the lines are then gathered in order. Counts
// are integers, so the order of additions does not matter.
#pragma once

#include <cstdint>

#include "cuda/device/reduce.cuh"

namespace lean::cuda {

class SelectLines {
 public:
  static constexpr int kBytes = 256;  // values of one, a thread each
  static_assert(kBytes == kThreads);

  struct Shared {
    uint32_t counts[kBytes];
    uint32_t of_warp[kWarps];
    uint32_t byte;
    uint32_t left;
  };

  Shared& shared;

  // All threads of the block call it, after what wrote the keys.
  __device__ void run(const uint64_t* keys, int64_t lines, int64_t rank, int32_t* index) const {
    uint64_t last = 0;                        // the largest key that is chosen, as far as known
    auto left = static_cast<uint32_t>(rank);  // lines with this much of it to choose
    for (int shift = 56; shift >= 0; shift -= 8) {
      const uint64_t known = shift == 56 ? 0 : ~uint64_t{0} << (shift + 8);
      shared.counts[threadIdx.x] = 0;
      __syncthreads();
      for (int64_t i = threadIdx.x; i < lines; i += kThreads) {
        const uint64_t key = keys[i];
        if ((key & known) == last) atomicAdd(&shared.counts[key >> shift & (kBytes - 1)], 1u);
      }
      __syncthreads();
      const uint32_t own = shared.counts[threadIdx.x];
      const uint32_t before = sum_before(own);
      if (before < left && left <= before + own) {
        shared.byte = threadIdx.x;
        shared.left = left - before;
      }
      __syncthreads();
      last |= static_cast<uint64_t>(shared.byte) << shift;
      left = shared.left;
    }
    gather(keys, lines, last, left, index);
  }

 private:
  // index <- the lines with keys below `last`, and the first `equals` of those that have it.
  __device__ void gather(const uint64_t* keys, int64_t lines, uint64_t last, uint32_t equals,
                         int32_t* index) const {
    uint32_t equals_before = 0, chosen_before = 0;
    for (int64_t begin = 0; begin < lines; begin += kThreads) {
      const int64_t i = begin + threadIdx.x;
      const uint64_t key = i < lines ? keys[i] : ~uint64_t{0};
      const bool is_equal = i < lines && key == last;
      uint32_t total = 0;
      const uint32_t place = equals_before + sum_before(is_equal ? 1 : 0, &total);
      equals_before += total;
      const bool is_chosen = i < lines && (key < last || (is_equal && place < equals));
      const uint32_t to = chosen_before + sum_before(is_chosen ? 1 : 0, &total);
      chosen_before += total;
      if (is_chosen) index[to] = static_cast<int32_t>(i);
    }
  }

  // The sum over the threads before this one, and over all.
  __device__ uint32_t sum_before(uint32_t own, uint32_t* total = nullptr) const {
    const int lane = threadIdx.x % kWarp;
    uint32_t sum = own;
#pragma unroll
    for (int distance = 1; distance < kWarp; distance *= 2) {
      const uint32_t below = __shfl_up_sync(0xffffffffu, sum, distance);
      if (lane >= distance) sum += below;
    }
    __syncthreads();  // the sums of an earlier call have been read
    if (lane == kWarp - 1) shared.of_warp[threadIdx.x / kWarp] = sum;
    __syncthreads();
    uint32_t before = sum - own, all = 0;
#pragma unroll
    for (int i = 0; i < kWarps; ++i) {
      if (i < threadIdx.x / kWarp) before += shared.of_warp[i];
      all += shared.of_warp[i];
    }
    if (total != nullptr) *total = all;
    return before;
  }
};

}  // namespace lean::cuda
