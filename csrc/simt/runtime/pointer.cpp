#include "simt/runtime/pointer.h"

#include "simt/memory/device-memory.h"
#include "simt/runtime/allocations.h"
#include "simt/runtime/error.h"

namespace lean::simt {

PointerInfo pointer_info(uint64_t address) {
  PointerInfo info;
  const Allocation* allocation = DeviceMemory::get().find(address);
  if (!allocation) return info;
  info.base = allocation->address;
  info.bytes = allocation->bytes;
  info.serial = allocation->serial;
  info.mapped = allocation->kind != MemoryKind::reserved;
  info.type = allocation->kind == MemoryKind::pinned ? cudaMemoryTypeHost : cudaMemoryTypeDevice;
  if (const Owned* memory = find_owned(address)) {
    if (memory->origin == Origin::managed) info.type = cudaMemoryTypeManaged;
    info.pooled = memory->origin == Origin::pool;
    info.device = memory->device;
  }
  return info;
}

}  // namespace lean::simt

using namespace lean::simt;

extern "C" cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* to, const void* pointer) {
  return api([&] {
    PointerInfo info = pointer_info(reinterpret_cast<uint64_t>(pointer));
    *to = {};
    to->type = info.type;
    void* address = const_cast<void*>(pointer);
    if (info.type == cudaMemoryTypeUnregistered) {
      to->device = -2;  // what CUDA 11 and later give: no device
      to->hostPointer = address;
      return;
    }
    to->device = info.device;
    to->devicePointer = address;
    // Device memory is the host's here, and a GPU's is not: no pointer for the host.
    if (info.type != cudaMemoryTypeDevice) to->hostPointer = address;
  });
}
