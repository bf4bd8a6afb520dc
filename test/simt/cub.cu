// CUB's block algorithms, unmodified.
#include <algorithm>
#include <cub/block/block_radix_sort.cuh>
#include <cub/block/block_reduce.cuh>
#include <cub/block/block_scan.cuh>
#include <numeric>

#include "support.h"

using namespace lean::simt;
using namespace lean::simt::test;

namespace {

constexpr int kThreads = 128;
constexpr int kItems = 4;

__global__ void reduce(const int* from, int* to) {
  using Reduce = cub::BlockReduce<int, kThreads>;
  __shared__ typename Reduce::TempStorage storage;
  int sum = Reduce(storage).Sum(from[threadIdx.x]);
  if (threadIdx.x == 0) *to = sum;
}

__global__ void scan(const int* from, int* to) {
  using Scan = cub::BlockScan<int, kThreads>;
  __shared__ typename Scan::TempStorage storage;
  int value;
  Scan(storage).ExclusiveSum(from[threadIdx.x], value);
  to[threadIdx.x] = value;
}

__global__ void sort(const int* from, int* to) {
  using Sort = cub::BlockRadixSort<int, kThreads, kItems>;
  __shared__ typename Sort::TempStorage storage;
  int items[kItems];
  for (int i = 0; i < kItems; ++i) items[i] = from[threadIdx.x * kItems + i];
  Sort(storage).Sort(items);
  for (int i = 0; i < kItems; ++i) to[threadIdx.x * kItems + i] = items[i];
}

std::vector<int> scrambled(int count) {
  std::vector<int> values(count);
  uint32_t state = 12345;
  for (int& value : values) {
    state = state * 1664525 + 1013904223;
    value = static_cast<int>(state >> 8) - (1 << 23);
  }
  return values;
}

}  // namespace

TEST_CASE("cub: BlockReduce") {
  std::vector<int> values = scrambled(kThreads);
  in_every_order([&] {
    DeviceArray<int> from(values), to(1);
    reduce<<<1, kThreads>>>(from, to);
    CUDA_OK(cudaGetLastError());
    CHECK(to.get()[0] == std::accumulate(values.begin(), values.end(), 0));
  });
}

TEST_CASE("cub: BlockScan") {
  std::vector<int> values = scrambled(kThreads), sums(kThreads);
  std::exclusive_scan(values.begin(), values.end(), sums.begin(), 0);
  in_every_order([&] {
    DeviceArray<int> from(values), to(kThreads);
    scan<<<1, kThreads>>>(from, to);
    CUDA_OK(cudaGetLastError());
    CHECK(to.get() == sums);
  });
}

TEST_CASE("cub: BlockRadixSort") {
  std::vector<int> values = scrambled(kThreads * kItems), sorted = values;
  std::sort(sorted.begin(), sorted.end());
  in_every_order([&] {
    DeviceArray<int> from(values), to(kThreads * kItems);
    sort<<<1, kThreads>>>(from, to);
    CUDA_OK(cudaGetLastError());
    CHECK(to.get() == sorted);
  });
}
