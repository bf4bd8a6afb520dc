// Launches that no device takes.
#include "planted.h"

using namespace lean::simt::test;

namespace {

__global__ void __launch_bounds__(256) fill(int* to) {
  extern __shared__ int work[];
  work[threadIdx.x] = threadIdx.x;
  to[threadIdx.x] = work[threadIdx.x];
}

__global__ void __cluster_dims__(4, 1, 1) in_clusters(int* to) { to[blockIdx.x] = 1; }

}  // namespace

TEST_CASE("planted: a block with too many threads") {
  check_planted({cudaErrorInvalidConfiguration, "a block of 1025 x 1 x 1 threads"},
                [](bool broken) {
                  DeviceArray<int> to(2048);
                  fill<<<1, broken ? 1025 : 256, 8192>>>(to);
                  return cudaSuccess;
                });
}

TEST_CASE("planted: more threads than __launch_bounds__ says") {
  check_planted({cudaErrorInvalidValue, "__launch_bounds__ allows 256"}, [](bool broken) {
    DeviceArray<int> to(2048);
    fill<<<1, broken ? 512 : 256, 8192>>>(to);
    return cudaSuccess;
  });
}

TEST_CASE("planted: more shared memory than was opted in") {
  check_planted({cudaErrorInvalidValue, "60000 bytes of dynamic shared memory"}, [](bool broken) {
    DeviceArray<int> to(256);
    if (!broken) {
      CUDA_OK(cudaFuncSetAttribute(fill, cudaFuncAttributeMaxDynamicSharedMemorySize, 60000));
    }
    fill<<<1, 256, 60000>>>(to);
    return cudaSuccess;
  });
}

TEST_CASE("planted: a grid that clusters do not divide") {
  check_planted({cudaErrorInvalidClusterSize, "do not divide a grid of 6 x 1 x 1"},
                [](bool broken) {
                  DeviceArray<int> to(8);
                  in_clusters<<<broken ? 6 : 8, 32>>>(to);
                  return cudaSuccess;
                });
}
