// What the runtime itself has allocated or registered, beside the table of DeviceMemory: how, so
// that cudaFree and cudaFreeHost can tell theirs, and so that cudaDeviceReset finds them all.
#pragma once

#include <cstdint>
#include <map>

namespace lean::simt {

enum class Origin : unsigned char {
  device,      // cudaMalloc, cudaMallocPitch
  pool,        // cudaMallocAsync
  managed,     // cudaMallocManaged
  host,        // cudaMallocHost, cudaHostAlloc
  registered,  // cudaHostRegister
  reserved,    // cuMemAddressReserve
};

struct Owned {
  Origin origin = Origin::device;
  uint64_t bytes = 0;
  unsigned flags = 0;
  int device = 0;  // another one's is only talked about: cudaPointerGetAttributes
};

// By address.
std::map<uint64_t, Owned>& owned();
// The one that holds the address, or nullptr; `start` is its address.
const Owned* find_owned(uint64_t address, uint64_t* start = nullptr);

// For tests of what refuses memory of another device: says of an allocation that it is.
void pretend_device(uint64_t address, int device);

// Throws cudaErrorMemoryAllocation.
uint64_t allocate_device(uint64_t bytes, Origin origin, unsigned flags = 0);
uint64_t allocate_host(uint64_t bytes, unsigned flags);
void release_all();
// What cuMemCreate and cuMemMap have made (driver-ranges.cpp); called by release_all().
void forget_mappings();

}  // namespace lean::simt
