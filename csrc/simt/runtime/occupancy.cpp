#include "simt/runtime/occupancy.h"

#include <algorithm>

#include "simt/runtime/error.h"
#include "simt/runtime/limits.h"
#include "simt/runtime/operation.h"
#include "simt/runtime/registry.h"

namespace lean::simt {

uint32_t blocks_per_multiprocessor(const Kernel& kernel, uint64_t block_threads,
                                   uint64_t dynamic_shared) {
  if (block_threads == 0 || block_threads > std::min(kernel.max_threads, kMaxBlockThreads)) {
    return 0;
  }
  uint64_t warps = (block_threads + kLanes - 1) / kLanes;
  uint64_t shared = kernel.static_shared + dynamic_shared;
  if (shared > kSharedPerBlockOptin) return 0;
  // Shared memory is given out in steps of 128 bytes.
  shared = (shared + kSharedReservedPerBlock + 127) / 128 * 128;
  uint64_t blocks = std::min<uint64_t>({kMaxBlocksPerMultiprocessor,
                                        kMaxThreadsPerMultiprocessor / kLanes / warps,
                                        kSharedPerMultiprocessor / shared});
  return static_cast<uint32_t>(blocks);
}

}  // namespace lean::simt

using namespace lean::simt;

namespace {

uint64_t cluster_blocks(const cudaLaunchConfig_t& config) {
  uint64_t blocks = 1;
  for (unsigned i = 0; i < config.numAttrs; ++i) {
    if (config.attrs[i].id != cudaLaunchAttributeClusterDimension) continue;
    const auto& dim = config.attrs[i].val.clusterDim;
    blocks = uint64_t{dim.x} * dim.y * dim.z;
  }
  return blocks;
}

}  // namespace

extern "C" {

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, const void* address,
                                                                   int threads, size_t shared,
                                                                   unsigned) {
  return api([&] {
    if (threads <= 0) throw Error(cudaErrorInvalidValue, "a block has threads");
    const Kernel& kernel = find_function(address).kernel();
    *blocks = static_cast<int>(blocks_per_multiprocessor(kernel, threads, shared));
  });
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* address,
                                                          int threads, size_t shared) {
  return cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, address, threads, shared,
                                                                0);
}

cudaError_t cudaOccupancyAvailableDynamicSMemPerBlock(size_t* shared, const void* address,
                                                      int blocks, int threads) {
  return api([&] {
    const Kernel& kernel = find_function(address).kernel();
    if (blocks <= 0 || blocks_per_multiprocessor(kernel, threads, 0) < uint32_t(blocks)) {
      throw Error(cudaErrorInvalidValue, "that many blocks do not fit");
    }
    uint64_t each = kSharedPerMultiprocessor / static_cast<uint64_t>(blocks) / 128 * 128;
    uint64_t taken = kSharedReservedPerBlock + kernel.static_shared;
    each = each > taken ? each - taken : 0;
    *shared = std::min<uint64_t>(each, kSharedPerBlockOptin - kernel.static_shared);
  });
}

cudaError_t cudaOccupancyMaxPotentialClusterSize(int* size, const void* address,
                                                 const cudaLaunchConfig_t*) {
  return api([&] {
    const Function& function = find_function(address);
    *size = function.settings.non_portable_cluster ? kMaxCluster : kPortableCluster;
  });
}

cudaError_t cudaOccupancyMaxActiveClusters(int* clusters, const void* address,
                                           const cudaLaunchConfig_t* config) {
  return api([&] {
    const Kernel& kernel = find_function(address).kernel();
    uint64_t threads = uint64_t{config->blockDim.x} * config->blockDim.y * config->blockDim.z;
    uint64_t blocks = blocks_per_multiprocessor(kernel, threads, config->dynamicSmemBytes);
    *clusters = static_cast<int>(blocks * kMultiprocessors / cluster_blocks(*config));
  });
}
}
