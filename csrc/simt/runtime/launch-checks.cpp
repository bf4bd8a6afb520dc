// Whether a launch is one that a device would take. What CUDA returns for each is from the
// reference of cudaLaunchKernel and cudaLaunchKernelExC and from practice.
#include <algorithm>
#include <cstring>

#include "simt/runtime/dry-run.h"
#include "simt/runtime/error.h"
#include "simt/runtime/limits.h"
#include "simt/runtime/occupancy.h"
#include "simt/runtime/operation.h"
#include "simt/runtime/registry.h"

namespace lean::simt {
namespace {

std::string text(const Dim& dim) {
  return std::to_string(dim.x) + " x " + std::to_string(dim.y) + " x " + std::to_string(dim.z);
}

Dim to_dim(const dim3& dim) { return {dim.x, dim.y, dim.z}; }

class Checks {
 public:
  Checks(const Function& function, const Kernel& kernel, const LaunchShape& shape,
         const Launch& launch)
      : function_(function), kernel_(kernel), shape_(shape), launch_(launch) {}

  void all() const {
    check_block();
    check_grid();
    check_shared();
    check_cluster();
    check_cooperative();
  }

 private:
  [[noreturn]] void refuse(cudaError_t code, const std::string& why) const {
    throw Error(code, function_.name + ": " + why);
  }

  void check_block() const {
    const Dim& block = launch_.block;
    if (block.count() == 0 || block.x > kMaxBlockX || block.y > kMaxBlockY ||
        block.z > kMaxBlockZ || block.count() > kMaxBlockThreads) {
      refuse(cudaErrorInvalidConfiguration,
             "a block of " + text(block) + " threads; a device takes 1 to 1024, at most 64 in z");
    }
    Dim required = kernel_.required_block;
    if (required.count() > 0 &&
        (block.x != required.x || block.y != required.y || block.z != required.z)) {
      refuse(cudaErrorInvalidValue,
             "a block of " + text(block) + " threads; __block_size__ says " + text(required));
    }
    if (block.count() > kernel_.max_threads) {
      refuse(cudaErrorInvalidValue, "a block of " + text(block) + " threads; __launch_bounds__ " +
                                        "allows " + std::to_string(kernel_.max_threads));
    }
  }

  void check_grid() const {
    const Dim& grid = launch_.grid;
    if (grid.count() == 0 || grid.x > kMaxGridX || grid.y > kMaxGridYZ || grid.z > kMaxGridYZ) {
      refuse(cudaErrorInvalidConfiguration,
             "a grid of " + text(grid) + " blocks; y and z end at 65535, and none may be 0");
    }
  }

  void check_shared() const {
    uint64_t total = kernel_.static_shared;
    if (shape_.shared > 0) total = kernel_.dynamic_shared + shape_.shared;
    if (shape_.shared > function_.settings.max_dynamic_shared || total > kSharedPerBlockOptin) {
      refuse(cudaErrorInvalidValue,
             std::to_string(shape_.shared) + " bytes of dynamic shared memory (and " +
                 std::to_string(kernel_.static_shared) + " static); the kernel may have " +
                 std::to_string(function_.settings.max_dynamic_shared) +
                 ", see cudaFuncAttributeMaxDynamicSharedMemorySize");
    }
    // Without opting in, static and dynamic memory share the 48 KiB.
    if (function_.settings.max_dynamic_shared <= kSharedPerBlock && total > kSharedPerBlock) {
      refuse(cudaErrorInvalidValue, std::to_string(total) +
                                        " bytes of static and dynamic shared memory; 49152 are "
                                        "there without opting in");
    }
  }

  void check_cluster() const {
    const Dim& cluster = launch_.cluster;
    if (cluster.count() == 0) refuse(cudaErrorInvalidClusterSize, "a cluster of no blocks");
    Dim required = kernel_.required_cluster;
    if (required.count() > 0 &&
        (cluster.x != required.x || cluster.y != required.y || cluster.z != required.z)) {
      refuse(cudaErrorInvalidClusterSize,
             "a cluster of " + text(cluster) + " blocks; __cluster_dims__ says " + text(required));
    }
    uint32_t limit = function_.settings.non_portable_cluster ? kMaxCluster : kPortableCluster;
    if (cluster.count() > limit) {
      refuse(cudaErrorInvalidClusterSize, "a cluster of " + text(cluster) + " blocks; the kernel " +
                                              "may have " + std::to_string(limit));
    }
    const Dim& grid = launch_.grid;
    if (grid.x % cluster.x || grid.y % cluster.y || grid.z % cluster.z) {
      refuse(cudaErrorInvalidClusterSize,
             "clusters of " + text(cluster) + " do not divide a grid of " + text(grid));
    }
  }

  void check_cooperative() const {
    if (!shape_.cooperative) return;
    uint64_t fit = uint64_t{kMultiprocessors} *
                   blocks_per_multiprocessor(kernel_, launch_.block.count(), shape_.shared);
    if (launch_.grid.count() > fit) {
      refuse(cudaErrorCooperativeLaunchTooLarge, std::to_string(launch_.grid.count()) +
                                                     " blocks; at most " + std::to_string(fit) +
                                                     " are resident at once");
    }
  }

  const Function& function_;
  const Kernel& kernel_;
  const LaunchShape& shape_;
  const Launch& launch_;
};

// CU_LAUNCH_PARAM_BUFFER_POINTER and its kin: the parameters as one block.
std::vector<std::byte> from_extra(void** extra, uint32_t bytes) {
  void* const kEnd = nullptr;
  void* const kPointer = reinterpret_cast<void*>(1);
  void* const kSize = reinterpret_cast<void*>(2);
  const void* buffer = nullptr;
  size_t size = 0;
  for (; *extra != kEnd; extra += 2) {
    if (*extra == kPointer) buffer = extra[1];
    if (*extra == kSize) size = *static_cast<size_t*>(extra[1]);
  }
  std::vector<std::byte> parameters(bytes);
  if (!buffer && bytes > 0) throw Error(cudaErrorInvalidValue, "`extra` has no parameters");
  if (bytes > 0) std::memcpy(parameters.data(), buffer, std::min<size_t>(size, bytes));
  return parameters;
}

std::vector<std::byte> copy_parameters(const Kernel& kernel, void** arguments, void** extra) {
  if (!arguments && extra) return from_extra(extra, kernel.parameter_bytes);
  std::vector<std::byte> bytes(kernel.parameter_bytes);
  if (!kernel.parameters.empty() && !arguments) {
    throw Error(cudaErrorInvalidValue, kernel.name + ": no arguments were given");
  }
  for (size_t i = 0; i < kernel.parameters.size(); ++i) {
    const Parameter& parameter = kernel.parameters[i];
    std::memcpy(bytes.data() + parameter.offset, arguments[i], parameter.bytes);
  }
  return bytes;
}

}  // namespace

KernelCall make_kernel_call(const void* address, const LaunchShape& shape, void** arguments,
                            void** extra) {
  KernelCall call;
  Function& function = find_function(address);
  const Kernel& kernel = function.kernel();
  call.function = &function;
  call.shape = shape;
  Launch& launch = call.launch;
  launch.kernel = &kernel;
  launch.grid = to_dim(shape.grid);
  launch.block = to_dim(shape.block);
  launch.cluster = {1, 1, 1};
  Dim required = kernel.required_cluster;
  if (required.count() > 0) launch.cluster = required;
  if (function.settings.cluster.count() > 0) launch.cluster = function.settings.cluster;
  if (shape.cluster.x | shape.cluster.y | shape.cluster.z) launch.cluster = to_dim(shape.cluster);
  launch.cooperative = shape.cooperative;
  Checks(function, kernel, shape, launch).all();
  launch.dynamic_shared = static_cast<uint32_t>(shape.shared);
  launch.parameters = copy_parameters(kernel, arguments, extra);
  record_launch(call);
  return call;
}

}  // namespace lean::simt
