// The device: what it says of itself, and starting it anew.
#include <cuda_runtime_api.h>

#include <cstring>

#include "simt/memory/device-memory.h"
#include "simt/runtime/allocations.h"
#include "simt/runtime/capture.h"
#include "simt/runtime/context.h"
#include "simt/runtime/dry-run.h"
#include "simt/runtime/error.h"
#include "simt/runtime/limits.h"
#include "simt/runtime/options.h"
#include "simt/runtime/registry.h"

using namespace lean::simt;

namespace {

void check_device(int device) {
  if (device != 0) throw Error(cudaErrorInvalidDevice, "there is one device, 0");
}

int megabytes(int count) { return count << 20; }

// cudaDeviceProp and the attributes say the same; they are filled from here.
cudaDeviceProp properties() {
  cudaDeviceProp all{};
  std::strcpy(all.name, kDeviceName);
  std::memcpy(all.uuid.bytes, "lean-optim simt", 16);
  all.totalGlobalMem = DeviceMemory::get().limit();
  all.sharedMemPerBlock = kSharedPerBlock;
  all.regsPerBlock = kRegistersPerMultiprocessor;
  all.warpSize = 32;
  all.memPitch = 0x7fffffff;
  all.maxThreadsPerBlock = kMaxBlockThreads;
  all.maxThreadsDim[0] = kMaxBlockX;
  all.maxThreadsDim[1] = kMaxBlockY;
  all.maxThreadsDim[2] = kMaxBlockZ;
  all.maxGridSize[0] = kMaxGridX;
  all.maxGridSize[1] = kMaxGridYZ;
  all.maxGridSize[2] = kMaxGridYZ;
  all.totalConstMem = kConstantBytes;
  all.major = runtime_options().target / 10;
  all.minor = runtime_options().target % 10;
  all.textureAlignment = 512;
  all.texturePitchAlignment = 32;
  all.multiProcessorCount = kMultiprocessors;
  all.canMapHostMemory = 1;
  all.concurrentKernels = 1;
  all.ECCEnabled = 1;
  all.asyncEngineCount = 3;
  all.unifiedAddressing = 1;
  all.memoryBusWidth = 5120;
  all.l2CacheSize = megabytes(50);
  all.persistingL2CacheMaxSize = megabytes(31);
  all.maxThreadsPerMultiProcessor = kMaxThreadsPerMultiprocessor;
  all.streamPrioritiesSupported = 1;
  all.globalL1CacheSupported = 1;
  all.localL1CacheSupported = 1;
  all.sharedMemPerMultiprocessor = kSharedPerMultiprocessor;
  all.regsPerMultiprocessor = kRegistersPerMultiprocessor;
  all.managedMemory = 1;
  all.concurrentManagedAccess = 1;
  all.computePreemptionSupported = 1;
  all.canUseHostPointerForRegisteredMem = 1;
  all.cooperativeLaunch = 1;
  all.sharedMemPerBlockOptin = kSharedPerBlockOptin;
  all.maxBlocksPerMultiProcessor = kMaxBlocksPerMultiprocessor;
  all.accessPolicyMaxWindowSize = megabytes(128);
  all.reservedSharedMemPerBlock = kSharedReservedPerBlock;
  all.hostRegisterSupported = 1;
  all.memoryPoolsSupported = 1;
  all.clusterLaunch = runtime_options().target >= 90;
  all.unifiedFunctionPointers = 1;
  return all;
}

int attribute(cudaDeviceAttr which) {
  const cudaDeviceProp all = properties();
  switch (which) {
    case cudaDevAttrMaxThreadsPerBlock:
      return all.maxThreadsPerBlock;
    case cudaDevAttrMaxBlockDimX:
    case cudaDevAttrMaxBlockDimY:
    case cudaDevAttrMaxBlockDimZ:
      return all.maxThreadsDim[which - cudaDevAttrMaxBlockDimX];
    case cudaDevAttrMaxGridDimX:
    case cudaDevAttrMaxGridDimY:
    case cudaDevAttrMaxGridDimZ:
      return all.maxGridSize[which - cudaDevAttrMaxGridDimX];
    case cudaDevAttrMaxSharedMemoryPerBlock:
      return static_cast<int>(all.sharedMemPerBlock);
    case cudaDevAttrTotalConstantMemory:
      return static_cast<int>(all.totalConstMem);
    case cudaDevAttrWarpSize:
      return all.warpSize;
    case cudaDevAttrMaxPitch:
      return static_cast<int>(all.memPitch);
    case cudaDevAttrMaxRegistersPerBlock:
      return all.regsPerBlock;
    case cudaDevAttrClockRate:
      return 1980000;  // kHz
    case cudaDevAttrMemoryClockRate:
      return 2619000;
    case cudaDevAttrTextureAlignment:
      return static_cast<int>(all.textureAlignment);
    case cudaDevAttrTexturePitchAlignment:
      return static_cast<int>(all.texturePitchAlignment);
    case cudaDevAttrMultiProcessorCount:
      return all.multiProcessorCount;
    case cudaDevAttrGlobalMemoryBusWidth:
      return all.memoryBusWidth;
    case cudaDevAttrL2CacheSize:
      return all.l2CacheSize;
    case cudaDevAttrMaxPersistingL2CacheSize:
      return all.persistingL2CacheMaxSize;
    case cudaDevAttrMaxAccessPolicyWindowSize:
      return all.accessPolicyMaxWindowSize;
    case cudaDevAttrMaxThreadsPerMultiProcessor:
      return all.maxThreadsPerMultiProcessor;
    case cudaDevAttrAsyncEngineCount:
      return all.asyncEngineCount;
    case cudaDevAttrComputeCapabilityMajor:
      return all.major;
    case cudaDevAttrComputeCapabilityMinor:
      return all.minor;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
      return static_cast<int>(all.sharedMemPerMultiprocessor);
    case cudaDevAttrMaxRegistersPerMultiprocessor:
      return all.regsPerMultiprocessor;
    case cudaDevAttrSingleToDoublePrecisionPerfRatio:
      return 2;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      return static_cast<int>(all.sharedMemPerBlockOptin);
    case cudaDevAttrMaxBlocksPerMultiprocessor:
      return all.maxBlocksPerMultiProcessor;
    case cudaDevAttrReservedSharedMemoryPerBlock:
      return static_cast<int>(all.reservedSharedMemPerBlock);
    case cudaDevAttrClusterLaunch:
      return all.clusterLaunch;
    case cudaDevAttrGpuOverlap:
    case cudaDevAttrCanMapHostMemory:
    case cudaDevAttrConcurrentKernels:
    case cudaDevAttrEccEnabled:
    case cudaDevAttrUnifiedAddressing:
    case cudaDevAttrStreamPrioritiesSupported:
    case cudaDevAttrGlobalL1CacheSupported:
    case cudaDevAttrLocalL1CacheSupported:
    case cudaDevAttrManagedMemory:
    case cudaDevAttrConcurrentManagedAccess:
    case cudaDevAttrComputePreemptionSupported:
    case cudaDevAttrCanUseHostPointerForRegisteredMem:
    case cudaDevAttrCooperativeLaunch:
    case cudaDevAttrHostRegisterSupported:
    case cudaDevAttrMemoryPoolsSupported:
      return 1;
    default:
      // Textures, other devices, other systems: nothing of it is here.
      if (which < 1 || which >= cudaDevAttrMax) {
        throw Error(cudaErrorInvalidValue, "no such attribute");
      }
      return 0;
  }
}

}  // namespace

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  return api(Needs::anything, [&] {
    using Device = RuntimeOptions::Device;
    *count = 0;
    const Device device = runtime_options().device;
    if (device == Device::none) throw Error(cudaErrorNoDevice, "LEAN_SIMT_DEVICE=none");
    if (device == Device::old_driver) {
      throw Error(cudaErrorInsufficientDriver, "LEAN_SIMT_DEVICE=old-driver");
    }
    *count = 1;
  });
}

cudaError_t cudaSetDevice(int device) {
  return api([&] { check_device(device); });
}

cudaError_t cudaInitDevice(int device, unsigned, unsigned) { return cudaSetDevice(device); }

cudaError_t cudaGetDevice(int* device) {
  return api(Needs::anything, [&] { *device = 0; });
}

cudaError_t cudaSetDeviceFlags(unsigned) { return cudaSuccess; }

cudaError_t cudaGetDeviceFlags(unsigned* flags) {
  *flags = cudaDeviceMapHost;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* to, int device) {
  return api([&] {
    check_device(device);
    *to = properties();
  });
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr which, int device) {
  return api([&] {
    check_device(device);
    *value = attribute(which);
  });
}

cudaError_t cudaDeviceGetPCIBusId(char* text, int length, int device) {
  return api([&] {
    check_device(device);
    constexpr char kNone[] = "0000:00:00.0";
    if (length < int(sizeof kNone)) throw Error(cudaErrorInvalidValue, "too short a buffer");
    std::memcpy(text, kNone, sizeof kNone);
  });
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = kVersion;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) { return cudaDriverGetVersion(version); }

cudaError_t cudaDeviceSynchronize() {
  return api([&] {
    refuse_while_any_capture();
    context().work.finish_all();
    require_state(Needs::healthy);
  });
}

// All that this process had of the device: memory, handles, the values of variables, errors.
cudaError_t cudaDeviceReset() {
  return api(Needs::anything, [&] {
    reset_context();
    release_all();
    forget_modules();
    clear_launch_records();
    clear_errors();
  });
}

// Limits are for what is not modelled, such as printf; they are taken and have no effect.
cudaError_t cudaDeviceSetLimit(cudaLimit, size_t) {
  return api([] {});
}

cudaError_t cudaDeviceGetLimit(size_t* value, cudaLimit limit) {
  return api([&] {
    switch (limit) {
      case cudaLimitStackSize:
        *value = 1024;
        return;
      case cudaLimitPrintfFifoSize:
        *value = 1 << 20;
        return;
      case cudaLimitMallocHeapSize:
        *value = 8 << 20;
        return;
      case cudaLimitMaxL2FetchGranularity:
        *value = 64;
        return;
      default:
        throw Error(cudaErrorUnsupportedLimit, "no such limit");
    }
  });
}
}
