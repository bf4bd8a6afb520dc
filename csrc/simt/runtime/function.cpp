// cudaFunc...: what is known of a kernel, and what it may use.
#include <cuda_runtime_api.h>

#include "simt/ptx/module.h"
#include "simt/runtime/error.h"
#include "simt/runtime/limits.h"
#include "simt/runtime/registry.h"

using namespace lean::simt;

namespace {

void set_attribute(Function& function, cudaFuncAttribute which, int value) {
  auto& settings = function.settings;
  switch (which) {
    case cudaFuncAttributeMaxDynamicSharedMemorySize: {
      uint64_t total = function.kernel().static_shared + static_cast<uint64_t>(value);
      if (value < 0 || total > kSharedPerBlockOptin) {
        throw Error(cudaErrorInvalidValue, function.name + ": " + std::to_string(value) +
                                               " bytes of dynamic shared memory do not fit; a " +
                                               "block has 232448 in all");
      }
      settings.max_dynamic_shared = static_cast<uint32_t>(value);
      return;
    }
    case cudaFuncAttributePreferredSharedMemoryCarveout:
      if (value < -1 || value > 100) throw Error(cudaErrorInvalidValue, "a percentage, or -1");
      settings.carveout = value;
      return;
    case cudaFuncAttributeNonPortableClusterSizeAllowed:
      settings.non_portable_cluster = value != 0;
      return;
    case cudaFuncAttributeRequiredClusterWidth:
      settings.cluster.x = static_cast<uint32_t>(value);
      return;
    case cudaFuncAttributeRequiredClusterHeight:
      settings.cluster.y = static_cast<uint32_t>(value);
      return;
    case cudaFuncAttributeRequiredClusterDepth:
      settings.cluster.z = static_cast<uint32_t>(value);
      return;
    case cudaFuncAttributeClusterSchedulingPolicyPreference:
      return;
    default:
      throw Error(cudaErrorInvalidValue, "no such attribute of a kernel");
  }
}

}  // namespace

extern "C" {

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* to, const void* address) {
  return api([&] {
    Function& function = find_function(address);
    const Kernel& kernel = function.kernel();
    *to = {};
    to->sharedSizeBytes = kernel.static_shared;
    to->localSizeBytes = kernel.local_bytes;
    to->maxThreadsPerBlock = static_cast<int>(kernel.max_threads);
    // ptxas decides it, and it has not run: what always fits a block of 1024.
    to->numRegs = 64;
    to->ptxVersion = function.ptx_version();
    to->binaryVersion = to->ptxVersion;
    to->maxDynamicSharedSizeBytes = static_cast<int>(function.settings.max_dynamic_shared);
    to->preferredShmemCarveout = function.settings.carveout;
    Dim cluster = function.settings.cluster;
    const auto& required = kernel.required_cluster;
    if (required.x > 0) cluster = required;
    to->clusterDimMustBeSet = required.x > 0;
    to->requiredClusterWidth = static_cast<int>(cluster.x);
    to->requiredClusterHeight = static_cast<int>(cluster.y);
    to->requiredClusterDepth = static_cast<int>(cluster.z);
    to->nonPortableClusterSizeAllowed = function.settings.non_portable_cluster;
  });
}

cudaError_t cudaFuncSetAttribute(const void* address, cudaFuncAttribute attribute, int value) {
  return api([&] { set_attribute(find_function(address), attribute, value); });
}

cudaError_t cudaKernelSetAttributeForDevice(cudaKernel_t kernel, cudaFuncAttribute attribute,
                                            int value, int device) {
  return api([&] {
    if (device != 0) throw Error(cudaErrorInvalidDevice, "there is one device, 0");
    set_attribute(find_function(kernel), attribute, value);
  });
}

cudaError_t cudaFuncSetCacheConfig(const void* address, cudaFuncCache) {
  return api([&] { find_function(address); });
}

cudaError_t cudaFuncGetName(const char** name, const void* address) {
  return api([&] { *name = find_function(address).name.c_str(); });
}

cudaError_t cudaFuncGetParamInfo(const void* address, size_t index, size_t* offset, size_t* bytes) {
  return api([&] {
    const auto& parameters = find_function(address).kernel().parameters;
    if (index >= parameters.size()) throw Error(cudaErrorInvalidValue, "no such parameter");
    *offset = parameters[index].offset;
    if (bytes) *bytes = parameters[index].bytes;
  });
}
}
