// What floors are made of (bench/gpu/ceilings.cu) does what it says: a copy copies all, and no kernel
// leaves its arrays.
#define main ceilings_main
#include "../../bench/gpu/ceilings.cu"
#undef main

#include <cmath>
#include <numeric>

#include "support.h"

using lean::simt::test::DeviceArray;

TEST_CASE("the copy whose rate is measured copies every element, whatever the grid") {
  for (int count : {1, 4, 1000, 4096}) {
    std::vector<uint32_t> words(4 * count);
    std::iota(words.begin(), words.end(), 1);
    DeviceArray<uint32_t> from(words), to(std::vector<uint32_t>(words.size(), 0));
    const auto* source = reinterpret_cast<const uint4*>(from.data());
    copy<<<3, 64>>>(source, reinterpret_cast<uint4*>(to.data()), count);
    read<<<3, 64>>>(source, to.data(), count);
    CUDA_OK(cudaDeviceSynchronize());
    CHECK(to.get() == words);
  }
}

TEST_CASE("the products whose rate is measured stay within their arrays") {
  DeviceArray<float> sink(std::vector<float>(64, -1));
  fused_multiply_add<<<1, 64>>>(sink.data());
  CUDA_OK(cudaDeviceSynchronize());
  CHECK(sink.get()[63] > 0);
  DeviceArray<float> warp(std::vector<float>(32, -1));
  mma_sync<<<1, 32>>>(warp.data());
  CUDA_OK(cudaDeviceSynchronize());
  for (float sum : warp.get()) {
    CHECK(sum != -1);
    CHECK(std::abs(sum) < kChains * 4 * 16.0f * kRounds);
  }
}
