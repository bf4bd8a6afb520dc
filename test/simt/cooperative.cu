// Cooperative groups: grids, clusters and tiles as CUDA's own header makes them.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>

#include "support.h"

namespace cg = cooperative_groups;
using namespace lean::simt;
using namespace lean::simt::test;

namespace {

// Each block sums its part; after the grid's barrier each thread divides by the whole.
__global__ void normalize(float* x, float* sums, int n) {
  cg::grid_group grid = cg::this_grid();
  cg::thread_block block = cg::this_thread_block();
  auto warp = cg::tiled_partition<32>(block);
  __shared__ float partial[32];
  float sum = 0;
  for (int i = grid.thread_rank(); i < n; i += grid.size()) sum += x[i];
  sum = cg::reduce(warp, sum, cg::plus<float>());
  if (warp.thread_rank() == 0) partial[warp.meta_group_rank()] = sum;
  block.sync();
  if (block.thread_rank() == 0) {
    float total = 0;
    for (unsigned i = 0; i < warp.meta_group_size(); ++i) total += partial[i];
    sums[blockIdx.x] = total;
  }
  grid.sync();
  float total = 0;
  for (unsigned i = 0; i < gridDim.x; ++i) total += sums[i];
  for (int i = grid.thread_rank(); i < n; i += grid.size()) x[i] /= total;
}

// Every block reads a word of every other one's shared memory.
__global__ void __cluster_dims__(4, 1, 1) exchange(int* to) {
  __shared__ int mine;
  cg::cluster_group cluster = cg::this_cluster();
  if (threadIdx.x == 0) mine = 10 + blockIdx.x;
  cluster.sync();
  if (threadIdx.x < cluster.num_blocks()) {
    to[blockIdx.x * cluster.num_blocks() + threadIdx.x] =
        *cluster.map_shared_rank(&mine, threadIdx.x);
  }
  cluster.sync();
}

__global__ void cluster_rank(unsigned* to) {
  if (threadIdx.x == 0) to[blockIdx.x] = cg::this_cluster().block_rank();
}

}  // namespace

TEST_CASE("cooperative: a grid's barrier and a reduction over tiles") {
  constexpr int kCount = 1000;
  in_every_order([&] {
    DeviceArray<float> x(std::vector<float>(kCount, 2.0f)), sums(6);
    float* xp = x;
    float* sp = sums;
    int count = kCount;
    void* arguments[] = {&xp, &sp, &count};
    CUDA_OK(cudaLaunchCooperativeKernel(normalize, dim3(6), dim3(64), arguments, 0, nullptr));
    CUDA_OK(cudaDeviceSynchronize());
    for (float value : x.get()) REQUIRE(value == doctest::Approx(0.001));
  });
}

TEST_CASE("cooperative: a grid that does not fit is refused") {
  DeviceArray<float> x(1), sums(1);
  float *xp = x, *sp = sums;
  int count = 1;
  void* arguments[] = {&xp, &sp, &count};
  CHECK(cudaLaunchCooperativeKernel(normalize, dim3(132 * 2 + 1), dim3(1024), arguments, 0,
                                    nullptr) == cudaErrorCooperativeLaunchTooLarge);
}

TEST_CASE("cooperative: clusters read each other's shared memory") {
  in_every_order([&] {
    DeviceArray<int> to(8 * 4);
    exchange<<<8, 32>>>(to);
    CUDA_OK(cudaGetLastError());
    std::vector<int> got = to.get();
    for (int block = 0; block < 8; ++block) {
      for (int i = 0; i < 4; ++i) REQUIRE(got[block * 4 + i] == 10 + block / 4 * 4 + i);
    }
  });
}

TEST_CASE("cooperative: cluster sizes are checked") {
  DeviceArray<unsigned> to(64);
  exchange<<<6, 32>>>(nullptr);
  CHECK(cudaGetLastError() == cudaErrorInvalidClusterSize);

  cudaLaunchAttribute attribute{};
  attribute.id = cudaLaunchAttributeClusterDimension;
  cudaLaunchConfig_t config{};
  config.blockDim = 32;
  config.attrs = &attribute;
  config.numAttrs = 1;
  auto launch = [&](unsigned grid, unsigned cluster) {
    config.gridDim = grid;
    attribute.val.clusterDim = {cluster, 1, 1};
    return cudaLaunchKernelEx(&config, cluster_rank, to.data());
  };
  CUDA_OK(launch(16, 8));
  std::vector<unsigned> ranks = to.get();
  CHECK(ranks[7] == 7);
  CHECK(ranks[8] == 0);
  CHECK(launch(12, 8) == cudaErrorInvalidClusterSize);
  CHECK(launch(16, 16) == cudaErrorInvalidClusterSize);
  CUDA_OK(cudaFuncSetAttribute(cluster_rank, cudaFuncAttributeNonPortableClusterSizeAllowed, 1));
  CUDA_OK(launch(32, 16));
  CHECK(launch(32, 32) == cudaErrorInvalidClusterSize);
}
