#include "cuda/backend/foreign-memory.h"

#include <cuda.h>
#include <cuda_runtime.h>

#include <cstdint>
#include <cstdio>
#include <string>

#include "cuda/backend/check.h"
#include "cuda/backend/driver-function.h"

namespace lean::cuda {
namespace {

using GetRange = CUresult(CUDAAPI*)(CUdeviceptr* base, size_t* bytes, CUdeviceptr address);

[[noreturn]] void refuse(const void* memory, const std::string& what) {
  char address[32];
  std::snprintf(address, sizeof address, "0x%llx",
                static_cast<unsigned long long>(reinterpret_cast<uintptr_t>(memory)));
  throw Error(kInvalidArg, std::string(address) + " " + what);
}

}  // namespace

void require_device_memory(const void* memory, size_t bytes, int device) {
  if (bytes == 0) return;
  cudaPointerAttributes attributes = {};
  const cudaError_t status = cudaPointerGetAttributes(&attributes, memory);
  if (status == cudaErrorInvalidValue) {
    static_cast<void>(cudaGetLastError());
    refuse(memory, "is not memory of a CUDA device");
  }
  check(status, "could not ask about memory");
  if (attributes.type == cudaMemoryTypeUnregistered || attributes.devicePointer == nullptr) {
    refuse(memory, "is not memory of a CUDA device");
  }
  if (attributes.type == cudaMemoryTypeHost) {
    refuse(memory, "is memory of the host, not of a CUDA device");
  }
  if (attributes.type == cudaMemoryTypeDevice && attributes.device != device) {
    refuse(memory, "is memory of CUDA device " + std::to_string(attributes.device) + ", not " +
                       std::to_string(device));
  }
  static const auto get_range = find_driver_function<GetRange>("cuMemGetAddressRange", 3020);
  CUdeviceptr base = 0;
  size_t size = 0;
  const auto address = reinterpret_cast<CUdeviceptr>(memory);
  if (get_range == nullptr || get_range(&base, &size, address) != CUDA_SUCCESS) return;
  const size_t left = size - (address - base);
  if (bytes > left) {
    refuse(memory, "has " + std::to_string(left) + " bytes left of its allocation, not " +
                       std::to_string(bytes));
  }
}

}  // namespace lean::cuda
