// Memory that is used before it is there or after it is gone, and addresses that are not aligned.
#include "planted.h"

using namespace lean::simt::test;

namespace {

__global__ void increment(int* x) { x[threadIdx.x] += 1; }

template <class T>
__global__ void copy_one(const char* from, T* to) {
  *to = *reinterpret_cast<const T*>(from);
}

template <bool kBroken>
__global__ void shared_misaligned(double* to) {
  __shared__ __align__(16) char raw[64 * 8 + 8];
  double* values = reinterpret_cast<double*>(raw + (kBroken ? 4 : 0));
  asm volatile("" : "+l"(values));
  values[threadIdx.x] = threadIdx.x;
  __syncthreads();
  to[threadIdx.x] = values[63 - threadIdx.x];
}

__global__ void atomic_add(char* at) { atomicAdd(reinterpret_cast<unsigned long long*>(at), 1); }

}  // namespace

TEST_CASE("planted: memory that has been freed") {
  check_planted({cudaErrorIllegalAddress, "have been freed"}, [](bool broken) {
    int* memory;
    CUDA_OK(cudaMalloc(reinterpret_cast<void**>(&memory), 128));
    CUDA_OK(cudaMemset(memory, 0, 128));
    if (broken) cudaFree(memory);
    increment<<<1, 32>>>(memory);
    cudaError_t error = cudaGetLastError();
    if (!broken) cudaFree(memory);
    return error;
  });
}

TEST_CASE("planted: memory that was freed earlier in the stream") {
  check_planted({cudaErrorIllegalAddress, "have been freed"}, [](bool broken) {
    int* memory;
    CUDA_OK(cudaMallocAsync(reinterpret_cast<void**>(&memory), 128, cudaStreamLegacy));
    CUDA_OK(cudaMemsetAsync(memory, 0, 128, cudaStreamLegacy));
    if (broken) cudaFreeAsync(memory, nullptr);
    increment<<<1, 32>>>(memory);
    if (!broken) cudaFreeAsync(memory, nullptr);
    return cudaGetLastError();
  });
}

TEST_CASE("planted: pinned memory that has been freed") {
  check_planted({cudaErrorIllegalAddress, "out of bounds"}, [](bool broken) {
    int* memory;
    CUDA_OK(cudaMallocHost(reinterpret_cast<void**>(&memory), 128));
    for (int i = 0; i < 32; ++i) memory[i] = i;
    if (broken) cudaFreeHost(memory);
    increment<<<1, 32>>>(memory);
    return cudaGetLastError();
  });
}

TEST_CASE("planted: host memory that is not registered any more") {
  std::vector<int> host(4096);
  check_planted({cudaErrorIllegalAddress, "out of bounds"}, [&](bool broken) {
    CUDA_OK(cudaHostRegister(host.data(), host.size() * sizeof(int), 0));
    if (broken) CUDA_OK(cudaHostUnregister(host.data()));
    increment<<<1, 32>>>(host.data());
    return cudaGetLastError();
  });
}

TEST_CASE("planted: freed twice") {
  check_planted({cudaErrorInvalidValue, "no allocation starts there"}, [](bool broken) {
    void* memory;
    CUDA_OK(cudaMalloc(&memory, 16));
    CUDA_OK(cudaFree(memory));
    return broken ? cudaFree(memory) : cudaSuccess;
  });
}

TEST_CASE("planted: a vector load from an address that is not aligned") {
  check_planted({cudaErrorMisalignedAddress, "which is no multiple of 16"}, [](bool broken) {
    DeviceArray<char> from(std::vector<char>(64, 1));
    DeviceArray<int4> to(1);
    copy_one<<<1, 1>>>(from + (broken ? 4 : 16), to.data());
    return cudaSuccess;
  });
}

TEST_CASE("planted: a two-byte load from an odd address") {
  check_planted({cudaErrorMisalignedAddress, "which is no multiple of 2"}, [](bool broken) {
    DeviceArray<char> from(std::vector<char>(64, 1));
    DeviceArray<short> to(1);
    copy_one<<<1, 1>>>(from + (broken ? 3 : 2), to.data());
    return cudaSuccess;
  });
}

TEST_CASE("planted: shared memory that is not aligned") {
  check_planted({cudaErrorMisalignedAddress, "which is no multiple of 8"}, [](bool broken) {
    DeviceArray<double> to(64);
    auto kernel = broken ? shared_misaligned<true> : shared_misaligned<false>;
    kernel<<<1, 64>>>(to);
    return cudaSuccess;
  });
}

TEST_CASE("planted: an atomic that is not aligned") {
  check_planted({cudaErrorMisalignedAddress, "an atomic of 8 bytes"}, [](bool broken) {
    DeviceArray<char> at(std::vector<char>(64));
    atomic_add<<<1, 1>>>(at + (broken ? 4 : 8));
    return cudaSuccess;
  });
}
