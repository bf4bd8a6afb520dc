#include "simt/runtime/driver.h"

#include <string_view>

namespace lean::simt {
namespace {

void* find_driver_call(std::string_view name) {
  for (auto entries : {driver_pointer_calls(), driver_range_calls(), driver_context_calls(),
                       driver_stream_calls()}) {
    for (const DriverEntry& entry : entries) {
      if (entry.name == name) return entry.address;
    }
  }
  return nullptr;
}

}  // namespace
}  // namespace lean::simt

using namespace lean::simt;

extern "C" {

// Of each call there is one version, the one of CUDA 13.
cudaError_t cudaGetDriverEntryPointByVersion(const char* name, void** function, unsigned version,
                                             unsigned long long,
                                             cudaDriverEntryPointQueryResult* result) {
  return api(Needs::anything, [&] {
    if (!name || !function) throw Error(cudaErrorInvalidValue, "no name, or nowhere to put it");
    *function = find_driver_call(name);
    bool found = *function != nullptr;
    if (found && version > 13020) found = false;
    if (!found) *function = nullptr;
    if (result) {
      *result = found ? cudaDriverEntryPointSuccess : cudaDriverEntryPointSymbolNotFound;
    } else if (!found) {
      throw Error(cudaErrorSymbolNotFound, std::string(name) + " is not modelled");
    }
  });
}

cudaError_t cudaGetDriverEntryPoint(const char* name, void** function, unsigned long long flags,
                                    cudaDriverEntryPointQueryResult* result) {
  return cudaGetDriverEntryPointByVersion(name, function, CUDART_VERSION, flags, result);
}
}
