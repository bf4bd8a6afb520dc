// The few driver calls that are reached through cudaGetDriverEntryPoint().
#pragma once

#include <cuda.h>
#include <cuda_runtime_api.h>

#include <span>

#include "simt/runtime/error.h"

namespace lean::simt {

// Errors of the runtime have the driver's numbers.
template <class Body>
CUresult driver_api(Body&& body) noexcept {
  return static_cast<CUresult>(api(std::forward<Body>(body)));
}

struct DriverEntry {
  const char* name;
  void* address;
};

std::span<const DriverEntry> driver_pointer_calls();  // driver-pointers.cpp
std::span<const DriverEntry> driver_range_calls();    // driver-ranges.cpp
std::span<const DriverEntry> driver_context_calls();  // driver-context.cpp
std::span<const DriverEntry> driver_stream_calls();   // driver-streams.cpp

}  // namespace lean::simt
