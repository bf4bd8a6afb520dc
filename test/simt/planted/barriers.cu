// Threads that do not meet where they should, and threads that do not wait for each other.
#include <cooperative_groups.h>

#include "planted.h"

namespace cg = cooperative_groups;
using namespace lean::simt::test;

namespace {

// Whatever warp comes first reads what another has not written.
template <bool kBroken>
__global__ void rotate(float* to) {
  __shared__ float tile[128];
  tile[threadIdx.x] = threadIdx.x;
  if (!kBroken) __syncthreads();
  to[threadIdx.x] = tile[(threadIdx.x + 32) % 128];
}

template <bool kBroken>
__global__ void divergent(int* to) {
  __shared__ int tile[64];
  tile[threadIdx.x] = threadIdx.x;
  if (!kBroken || threadIdx.x < 40) __syncthreads();
  to[threadIdx.x] = tile[threadIdx.x];
}

template <bool kBroken>
__global__ void two_places(int* to) {
  __shared__ int tile[64];
  tile[threadIdx.x] = threadIdx.x;
  if (kBroken && threadIdx.x >= 32) {
    asm volatile("bar.sync 0;" ::: "memory");
    to[threadIdx.x] = tile[0];
  } else {
    asm volatile("bar.sync 0;" ::: "memory");
    to[threadIdx.x] = tile[1];
  }
}

template <bool kBroken>
__global__ void exited(int* to, int n) {
  __shared__ int tile[64];
  if (kBroken && threadIdx.x >= n) return;
  tile[threadIdx.x] = threadIdx.x;
  __syncthreads();
  if (threadIdx.x < n) to[threadIdx.x] = tile[n - 1 - threadIdx.x];
}

template <bool kBroken>
__global__ void __cluster_dims__(2, 1, 1) cluster_exchange(int* to) {
  __shared__ int mine;
  cg::cluster_group cluster = cg::this_cluster();
  if (threadIdx.x == 0) mine = blockIdx.x;
  if (kBroken) {
    __syncthreads();
  } else {
    cluster.sync();
  }
  to[blockIdx.x * blockDim.x + threadIdx.x] =
      *cluster.map_shared_rank(&mine, cluster.block_rank() ^ 1);
  cluster.sync();
}

template <bool kBroken>
__global__ void grid_exchange(int* work, int* to) {
  cg::grid_group grid = cg::this_grid();
  work[grid.thread_rank()] = grid.thread_rank();
  if (!kBroken) grid.sync();
  to[grid.thread_rank()] = work[(grid.thread_rank() + blockDim.x) % grid.size()];
}

template <bool kBroken>
__global__ void absent_lanes(int* to) {
  int value = threadIdx.x;
  if (!kBroken || threadIdx.x < 16) value += __shfl_xor_sync(0xffffffff, value, 1);
  to[threadIdx.x] = value;
}

template <bool kBroken>
__global__ void not_in_mask(int* to) {
  int value = threadIdx.x;
  to[threadIdx.x] = __shfl_xor_sync(kBroken ? 0x0000ffff : 0xffffffff, value, 1);
}

// Named barriers that two halves of a block wait for in opposite order.
template <bool kBroken>
__global__ void crossed(int* to) {
  bool second = threadIdx.x >= 32;
  asm volatile("bar.sync %0, 64;" ::"r"(kBroken && second ? 2 : 1) : "memory");
  asm volatile("bar.sync %0, 64;" ::"r"(kBroken && second ? 1 : 2) : "memory");
  to[threadIdx.x] = 1;
}

template <class Kernel, class... Arguments>
cudaError_t launch_cooperative(Kernel kernel, int blocks, int threads, Arguments... arguments) {
  void* list[] = {&arguments...};
  return cudaLaunchCooperativeKernel(kernel, dim3(blocks), dim3(threads), list, 0, nullptr);
}

}  // namespace

TEST_CASE("planted: __syncthreads() is missing before a tile is read") {
  check_planted({cudaErrorLaunchFailure, "of shared memory"}, [](bool broken) {
    DeviceArray<float> to(128);
    auto kernel = broken ? rotate<true> : rotate<false>;
    kernel<<<1, 128>>>(to);
    return cudaSuccess;
  });
}

TEST_CASE("planted: a barrier that a part of a warp reaches") {
  check_planted({cudaErrorLaunchFailure, "divergent barrier"}, [](bool broken) {
    DeviceArray<int> to(64);
    auto kernel = broken ? divergent<true> : divergent<false>;
    kernel<<<1, 64>>>(to);
    return cudaSuccess;
  });
}

TEST_CASE("planted: warps of a block at two different barriers") {
  check_planted({cudaErrorLaunchFailure, "while other threads wait for it at"}, [](bool broken) {
    DeviceArray<int> to(64);
    auto kernel = broken ? two_places<true> : two_places<false>;
    kernel<<<1, 64>>>(to);
    return cudaSuccess;
  });
}

TEST_CASE("planted: threads that exit before the others' barrier") {
  check_planted({cudaErrorLaunchFailure, "divergent barrier"}, [](bool broken) {
    DeviceArray<int> to(64);
    auto kernel = broken ? exited<true> : exited<false>;
    kernel<<<1, 64>>>(to, 32);
    return cudaSuccess;
  });
}

TEST_CASE("planted: cluster.sync() is missing before another block's memory is read") {
  check_planted({cudaErrorLaunchFailure, "of shared memory"}, [](bool broken) {
    DeviceArray<int> to(64);
    auto kernel = broken ? cluster_exchange<true> : cluster_exchange<false>;
    kernel<<<2, 32>>>(to);
    return cudaGetLastError();
  });
}

TEST_CASE("planted: grid.sync() is missing") {
  check_planted({cudaErrorLaunchFailure, "that nothing has written"}, [](bool broken) {
    DeviceArray<int> work(128), to(128);
    auto kernel = broken ? grid_exchange<true> : grid_exchange<false>;
    return launch_cooperative(kernel, 4, 32, work.data(), to.data());
  });
}

TEST_CASE("planted: a shuffle whose mask names lanes that are elsewhere") {
  check_planted({cudaErrorLaunchFailure, "bad warp operation"}, [](bool broken) {
    DeviceArray<int> to(32);
    auto kernel = broken ? absent_lanes<true> : absent_lanes<false>;
    kernel<<<1, 32>>>(to);
    return cudaSuccess;
  });
}

TEST_CASE("planted: a shuffle by lanes that its mask does not name") {
  check_planted({cudaErrorLaunchFailure, "bad warp operation"}, [](bool broken) {
    DeviceArray<int> to(32);
    auto kernel = broken ? not_in_mask<true> : not_in_mask<false>;
    kernel<<<1, 32>>>(to);
    return cudaSuccess;
  });
}

TEST_CASE("planted: barriers that wait for each other") {
  check_planted({cudaErrorLaunchTimeout, "no thread can go on"}, [](bool broken) {
    DeviceArray<int> to(64);
    auto kernel = broken ? crossed<true> : crossed<false>;
    kernel<<<1, 64>>>(to);
    return cudaSuccess;
  });
}
