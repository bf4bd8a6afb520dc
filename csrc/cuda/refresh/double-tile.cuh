// 32 x 32 results of a product in float64, by one block: sums[i][j] = sum over k of a(i, k) b(j,
// k).
#pragma once

#include <cstdint>

#include "cuda/device/reduce.cuh"

namespace lean::cuda {

struct DoubleTile {
  static constexpr int kSide = 32;
  static constexpr int kOwn = 4;  // results of a thread: one row, neighbouring columns

  double (&memory)[kSide * (kSide + 1)];  // shared by the block

  __device__ static int row() { return threadIdx.x / 8; }
  __device__ static int col() { return threadIdx.x % 8 * kOwn; }

  // a and b are called for lines 0 ... 31 and steps 0 ... depth - 1; kAlong says that neighbouring
  // steps, not neighbouring lines, are neighbours in memory. All threads of the block call it.
  template <bool kAlong, class A, class B>
  __device__ void add(double (&sums)[kOwn], int64_t depth, A a, B b) const {
    for (int64_t first = 0; first < depth; first += kSteps) {
      __syncthreads();
#pragma unroll
      for (int i = threadIdx.x; i < kSide * kSteps; i += kThreads) {
        const int line = kAlong ? i / kSteps : i % kSide;
        const int step = kAlong ? i % kSteps : i / kSide;
        const bool inside = first + step < depth;
        memory[step * kPitch + line] = inside ? a(line, first + step) : 0;
        memory[(kSteps + step) * kPitch + line] = inside ? b(line, first + step) : 0;
      }
      __syncthreads();
#pragma unroll 4
      for (int step = 0; step < kSteps; ++step) {
        const double x = memory[step * kPitch + row()];
#pragma unroll
        for (int j = 0; j < kOwn; ++j) {
          sums[j] = fma(x, memory[(kSteps + step) * kPitch + col() + j], sums[j]);
        }
      }
    }
  }

 private:
  static constexpr int kSteps = 16;
  static constexpr int kPitch = kSide + 1;
};

}  // namespace lean::cuda
