// Launches of every kind, and what they pass.
#include "support.h"

using namespace lean::simt;
using namespace lean::simt::test;

namespace {

__global__ void add(const float* a, const float* b, float* c, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) c[i] = a[i] + b[i];
}

struct Wide {
  char letter;
  double number;
  int values[5];
};

__global__ void take_apart(Wide wide, short small, const Wide* other, double* to) {
  to[0] = wide.letter;
  to[1] = wide.number;
  to[2] = wide.values[4];
  to[3] = small;
  to[4] = other->number;
}

__global__ void where(uint3* to) {
  unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  to[block * (blockDim.x * blockDim.y * blockDim.z) + thread] = {
      blockIdx.x * 100 + threadIdx.x, blockIdx.y * 100 + threadIdx.y,
      blockIdx.z * 100 + threadIdx.z};
}

template <class T>
__global__ void fill_shared(T* to, T value) {
  extern __shared__ char raw[];
  T* shared = reinterpret_cast<T*>(raw);
  shared[threadIdx.x] = value + T(threadIdx.x);
  __syncthreads();
  to[threadIdx.x] = shared[blockDim.x - 1 - threadIdx.x];
}

__global__ void __launch_bounds__(64) small_block(int* to) { to[threadIdx.x] = threadIdx.x; }

__constant__ float weights[4] = {1, 2, 3, 4};
__device__ int counter = 5;

__global__ void use_globals(float* to) {
  to[threadIdx.x] = weights[threadIdx.x] + counter;
  __syncthreads();
  if (threadIdx.x == 0) counter = 7;
}

__managed__ int total = 40;

__global__ void add_managed(const int* by) { total += *by; }

}  // namespace

TEST_CASE("launches: vector addition") {
  constexpr int kCount = 1000;
  std::vector<float> a(kCount), b(kCount);
  for (int i = 0; i < kCount; ++i) {
    a[i] = 0.5f * i;
    b[i] = 1000 - i;
  }
  in_every_order([&] {
    DeviceArray<float> x(a), y(b), sum(kCount);
    add<<<(kCount + 127) / 128, 128>>>(x, y, sum, kCount);
    CUDA_OK(cudaGetLastError());
    std::vector<float> got = sum.get();
    for (int i = 0; i < kCount; ++i) REQUIRE(got[i] == a[i] + b[i]);
  });
}

TEST_CASE("launches: parameters of all sizes") {
  Wide wide{'x', 2.5, {1, 2, 3, 4, 5}};
  DeviceArray<Wide> other(std::vector<Wide>{{'y', -1.25, {}}});
  DeviceArray<double> to(5);
  take_apart<<<1, 1>>>(wide, -3, other, to);
  CHECK(to.get() == std::vector<double>{'x', 2.5, 5, -3, -1.25});
}

TEST_CASE("launches: blocks and threads in three dimensions") {
  dim3 grid(3, 2, 2), block(5, 3, 2);
  DeviceArray<uint3> to(12 * 30);
  where<<<grid, block>>>(to);
  std::vector<uint3> got = to.get();
  CHECK(got[0].x == 0);
  CHECK(got.back().x == 204);
  CHECK(got.back().y == 102);
  CHECK(got.back().z == 101);
}

TEST_CASE("launches: dynamic shared memory") {
  DeviceArray<double> to(256);
  fill_shared<double><<<1, 256, 256 * sizeof(double)>>>(to, 0.5);
  std::vector<double> got = to.get();
  for (int i = 0; i < 256; ++i) REQUIRE(got[i] == 255 - i + 0.5);
}

TEST_CASE("launches: shapes that no device takes are refused, and are not sticky") {
  DeviceArray<int> to(2048);
  small_block<<<1, 65>>>(to);
  CHECK(cudaGetLastError() == cudaErrorInvalidValue);
  CHECK(last_error_message().find("__launch_bounds__") != std::string::npos);
  small_block<<<1, 2048>>>(to);
  CHECK(cudaGetLastError() == cudaErrorInvalidConfiguration);
  small_block<<<0, 1>>>(to);
  CHECK(cudaGetLastError() == cudaErrorInvalidConfiguration);
  small_block<<<dim3(1, 65536), 1>>>(to);
  CHECK(cudaGetLastError() == cudaErrorInvalidConfiguration);
  where<<<1, dim3(1, 1, 65)>>>(nullptr);
  CHECK(cudaGetLastError() == cudaErrorInvalidConfiguration);
  small_block<<<1, 64>>>(to);
  CUDA_OK(cudaDeviceSynchronize());
}

TEST_CASE("launches: more than 48 KiB of shared memory takes opting in") {
  DeviceArray<char> to(64);
  fill_shared<char><<<1, 64, 48 * 1024>>>(to, 'a');
  CUDA_OK(cudaGetLastError());
  fill_shared<char><<<1, 64, 48 * 1024 + 1>>>(to, 'a');
  CHECK(cudaGetLastError() == cudaErrorInvalidValue);
  auto attribute = cudaFuncAttributeMaxDynamicSharedMemorySize;
  CUDA_OK(cudaFuncSetAttribute(fill_shared<char>, attribute, 227 * 1024));
  fill_shared<char><<<1, 64, 227 * 1024>>>(to, 'a');
  CUDA_OK(cudaDeviceSynchronize());
  CHECK(cudaFuncSetAttribute(fill_shared<char>, attribute, 227 * 1024 + 1) ==
        cudaErrorInvalidValue);
}

TEST_CASE("launches: a function that is no kernel") {
  int local = 0;
  CHECK(cudaLaunchKernel(&local, 1, 1, nullptr, 0, nullptr) == cudaErrorInvalidDeviceFunction);
  cudaFuncAttributes attributes;
  CHECK(cudaFuncGetAttributes(&attributes, &local) == cudaErrorInvalidDeviceFunction);
}

TEST_CASE("launches: what is known of a kernel") {
  cudaFuncAttributes attributes;
  CUDA_OK(cudaFuncGetAttributes(&attributes, small_block));
  CHECK(attributes.maxThreadsPerBlock == 64);
  CHECK(attributes.ptxVersion == 90);
  CHECK(attributes.maxDynamicSharedSizeBytes == 48 * 1024);
  int blocks;
  CUDA_OK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, add, 256, 0));
  CHECK(blocks == 8);
  CUDA_OK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, add, 32, 100 * 1024));
  CHECK(blocks == 2);
}

TEST_CASE("launches: constants and variables, and their values after a reset") {
  DeviceArray<float> to(4);
  use_globals<<<1, 4>>>(to);
  CHECK(to.get() == std::vector<float>{6, 7, 8, 9});
  int value = 0;
  CUDA_OK(cudaMemcpyFromSymbol(&value, counter, sizeof value));
  CHECK(value == 7);
  float half = 0.5f;
  CUDA_OK(cudaMemcpyToSymbol(weights, &half, sizeof half, 4));
  use_globals<<<1, 4>>>(to);
  CHECK(to.get() == std::vector<float>{8, 7.5f, 10, 11});
  CHECK(cudaMemcpyToSymbol(weights, &half, sizeof half, 16) == cudaErrorInvalidValue);
  size_t bytes;
  CUDA_OK(cudaGetSymbolSize(&bytes, weights));
  CHECK(bytes == 16);
  CUDA_OK(cudaDeviceReset());
  CUDA_OK(cudaMemcpyFromSymbol(&value, counter, sizeof value));
  CHECK(value == 5);
}

TEST_CASE("launches: managed memory and variables") {
  int* by;
  CUDA_OK(cudaMallocManaged(reinterpret_cast<void**>(&by), sizeof(int)));
  *by = 2;
  CHECK(total == 40);
  add_managed<<<1, 1>>>(by);
  CUDA_OK(cudaDeviceSynchronize());
  CHECK(total == 42);
  cudaPointerAttributes attributes;
  CUDA_OK(cudaPointerGetAttributes(&attributes, by));
  CHECK(attributes.type == cudaMemoryTypeManaged);
  CHECK(attributes.hostPointer == by);
  CUDA_OK(cudaFree(by));
  CUDA_OK(cudaDeviceReset());
  CHECK(total == 40);
}
