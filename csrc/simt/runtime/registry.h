// What the object files of this binary have registered: kernels and variables, by the address that
// the host uses for them. PTX is parsed when something in it is used first.
#pragma once

#include <cuda_runtime_api.h>

#include <memory>
#include <string>

#include "simt/machine/launch.h"
#include "simt/ptx/module.h"

namespace lean::simt {

class Binary;

// A kernel as the host knows it. Lives as long as the process.
struct Function {
  Binary* binary = nullptr;
  std::string name;  // mangled
  const void* host = nullptr;

  // Set by cudaFuncSetAttribute; forgotten by cudaDeviceReset.
  struct Settings {
    uint32_t max_dynamic_shared = 48 * 1024;
    bool non_portable_cluster = false;
    int carveout = -1;
    Dim cluster{0, 0, 0};
  } settings;

  // Throws Error, naming the kernel, when there is no PTX for it.
  const Kernel& kernel();
  int ptx_version();  // 90 for sm_90
};

struct Symbol {
  Binary* binary = nullptr;
  std::string name;
  uint64_t bytes = 0;
  bool constant = false;
  void** managed = nullptr;  // of a __managed__ variable: what the host reads its address from

  const Variable& variable();
};

// By the address of the host's stub, or by the handle that __cudaGetKernel() gave. Throws
// cudaErrorInvalidDeviceFunction.
Function& find_function(const void* address);
// By the address of the host's shadow variable. Throws cudaErrorInvalidSymbol.
Symbol& find_symbol(const void* address);

void* register_binary(const void* wrapper);
void unregister_binary(void* handle);
void register_function(void* handle, const void* host, const char* name);
void register_symbol(void* handle, const void* host, Symbol symbol);
// Gives the managed variables of a binary their addresses.
void prepare_managed(void* handle);

// cudaDeviceReset: modules are parsed anew at next use, so that variables have their initial values
// again.
void forget_modules();

}  // namespace lean::simt
