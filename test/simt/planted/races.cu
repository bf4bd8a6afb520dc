// Orders that nothing guarantees, and that come out right by luck: for the race detector.
#include <cuda_pipeline.h>

#include "planted.h"

using namespace lean::simt::test;

namespace {

constexpr Expected kRace = {cudaErrorLaunchFailure, "race", true};
constexpr int kTile = 64;

// The next tile is written while slow threads still read the last one.
template <bool kBroken>
__global__ void no_second_barrier(const float* from, float* to, int tiles) {
  __shared__ float tile[kTile];
  float sum = 0;
  for (int at = 0; at < tiles; ++at) {
    tile[threadIdx.x] = from[at * kTile + threadIdx.x];
    __syncthreads();
    sum += tile[kTile - 1 - threadIdx.x];
    if (!kBroken) __syncthreads();
  }
  to[threadIdx.x] = sum;
}

// The last block to arrive sums what the others have written.
template <bool kBroken>
__global__ void last_block(float* partial, unsigned* arrived, float* sum) {
  __shared__ bool last;
  if (threadIdx.x == 0) {
    partial[blockIdx.x] = blockIdx.x + 1;
    if (!kBroken) __threadfence();
    last = atomicAdd(arrived, 1) == gridDim.x - 1;
    if (!kBroken) __threadfence();
  }
  __syncthreads();
  if (last && threadIdx.x == 0) {
    float total = 0;
    for (unsigned i = 0; i < gridDim.x; ++i) total += partial[i];
    *sum = total;
  }
}

template <bool kBroken>
__global__ void no_syncwarp(int* to) {
  __shared__ int tile[32];
  tile[threadIdx.x] = threadIdx.x;
  if (!kBroken) __syncwarp();
  to[threadIdx.x] = tile[31 - threadIdx.x];
}

template <bool kBroken>
__global__ void count(int* counter) {
  if (kBroken) {
    *counter += 1;
  } else {
    atomicAdd(counter, 1);
  }
}

template <bool kBroken>
__global__ void blocks_overlap(float* to) {
  // One more than the block's part.
  int part = blockDim.x;
  int count = kBroken && blockIdx.x + 1 < gridDim.x ? part + 1 : part;
  for (int i = threadIdx.x; i < count; i += blockDim.x) to[blockIdx.x * part + i] = blockIdx.x;
}

template <bool kBroken>
__global__ void pipeline_without_barrier(const float* from, float* to) {
  __shared__ __align__(16) float tile[128];
  __pipeline_memcpy_async(tile + threadIdx.x * 4, from + threadIdx.x * 4, 16);
  __pipeline_commit();
  __pipeline_wait_prior(0);
  // A thread's wait is for its own copies: those of others need the barrier.
  if (!kBroken) __syncthreads();
  to[threadIdx.x] = tile[127 - threadIdx.x * 4];
}

std::vector<float> numbers(int count) {
  std::vector<float> values(count);
  for (int i = 0; i < count; ++i) values[i] = i;
  return values;
}

}  // namespace

TEST_CASE("planted: the second __syncthreads() of a loop over tiles is missing") {
  check_planted(kRace, [](bool broken) {
    DeviceArray<float> from(numbers(4 * kTile)), to(kTile);
    auto kernel = broken ? no_second_barrier<true> : no_second_barrier<false>;
    kernel<<<1, kTile>>>(from, to, 4);
    return cudaSuccess;
  });
}

TEST_CASE("planted: __threadfence() is missing before the last block's atomic") {
  check_planted(kRace, [](bool broken) {
    DeviceArray<float> partial(8), sum(1);
    DeviceArray<unsigned> arrived(std::vector<unsigned>{0});
    auto kernel = broken ? last_block<true> : last_block<false>;
    kernel<<<8, 32>>>(partial, arrived, sum);
    return cudaSuccess;
  });
}

TEST_CASE("planted: __syncwarp() is missing") {
  check_planted(kRace, [](bool broken) {
    DeviceArray<int> to(32);
    auto kernel = broken ? no_syncwarp<true> : no_syncwarp<false>;
    kernel<<<1, 32>>>(to);
    return cudaSuccess;
  });
}

TEST_CASE("planted: an addition by many threads that is not atomic") {
  check_planted(kRace, [](bool broken) {
    DeviceArray<int> counter(std::vector<int>{0});
    auto kernel = broken ? count<true> : count<false>;
    kernel<<<2, 32>>>(counter);
    return cudaSuccess;
  });
}

TEST_CASE("planted: two blocks write the same word") {
  check_planted(kRace, [](bool broken) {
    DeviceArray<float> to(256);
    auto kernel = broken ? blocks_overlap<true> : blocks_overlap<false>;
    kernel<<<4, 64>>>(to);
    return cudaSuccess;
  });
}

TEST_CASE("planted: copies of other threads are waited for without a barrier") {
  check_planted(kRace, [](bool broken) {
    DeviceArray<float> from(numbers(128)), to(32);
    auto kernel = broken ? pipeline_without_barrier<true> : pipeline_without_barrier<false>;
    kernel<<<1, 32>>>(from, to);
    return cudaSuccess;
  });
}
