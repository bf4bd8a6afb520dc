// Memory that somebody else allocated: what the driver says about it.
#pragma once

#include <cstddef>

namespace lean::cuda {

// Throws Error(ERR_LEAN_INVALID_ARG) unless [memory, memory + bytes) lies in one allocation of that
// device.
void require_device_memory(const void* memory, size_t bytes, int device);

}  // namespace lean::cuda
