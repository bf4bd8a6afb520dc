// Sums over the threads of a warp or a block, in fixed trees.
#pragma once

namespace lean::cuda {

inline constexpr int kWarp = 32;
inline constexpr int kThreads = 256;  // of every block that adds up
inline constexpr int kWarps = kThreads / kWarp;

// The same in all lanes.
__device__ inline double sum_over_warp(double x) {
#pragma unroll
  for (int distance = kWarp / 2; distance > 0; distance /= 2) {
    x += __shfl_xor_sync(0xffffffffu, x, distance);
  }
  return x;
}

// The same in all threads. All of them call it.
__device__ inline double sum_over_block(double x) {
  __shared__ double of_warp[kWarps];
  x = sum_over_warp(x);
  __syncthreads();  // the sums of an earlier call have been read
  if (threadIdx.x % kWarp == 0) of_warp[threadIdx.x / kWarp] = x;
  __syncthreads();
  double total = 0;
#pragma unroll
  for (int i = 0; i < kWarps; ++i) total += of_warp[i];
  return total;
}

}  // namespace lean::cuda
