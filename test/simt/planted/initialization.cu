// Bytes that are read before anything has written them.
#include "planted.h"

using namespace lean::simt::test;

namespace {

__global__ void sum_up(const float* from, float* to, int n) {
  float sum = 0;
  for (int i = 0; i < n; ++i) sum += from[i];
  *to = sum;
}

template <bool kBroken>
__global__ void shared_tile(float* to) {
  __shared__ float tile[64];
  if (threadIdx.x < (kBroken ? 63 : 64)) tile[threadIdx.x] = 1;
  __syncthreads();
  to[threadIdx.x] = tile[63 - threadIdx.x];
}

__global__ void accumulate(float* sum) { atomicAdd(sum, 1.0f); }

__global__ void copy_first(const int* from, int* to) { to[threadIdx.x] = from[threadIdx.x]; }

}  // namespace

TEST_CASE("planted: a fresh allocation is read") {
  check_planted({cudaErrorLaunchFailure, "that nothing has written"}, [](bool broken) {
    DeviceArray<float> from(16), to(1);
    CUDA_OK(cudaMemset(from, 0, (broken ? 15 : 16) * sizeof(float)));
    sum_up<<<1, 1>>>(from, to, 16);
    return cudaSuccess;
  });
}

TEST_CASE("planted: shared memory is read that nobody wrote") {
  check_planted({cudaErrorLaunchFailure, "of shared memory"}, [](bool broken) {
    DeviceArray<float> to(64);
    auto kernel = broken ? shared_tile<true> : shared_tile<false>;
    kernel<<<1, 64>>>(to);
    return cudaSuccess;
  });
}

TEST_CASE("planted: a sum starts from what was there") {
  check_planted({cudaErrorLaunchFailure, "an atomic of 4 bytes that nothing has written"},
                [](bool broken) {
                  DeviceArray<float> sum(1);
                  if (!broken) CUDA_OK(cudaMemset(sum, 0, sizeof(float)));
                  accumulate<<<1, 32>>>(sum);
                  return cudaSuccess;
                });
}

TEST_CASE("planted: a copy brings uninitialized bytes along") {
  check_planted({cudaErrorLaunchFailure, "that nothing has written"}, [](bool broken) {
    DeviceArray<int> first(32), second(32), to(32);
    CUDA_OK(cudaMemset(first, 0, broken ? 64 : 128));
    CUDA_OK(cudaMemset(second, 0, 128));
    CUDA_OK(cudaMemcpy(second, first, 128, cudaMemcpyDeviceToDevice));
    copy_first<<<1, 32>>>(second, to);
    return cudaSuccess;
  });
}

namespace {

__global__ void read_vectors(const float4* from, float* to) {
  float4 all = from[threadIdx.x];
  to[threadIdx.x] = all.x + all.y + all.z + all.w;
}

template <bool kBroken>
__global__ void write_parts(float* to) {
  for (int i = 0; i < (kBroken ? 3 : 4); ++i) to[threadIdx.x * 4 + i] = i;
}

}  // namespace

TEST_CASE("planted: a vector of which a part was written") {
  check_planted({cudaErrorLaunchFailure, "a read of 16 bytes that nothing has written"},
                [](bool broken) {
                  DeviceArray<float> work(128), to(32);
                  auto kernel = broken ? write_parts<true> : write_parts<false>;
                  kernel<<<1, 32>>>(work);
                  read_vectors<<<1, 32>>>(reinterpret_cast<float4*>(work.data()), to);
                  return cudaGetLastError();
                });
}
