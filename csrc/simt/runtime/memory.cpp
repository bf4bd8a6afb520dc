// Allocation: of the device, of pinned host memory, and what there is.
#include "simt/memory/device-memory.h"

#include <cuda_runtime_api.h>

#include <algorithm>

#include "simt/runtime/allocations.h"
#include "simt/runtime/capture.h"
#include "simt/runtime/context.h"
#include "simt/runtime/error.h"
#include "simt/runtime/stream.h"

using namespace lean::simt;

namespace {

uint64_t to_address(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

void* to_pointer(uint64_t address) { return reinterpret_cast<void*>(address); }

constexpr uint64_t kPitchAlignment = 512;

const Owned& find_start(const void* pointer, cudaError_t otherwise, const char* call) {
  auto found = owned().find(to_address(pointer));
  if (found == owned().end()) {
    throw Error(otherwise, std::string(call) + ": no allocation starts there (" +
                               DeviceMemory::get().describe(to_address(pointer), 1) + ")");
  }
  return found->second;
}

void release(const void* pointer) {
  DeviceMemory::get().release(to_address(pointer));
  owned().erase(to_address(pointer));
}

}  // namespace

extern "C" {

cudaError_t cudaMalloc(void** pointer, size_t bytes) {
  return api([&] {
    refuse_unsafe_call();
    *pointer = bytes == 0 ? nullptr : to_pointer(allocate_device(bytes, Origin::device));
  });
}

cudaError_t cudaMallocPitch(void** pointer, size_t* pitch, size_t width, size_t height) {
  *pitch = (width + kPitchAlignment - 1) / kPitchAlignment * kPitchAlignment;
  return cudaMalloc(pointer, *pitch * height);
}

cudaError_t cudaMalloc3D(cudaPitchedPtr* pitched, cudaExtent extent) {
  pitched->xsize = extent.width;
  pitched->ysize = extent.height;
  return cudaMallocPitch(&pitched->ptr, &pitched->pitch, extent.width,
                         extent.height * extent.depth);
}

cudaError_t cudaMallocManaged(void** pointer, size_t bytes, unsigned flags) {
  return api([&] {
    refuse_unsafe_call();
    if (bytes == 0) throw Error(cudaErrorInvalidValue, "managed memory of no bytes");
    uint64_t address = allocate_device(bytes, Origin::managed, flags);
    // The host writes it without our seeing it.
    DeviceMemory::get().set_initialized(address, bytes);
    *pointer = to_pointer(address);
  });
}

// Waits for all work, as CUDA's does: what still uses the memory must have ended.
cudaError_t cudaFree(void* pointer) {
  return api([&] {
    if (!pointer) return;
    refuse_unsafe_call();
    context().work.finish_all();
    const Owned& memory = find_start(pointer, cudaErrorInvalidValue, "cudaFree");
    if (memory.origin != Origin::device && memory.origin != Origin::managed &&
        memory.origin != Origin::pool) {
      throw Error(cudaErrorInvalidValue, "cudaFree of memory that it did not allocate");
    }
    release(pointer);
  });
}

cudaError_t cudaHostAlloc(void** pointer, size_t bytes, unsigned flags) {
  return api([&] {
    refuse_unsafe_call();
    *pointer = bytes == 0 ? nullptr : to_pointer(allocate_host(bytes, flags));
  });
}

cudaError_t cudaMallocHost(void** pointer, size_t bytes) {
  return cudaHostAlloc(pointer, bytes, cudaHostAllocDefault);
}

cudaError_t cudaFreeHost(void* pointer) {
  return api([&] {
    if (!pointer) return;
    refuse_unsafe_call();
    context().work.finish_all();
    const Owned& memory = find_start(pointer, cudaErrorInvalidValue, "cudaFreeHost");
    if (memory.origin != Origin::host) {
      throw Error(cudaErrorInvalidValue, "cudaFreeHost of memory that it did not allocate");
    }
    release(pointer);
  });
}

cudaError_t cudaHostRegister(void* pointer, size_t bytes, unsigned flags) {
  return api([&] {
    refuse_unsafe_call();
    if (!pointer || bytes == 0) throw Error(cudaErrorInvalidValue, "nothing to register");
    auto next = owned().lower_bound(to_address(pointer));
    bool inside = find_owned(to_address(pointer)) != nullptr;
    bool overlaps = next != owned().end() && next->first < to_address(pointer) + bytes;
    if (inside || overlaps) {
      throw Error(cudaErrorHostMemoryAlreadyRegistered, "a part of it is registered already");
    }
    DeviceMemory::get().adopt(pointer, bytes, MemoryKind::pinned);
    DeviceMemory::get().set_initialized(to_address(pointer), bytes);
    owned()[to_address(pointer)] = {Origin::registered, bytes, flags};
  });
}

cudaError_t cudaHostUnregister(void* pointer) {
  return api([&] {
    refuse_unsafe_call();
    context().work.finish_all();
    auto found = owned().find(to_address(pointer));
    if (found == owned().end() || found->second.origin != Origin::registered) {
      throw Error(cudaErrorHostMemoryNotRegistered, "no registered memory starts there");
    }
    DeviceMemory::get().forget(pointer);
    owned().erase(found);
  });
}

cudaError_t cudaHostGetDevicePointer(void** device, void* host, unsigned) {
  return api([&] {
    const Owned* memory = find_owned(to_address(host));
    if (!memory || (memory->origin != Origin::host && memory->origin != Origin::registered)) {
      throw Error(cudaErrorInvalidValue, "the memory is not pinned");
    }
    *device = host;
  });
}

cudaError_t cudaHostGetFlags(unsigned* flags, void* host) {
  return api([&] {
    const Owned* memory = find_owned(to_address(host));
    if (!memory || (memory->origin != Origin::host && memory->origin != Origin::registered)) {
      throw Error(cudaErrorInvalidValue, "the memory is not pinned");
    }
    *flags = memory->flags;
  });
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  return api([&] {
    const DeviceMemory& memory = DeviceMemory::get();
    *total = memory.limit();
    *free = memory.limit() - std::min(memory.used(), memory.limit());
  });
}
}
