// Stream-ordered allocation. There is one pool, and it keeps nothing: memory is given back when its
// cudaFreeAsync has its turn in the stream, so that later uses are found.
#include <cuda_runtime_api.h>

#include <cstring>

#include "simt/memory/device-memory.h"
#include "simt/runtime/allocations.h"
#include "simt/runtime/capture.h"
#include "simt/runtime/error.h"
#include "simt/runtime/stream.h"

using namespace lean::simt;

namespace {

struct Pool {
  uint64_t release_threshold = 0;
};

Pool& the_pool() {
  static Pool pool;
  return pool;
}

cudaMemPool_t the_handle() { return reinterpret_cast<cudaMemPool_t>(&the_pool()); }

void check_pool(cudaMemPool_t pool) {
  if (pool != the_handle()) throw Error(cudaErrorInvalidValue, "there is only the default pool");
}

void check_device(int device) {
  if (device != 0) throw Error(cudaErrorInvalidDevice, "there is one device, 0");
}

}  // namespace

extern "C" {

cudaError_t cudaMallocAsync(void** pointer, size_t bytes, cudaStream_t handle) {
  return api([&] {
    Stream& stream = find_stream(handle);
    if (stream.capture) submit(stream, ReleaseCall{});  // says why it cannot be
    *pointer = nullptr;
    if (bytes > 0) *pointer = reinterpret_cast<void*>(allocate_device(bytes, Origin::pool));
  });
}

cudaError_t cudaMallocFromPoolAsync(void** pointer, size_t bytes, cudaMemPool_t pool,
                                    cudaStream_t stream) {
  cudaError_t error = api([&] { check_pool(pool); });
  return error != cudaSuccess ? error : cudaMallocAsync(pointer, bytes, stream);
}

cudaError_t cudaFreeAsync(void* pointer, cudaStream_t stream) {
  return api([&] {
    if (!pointer) return;
    uint64_t address = reinterpret_cast<uint64_t>(pointer);
    auto found = owned().find(address);
    if (found == owned().end() ||
        (found->second.origin != Origin::pool && found->second.origin != Origin::device)) {
      throw Error(cudaErrorInvalidValue,
                  "no allocation starts there (" + DeviceMemory::get().describe(address, 1) + ")");
    }
    Stream& target = find_stream(stream);
    if (!target.capture) owned().erase(found);
    submit(target, ReleaseCall{address});
  });
}

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int device) {
  return api([&] {
    check_device(device);
    *pool = the_handle();
  });
}

cudaError_t cudaDeviceGetMemPool(cudaMemPool_t* pool, int device) {
  return cudaDeviceGetDefaultMemPool(pool, device);
}

cudaError_t cudaDeviceSetMemPool(int device, cudaMemPool_t pool) {
  return api([&] {
    check_device(device);
    check_pool(pool);
  });
}

cudaError_t cudaMemPoolTrimTo(cudaMemPool_t pool, size_t) {
  return api([&] { check_pool(pool); });
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value) {
  return api([&] {
    check_pool(pool);
    if (attribute == cudaMemPoolAttrReleaseThreshold) {
      std::memcpy(&the_pool().release_threshold, value, sizeof(uint64_t));
    }
  });
}

cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value) {
  return api([&] {
    check_pool(pool);
    uint64_t answer = 0;
    switch (attribute) {
      case cudaMemPoolReuseFollowEventDependencies:
      case cudaMemPoolReuseAllowOpportunistic:
      case cudaMemPoolReuseAllowInternalDependencies: {
        int flag = 1;
        std::memcpy(value, &flag, sizeof flag);
        return;
      }
      case cudaMemPoolAttrReleaseThreshold:
        answer = the_pool().release_threshold;
        break;
      default:
        for (auto& [address, memory] : owned()) {
          if (memory.origin == Origin::pool) answer += memory.bytes;
        }
    }
    std::memcpy(value, &answer, sizeof answer);
  });
}
}
