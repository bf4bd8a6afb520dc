// The runtime's status as an Error.
#pragma once

#include <cuda_runtime.h>

#include <string>

#include "core/error.h"

namespace lean::cuda {

// What the runtime says about a status: its name and a sentence.
inline std::string text_of(cudaError_t status) {
  return std::string(cudaGetErrorName(status)) + ": " + cudaGetErrorString(status);
}

// Throws Error unless `status` is success. `what` begins the message: "could not copy".
inline void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());  // or the next call reports it again
  const char* code = status == cudaErrorMemoryAllocation ? kOutOfMemory : kNative;
  throw Error(code, std::string(what) + ": " + text_of(status));
}

}  // namespace lean::cuda
