// Threads that wait for what never comes.
#include "planted.h"

using namespace lean::simt;
using namespace lean::simt::test;

namespace {

// The last thread of another block sets the flag; with the bug, a flag that nobody looks at.
template <bool kBroken>
__global__ void wait_for_flag(volatile int* flag, int* to) {
  if (blockIdx.x == 0) {
    if (threadIdx.x == 0) flag[kBroken ? 1 : 0] = 1;
  } else {
    while (flag[0] == 0) {
    }
  }
  to[blockIdx.x * blockDim.x + threadIdx.x] = 1;
}

// A lock that is never given back. Every try writes what is there already.
template <bool kBroken>
__global__ void lock(int* locked, int* count) {
  if (threadIdx.x % 32 == 0) {
    while (atomicExch(locked, 1) != 0) __nanosleep(20);
    *count += 1;
    __threadfence();
    if (!kBroken) atomicExch(locked, 0);
  }
}

// One thread works for long while all others wait.
__global__ void long_work(volatile int* flag, volatile unsigned* work, int rounds) {
  if (blockIdx.x == 0 && threadIdx.x < 32) {
    if (threadIdx.x == 0) {
      for (int i = 0; i < rounds; ++i) work[i % 16] = work[(i + 1) % 16] * 1664525u + 1013904223u;
      flag[0] = 1;
    }
  } else {
    while (flag[0] == 0) {
    }
  }
}

void launch_together(const void* kernel, int blocks, int threads, void** arguments) {
  CUDA_OK(cudaLaunchCooperativeKernel(kernel, dim3(blocks), dim3(threads), arguments, 0, nullptr));
}

}  // namespace

TEST_CASE("planted: a flag that is never set") {
  options().patience = 100000;
  check_planted({cudaErrorLaunchTimeout, "threads spin"}, [](bool broken) {
    DeviceArray<int> flag(std::vector<int>(2, 0)), to(128);
    int* flags = flag;
    int* results = to;
    void* arguments[] = {&flags, &results};
    const void* kernel = broken ? reinterpret_cast<const void*>(wait_for_flag<true>)
                                : reinterpret_cast<const void*>(wait_for_flag<false>);
    launch_together(kernel, 2, 64, arguments);
    return cudaDeviceSynchronize();
  });
}

TEST_CASE("planted: the line where threads spin is named") {
  options().patience = 100000;
  DeviceArray<int> flag(std::vector<int>(2, 0)), to(128);
  int* flags = flag;
  int* results = to;
  void* arguments[] = {&flags, &results};
  launch_together(reinterpret_cast<const void*>(wait_for_flag<true>), 2, 64, arguments);
  CHECK(cudaDeviceSynchronize() != cudaSuccess);
  const std::string report = last_fault_report();
  CAPTURE(report);
  CHECK(report.find("64 spin at spinning.cu:") != std::string::npos);
  CHECK(report.find("LEAN_SIMT_PATIENCE") != std::string::npos);
}

TEST_CASE("planted: a lock that is never given back") {
  options().patience = 100000;
  check_planted({cudaErrorLaunchTimeout, "threads spin"}, [](bool broken) {
    DeviceArray<int> locked(std::vector<int>(1, 0)), count(std::vector<int>(1, 0));
    if (broken) {
      lock<true><<<1, 128>>>(locked, count);
    } else {
      lock<false><<<1, 128>>>(locked, count);
    }
    const cudaError_t error = cudaDeviceSynchronize();
    if (!broken) CHECK(count.get()[0] == 4);
    return error;
  });
}

TEST_CASE("a spin that takes longer than the patience, for what somebody still works on") {
  in_every_order([] {
    options().patience = 20000;
    DeviceArray<int> flag(std::vector<int>(1, 0));
    DeviceArray<unsigned> work(std::vector<unsigned>(16, 1));
    int* flags = flag;
    unsigned* words = work;
    int rounds = 40000;
    void* arguments[] = {&flags, &words, &rounds};
    launch_together(reinterpret_cast<const void*>(long_work), 2, 64, arguments);
    CUDA_OK(cudaDeviceSynchronize());
  });
}
