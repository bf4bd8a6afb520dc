// Functions of the driver's, which is not linked: the addon loads where there is none.
#pragma once

#include <cuda_runtime.h>

namespace lean::cuda {

// nullptr where the driver lacks it. `version`: of CUDA, 1000 * major + 10 * minor, whose form is
// meant.
template <class Function>
Function find_driver_function(const char* name, unsigned version) {
  void* entry = nullptr;
  cudaDriverEntryPointQueryResult found = cudaDriverEntryPointSymbolNotFound;
  const cudaError_t status =
      cudaGetDriverEntryPointByVersion(name, &entry, version, cudaEnableDefault, &found);
  if (status == cudaSuccess && found == cudaDriverEntryPointSuccess) {
    return reinterpret_cast<Function>(entry);
  }
  static_cast<void>(cudaGetLastError());
  return nullptr;
}

}  // namespace lean::cuda
