// What nvcc's start-up code and launch stubs call (crt/host_runtime.h).
#include <cuda_runtime_api.h>

#include <vector>

#include "simt/runtime/error.h"
#include "simt/runtime/registry.h"

using namespace lean::simt;

namespace {

struct CallConfiguration {
  dim3 grid, block;
  size_t shared;
  cudaStream_t stream;
};

// Of <<<>>> that are being evaluated: arguments may launch kernels themselves.
thread_local std::vector<CallConfiguration> configurations;

}  // namespace

extern "C" {

void** __cudaRegisterFatBinary(void* wrapper) {
  const std::lock_guard lock(runtime_lock());
  return static_cast<void**>(register_binary(wrapper));
}

void __cudaRegisterFatBinaryEnd(void**) {}

void __cudaUnregisterFatBinary(void** handle) {
  const std::lock_guard lock(runtime_lock());
  unregister_binary(handle);
}

char __cudaInitModule(void** handle) {
  return api([&] { prepare_managed(handle); }) == cudaSuccess;
}

void __cudaRegisterFunction(void** handle, const char* host, char*, const char* name, int, uint3*,
                            uint3*, dim3*, dim3*, int*) {
  const std::lock_guard lock(runtime_lock());
  register_function(handle, host, name);
}

void __cudaRegisterVar(void** handle, char* host, char*, const char* name, int, size_t bytes,
                       int constant, int) {
  const std::lock_guard lock(runtime_lock());
  Symbol symbol;
  symbol.name = name;
  symbol.bytes = bytes;
  symbol.constant = constant != 0;
  register_symbol(handle, host, std::move(symbol));
}

void __cudaRegisterManagedVar(void** handle, void** host, char*, const char* name, int,
                              size_t bytes, int, int) {
  const std::lock_guard lock(runtime_lock());
  Symbol symbol;
  symbol.name = name;
  symbol.bytes = bytes;
  symbol.managed = host;
  register_symbol(handle, host, std::move(symbol));
}

unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared, CUstream_st* stream) {
  configurations.push_back({grid, block, shared, stream});
  return 0;
}

cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, size_t* shared, void* stream) {
  if (configurations.empty()) return cudaErrorMissingConfiguration;
  const CallConfiguration& top = configurations.back();
  *grid = top.grid;
  *block = top.block;
  *shared = top.shared;
  *static_cast<cudaStream_t*>(stream) = top.stream;
  configurations.pop_back();
  return cudaSuccess;
}

cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* host) {
  return api(Needs::anything,
             [&] { *kernel = reinterpret_cast<cudaKernel_t>(&find_function(host)); });
}

cudaError_t cudaGetKernel(cudaKernel_t* kernel, const void* host) {
  return __cudaGetKernel(kernel, host);
}

cudaError_t cudaGetFuncBySymbol(cudaFunction_t* function, const void* host) {
  return api([&] { *function = reinterpret_cast<cudaFunction_t>(&find_function(host)); });
}
}
