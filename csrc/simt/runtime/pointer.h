// What an address is, for the runtime's and the driver's way of asking.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace lean::simt {

struct PointerInfo {
  cudaMemoryType type = cudaMemoryTypeUnregistered;
  uint64_t base = 0;  // of the allocation
  uint64_t bytes = 0;
  uint64_t serial = 0;
  bool mapped = true;  // there is memory behind it
  bool pooled = false;
  int device = 0;
};

PointerInfo pointer_info(uint64_t address);

}  // namespace lean::simt
