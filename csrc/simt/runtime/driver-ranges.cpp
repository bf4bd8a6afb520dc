// Virtual memory: ranges of addresses that are reserved, and memory that is mapped into them.
#include <map>

#include "simt/memory/device-memory.h"
#include "simt/runtime/allocations.h"
#include "simt/runtime/driver.h"
#include "simt/runtime/options.h"

namespace lean::simt {
namespace {

constexpr size_t kGranularity = 2 << 20;

struct Physical {
  size_t bytes = 0;
  unsigned mappings = 0;
  bool released = false;
};

std::map<CUmemGenericAllocationHandle, Physical>& physical() {
  static auto& the = *new std::map<CUmemGenericAllocationHandle, Physical>;
  return the;
}

// Which handle is mapped where.
std::map<CUdeviceptr, CUmemGenericAllocationHandle>& mappings() {
  static auto& the = *new std::map<CUdeviceptr, CUmemGenericAllocationHandle>;
  return the;
}

void check_granularity(size_t bytes) {
  if (bytes == 0 || bytes % kGranularity != 0) {
    throw Error(cudaErrorInvalidValue, "sizes and addresses are multiples of 2 MiB");
  }
}

Physical& find_physical(CUmemGenericAllocationHandle handle) {
  auto found = physical().find(handle);
  if (found == physical().end()) throw Error(cudaErrorInvalidValue, "no such memory handle");
  return found->second;
}

void drop_if_unused(CUmemGenericAllocationHandle handle) {
  const Physical& memory = find_physical(handle);
  if (memory.released && memory.mappings == 0) physical().erase(handle);
}

CUresult address_reserve(CUdeviceptr* address, size_t bytes, size_t, CUdeviceptr,
                         unsigned long long) {
  return driver_api([&] {
    check_granularity(bytes);
    *address = DeviceMemory::get().allocate(bytes, MemoryKind::reserved);
    if (*address == 0) throw Error(cudaErrorMemoryAllocation, "no range of addresses is left");
    owned()[*address] = {Origin::reserved, bytes, 0};
  });
}

CUresult address_free(CUdeviceptr address, size_t bytes) {
  return driver_api([&] {
    auto found = owned().find(address);
    if (found == owned().end() || found->second.origin != Origin::reserved ||
        found->second.bytes != bytes) {
      throw Error(cudaErrorInvalidValue, "no such range was reserved");
    }
    auto inside = mappings().lower_bound(address);
    if (inside != mappings().end() && inside->first < address + bytes) {
      throw Error(cudaErrorInvalidValue, "memory is still mapped into the range");
    }
    DeviceMemory::get().release(address);
    owned().erase(found);
  });
}

CUresult create(CUmemGenericAllocationHandle* handle, size_t bytes, const CUmemAllocationProp*,
                unsigned long long) {
  return driver_api([&] {
    check_granularity(bytes);
    const DeviceMemory& memory = DeviceMemory::get();
    if (!runtime_options().dry_run && memory.used() + bytes > memory.limit()) {
      throw Error(cudaErrorMemoryAllocation, "there is not so much memory");
    }
    static CUmemGenericAllocationHandle next = 0;
    *handle = ++next;
    physical()[*handle].bytes = bytes;
  });
}

CUresult release(CUmemGenericAllocationHandle handle) {
  return driver_api([&] {
    find_physical(handle).released = true;
    drop_if_unused(handle);
  });
}

// One mapping for each handle: memory that appears at two addresses is not modelled.
CUresult map(CUdeviceptr address, size_t bytes, size_t offset, CUmemGenericAllocationHandle handle,
             unsigned long long) {
  return driver_api([&] {
    check_granularity(bytes);
    Physical& memory = find_physical(handle);
    if (offset != 0 || bytes != memory.bytes || memory.mappings > 0) {
      throw Error(cudaErrorNotSupported, "a handle is mapped whole, and once");
    }
    const Allocation* range = DeviceMemory::get().find(address);
    if (!range || range->kind != MemoryKind::reserved ||
        address + bytes > range->address + range->bytes) {
      throw Error(cudaErrorInvalidValue, "no range of addresses is reserved and free there");
    }
    if (!runtime_options().dry_run) {
      DeviceMemory::get().adopt(reinterpret_cast<void*>(address), bytes, MemoryKind::device);
    }
    mappings()[address] = handle;
    ++memory.mappings;
  });
}

CUresult unmap(CUdeviceptr address, size_t bytes) {
  return driver_api([&] {
    auto found = mappings().find(address);
    if (found == mappings().end() || find_physical(found->second).bytes != bytes) {
      throw Error(cudaErrorInvalidValue, "no memory was mapped there");
    }
    if (!runtime_options().dry_run) {
      DeviceMemory::get().forget(reinterpret_cast<void*>(address));
    }
    --find_physical(found->second).mappings;
    drop_if_unused(found->second);
    mappings().erase(found);
  });
}

CUresult set_access(CUdeviceptr address, size_t, const CUmemAccessDesc*, size_t) {
  return driver_api([&] {
    if (!DeviceMemory::get().find(address)) {
      throw Error(cudaErrorInvalidValue, "no memory was mapped there");
    }
  });
}

CUresult get_granularity(size_t* granularity, const CUmemAllocationProp*,
                         CUmemAllocationGranularity_flags) {
  return driver_api([&] { *granularity = kGranularity; });
}

}  // namespace

std::span<const DriverEntry> driver_range_calls() {
  static const DriverEntry entries[] = {
      {"cuMemAddressReserve", reinterpret_cast<void*>(address_reserve)},
      {"cuMemAddressFree", reinterpret_cast<void*>(address_free)},
      {"cuMemCreate", reinterpret_cast<void*>(create)},
      {"cuMemRelease", reinterpret_cast<void*>(release)},
      {"cuMemMap", reinterpret_cast<void*>(map)},
      {"cuMemUnmap", reinterpret_cast<void*>(unmap)},
      {"cuMemSetAccess", reinterpret_cast<void*>(set_access)},
      {"cuMemGetAllocationGranularity", reinterpret_cast<void*>(get_granularity)},
  };
  return entries;
}

void forget_mappings() {
  if (!runtime_options().dry_run) {
    for (auto& [address, handle] : mappings()) {
      DeviceMemory::get().forget(reinterpret_cast<void*>(address));
    }
  }
  mappings().clear();
  physical().clear();
}

}  // namespace lean::simt
