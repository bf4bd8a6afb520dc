// Accesses that are outside of what they should touch.
#include "planted.h"

using namespace lean::simt::test;

namespace {

constexpr int kCount = 100;

template <bool kBroken>
__global__ void store_past_end(float* to, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (kBroken || i < n) to[i] = 1;
}

template <bool kBroken>
__global__ void load_past_end(const float* from, float* to, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) to[i] = from[kBroken ? i + 1 : i];
}

template <bool kBroken>
__global__ void load_before_start(const float* from, float* to, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) to[i] = from[i] + (kBroken || i > 0 ? from[i - 1] : 0);
}

template <bool kBroken>
__global__ void vector_past_end(const float4* from, float* to, int n) {
  int i = threadIdx.x;
  if (i * 4 < (kBroken ? n + 3 : n - 3)) to[i] = from[i].x + from[i].w;
}

template <bool kBroken>
__global__ void atomic_past_end(int* to, int n) {
  if (threadIdx.x < n + (kBroken ? 1 : 0)) atomicAdd(to + threadIdx.x, 1);
}

template <bool kBroken>
__global__ void static_shared(float* to) {
  __shared__ float tile[64];
  tile[threadIdx.x + (kBroken ? 1 : 0)] = threadIdx.x;
  __syncthreads();
  to[threadIdx.x] = tile[63 - threadIdx.x + (kBroken ? 1 : 0)];
}

__global__ void dynamic_shared(float* to) {
  extern __shared__ float tile[];
  tile[threadIdx.x] = threadIdx.x;
  __syncthreads();
  to[threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
}

template <bool kBroken>
__global__ void local_array(const int* index, int* to) {
  int values[8];
#pragma unroll 1
  for (int i = 0; i < 8; ++i) values[i] = i * index[0];
  to[threadIdx.x] = values[index[1] + (kBroken ? 1 : 0)];
}

__constant__ int table[4] = {1, 2, 3, 4};

template <bool kBroken>
__global__ void constant_past_end(int* to) {
  to[threadIdx.x] = table[kBroken ? threadIdx.x : threadIdx.x & 3];
}

template <bool kBroken>
__global__ void write_constant(int* to) {
  int* constant = const_cast<int*>(table);
  asm volatile("" : "+l"(constant));
  *(kBroken ? constant : to) = 1;
}

__global__ void store_one(int* to) { *to = 1; }

__global__ void use_indirect(int** to) { **to = 1; }

}  // namespace

TEST_CASE("planted: a global store past the end") {
  check_planted({cudaErrorIllegalAddress, "after the end of an allocation of 400 bytes"},
                [](bool broken) {
                  DeviceArray<float> to(kCount);
                  auto kernel = broken ? store_past_end<true> : store_past_end<false>;
                  kernel<<<2, 64>>>(to, kCount);
                  return cudaSuccess;
                });
}

TEST_CASE("planted: a global load past the end") {
  check_planted({cudaErrorIllegalAddress, "after the end of an allocation of 400 bytes"},
                [](bool broken) {
                  DeviceArray<float> from(std::vector<float>(kCount, 1)), to(kCount);
                  auto kernel = broken ? load_past_end<true> : load_past_end<false>;
                  kernel<<<2, 64>>>(from, to, kCount);
                  return cudaSuccess;
                });
}

TEST_CASE("planted: a global load before the start") {
  check_planted({cudaErrorIllegalAddress, "out of bounds: a read of 4 bytes"}, [](bool broken) {
    DeviceArray<float> from(std::vector<float>(kCount, 1)), to(kCount);
    auto kernel = broken ? load_before_start<true> : load_before_start<false>;
    kernel<<<2, 64>>>(from, to, kCount);
    return cudaSuccess;
  });
}

TEST_CASE("planted: a vector load that is partly past the end") {
  check_planted({cudaErrorIllegalAddress, "a read of 16 bytes"}, [](bool broken) {
    DeviceArray<float> from(std::vector<float>(102, 1)), to(32);
    auto kernel = broken ? vector_past_end<true> : vector_past_end<false>;
    kernel<<<1, 32>>>(reinterpret_cast<float4*>(from.data()), to, 102);
    return cudaSuccess;
  });
}

TEST_CASE("planted: an atomic past the end") {
  check_planted({cudaErrorIllegalAddress, "an atomic of 4 bytes"}, [](bool broken) {
    DeviceArray<int> to(std::vector<int>(8));
    auto kernel = broken ? atomic_past_end<true> : atomic_past_end<false>;
    kernel<<<1, 32>>>(to, 8);
    return cudaSuccess;
  });
}

TEST_CASE("planted: static shared memory past its end") {
  check_planted({cudaErrorIllegalAddress, "of shared memory at byte 256; a block has 256 bytes"},
                [](bool broken) {
                  DeviceArray<float> to(64);
                  auto kernel = broken ? static_shared<true> : static_shared<false>;
                  kernel<<<1, 64>>>(to);
                  return cudaSuccess;
                });
}

TEST_CASE("planted: too little dynamic shared memory asked for") {
  check_planted({cudaErrorIllegalAddress, "252 dynamic"}, [](bool broken) {
    DeviceArray<float> to(64);
    dynamic_shared<<<1, 64, broken ? 252 : 256>>>(to);
    return cudaSuccess;
  });
}

TEST_CASE("planted: a local array past its end") {
  check_planted({cudaErrorIllegalAddress, "local memory"}, [](bool broken) {
    DeviceArray<int> index(std::vector<int>{3, 7}), to(32);
    auto kernel = broken ? local_array<true> : local_array<false>;
    kernel<<<1, 32>>>(index, to);
    return cudaSuccess;
  });
}

TEST_CASE("planted: a constant array past its end") {
  check_planted({cudaErrorIllegalAddress, "a read of 4 bytes"}, [](bool broken) {
    DeviceArray<int> to(32);
    auto kernel = broken ? constant_past_end<true> : constant_past_end<false>;
    kernel<<<1, 32>>>(to);
    return cudaSuccess;
  });
}

TEST_CASE("planted: a store to constant memory") {
  check_planted({cudaErrorIllegalAddress, "read only: a write to constant memory"},
                [](bool broken) {
                  DeviceArray<int> to(1);
                  auto kernel = broken ? write_constant<true> : write_constant<false>;
                  kernel<<<1, 1>>>(to);
                  return cudaSuccess;
                });
}

TEST_CASE("planted: a null pointer") {
  check_planted({cudaErrorIllegalAddress, "a null pointer"}, [](bool broken) {
    DeviceArray<int> to(1);
    store_one<<<1, 1>>>(broken ? nullptr : to.data());
    return cudaSuccess;
  });
}

TEST_CASE("planted: a pointer to pageable host memory") {
  int host = 0;
  check_planted({cudaErrorIllegalAddress, "where nothing is allocated"}, [&](bool broken) {
    DeviceArray<int> to(1);
    store_one<<<1, 1>>>(broken ? &host : to.data());
    return cudaSuccess;
  });
  CHECK(host == 0);
}

TEST_CASE("planted: an address of another kind in a table of pointers") {
  check_planted({cudaErrorIllegalAddress, "out of bounds"}, [](bool broken) {
    DeviceArray<int> to(1);
    DeviceArray<int*> table(std::vector<int*>{to.data()});
    std::vector<uint64_t> wrong{0x0123456789abcdef & ~uint64_t{3}};
    if (broken) {
      CUDA_OK(cudaMemcpy(table, wrong.data(), sizeof(int*), cudaMemcpyHostToDevice));
    }
    use_indirect<<<1, 1>>>(table);
    return cudaSuccess;
  });
}
