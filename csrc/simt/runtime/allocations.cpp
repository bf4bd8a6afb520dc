#include "simt/runtime/allocations.h"

#include "simt/memory/device-memory.h"
#include "simt/runtime/error.h"
#include "simt/runtime/options.h"

namespace lean::simt {

std::map<uint64_t, Owned>& owned() {
  static auto& the = *new std::map<uint64_t, Owned>;
  return the;
}

const Owned* find_owned(uint64_t address, uint64_t* start) {
  auto next = owned().upper_bound(address);
  if (next == owned().begin()) return nullptr;
  auto& [first, allocation] = *std::prev(next);
  if (address - first >= allocation.bytes) return nullptr;
  if (start) *start = first;
  return &allocation;
}

void pretend_device(uint64_t address, int device) { owned().at(address).device = device; }

uint64_t allocate_device(uint64_t bytes, Origin origin, unsigned flags) {
  bool backed = !runtime_options().dry_run;
  MemoryKind kind = backed ? MemoryKind::device : MemoryKind::reserved;
  uint64_t address = DeviceMemory::get().allocate(bytes, kind);
  if (address == 0) {
    throw Error(cudaErrorMemoryAllocation,
                std::to_string(bytes) + " bytes; " + std::to_string(DeviceMemory::get().used()) +
                    " of " + std::to_string(DeviceMemory::get().limit()) + " are in use");
  }
  owned()[address] = {origin, bytes, flags};
  return address;
}

uint64_t allocate_host(uint64_t bytes, unsigned flags) {
  uint64_t address = DeviceMemory::get().allocate(bytes, MemoryKind::pinned);
  if (address == 0) {
    throw Error(cudaErrorMemoryAllocation, std::to_string(bytes) + " bytes of pinned memory");
  }
  // The host writes it without our seeing it.
  DeviceMemory::get().set_initialized(address, bytes);
  owned()[address] = {Origin::host, bytes, flags};
  return address;
}

void release_all() {
  DeviceMemory& memory = DeviceMemory::get();
  forget_mappings();
  for (auto& [address, allocation] : owned()) {
    if (allocation.origin == Origin::registered) {
      memory.forget(reinterpret_cast<void*>(address));
    } else {
      memory.release(address);
    }
  }
  owned().clear();
}

}  // namespace lean::simt
