// cp.async that nobody waits for.
#include <cuda_pipeline.h>

#include "planted.h"

using namespace lean::simt::test;

namespace {

constexpr int kTile = 128;

template <bool kBroken>
__global__ void no_wait(const float* from, float* to) {
  __shared__ __align__(16) float tile[kTile];
  __pipeline_memcpy_async(tile + threadIdx.x * 4, from + threadIdx.x * 4, 16);
  __pipeline_commit();
  if (!kBroken) __pipeline_wait_prior(0);
  __syncthreads();
  for (int i = threadIdx.x; i < kTile; i += blockDim.x) to[i] = tile[i];
}

template <bool kBroken>
__global__ void too_few(const float* from, float* to, int tiles) {
  __shared__ __align__(16) float tile[2][kTile];
  auto fetch = [&](int at) {
    if (at < tiles) {
      __pipeline_memcpy_async(tile[at % 2] + threadIdx.x * 4, from + at * kTile + threadIdx.x * 4,
                              16);
    }
    __pipeline_commit();
  };
  fetch(0);
  for (int at = 0; at < tiles; ++at) {
    fetch(at + 1);
    // The tile of this round has to be there; the one of the next may be on its way.
    __pipeline_wait_prior(kBroken ? 2 : 1);
    __syncthreads();
    for (int i = threadIdx.x; i < kTile; i += blockDim.x) to[at * kTile + i] = tile[at % 2][i];
    __syncthreads();
  }
}

std::vector<float> numbers(int count) {
  std::vector<float> values(count);
  for (int i = 0; i < count; ++i) values[i] = i;
  return values;
}

}  // namespace

TEST_CASE("planted: cp.async without a wait") {
  check_planted({cudaErrorLaunchFailure, "cp.async"}, [](bool broken) {
    DeviceArray<float> from(numbers(kTile)), to(kTile);
    auto kernel = broken ? no_wait<true> : no_wait<false>;
    kernel<<<1, 32>>>(from, to);
    if (!broken) CHECK(to.get() == numbers(kTile));
    return cudaSuccess;
  });
}

TEST_CASE("planted: cp.async with a wait for too few groups") {
  check_planted({cudaErrorLaunchFailure, "cp.async"}, [](bool broken) {
    DeviceArray<float> from(numbers(4 * kTile)), to(4 * kTile);
    auto kernel = broken ? too_few<true> : too_few<false>;
    kernel<<<1, 32>>>(from, to, 4);
    if (!broken) CHECK(to.get() == numbers(4 * kTile));
    return cudaSuccess;
  });
}
