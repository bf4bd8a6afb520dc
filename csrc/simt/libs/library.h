// What the stand-ins share: handles with a stream, calls that run in its order, and the table in
// which they are found by name.
#pragma once

#include <cuda_runtime_api.h>

#include <functional>
#include <string>
#include <string_view>

#include "simt/runtime/error.h"

namespace lean::simt {

struct LibraryHandle {
  cudaStream_t stream = nullptr;
  int pointer_mode = 0;
  int math_mode = 0;
};

LibraryHandle* create_handle();
void destroy_handle(LibraryHandle* handle);
// Throws cudaErrorInvalidResourceHandle.
LibraryHandle& check_handle(LibraryHandle* handle);

// Runs in the handle's stream. What it throws becomes a fault of the device.
void enqueue(LibraryHandle& handle, std::function<void()> run);

// What a status of the runtime is in the library's own numbers.
struct StatusCodes {
  int not_initialized, invalid_value, execution_failed, not_supported;
};
int to_status(cudaError_t error, const StatusCodes& codes);

template <class Body>
int library_call(const StatusCodes& codes, Body&& body) {
  return to_status(api(std::forward<Body>(body)), codes);
}

// Made by static initializers. `library` is a part of the names by which it is opened: "cusolver".
struct LibraryEntry {
  LibraryEntry(std::string_view library, std::string_view name, void* address);
  template <class Function>
  LibraryEntry(std::string_view library, std::string_view name, Function* function)
      : LibraryEntry(library, name, reinterpret_cast<void*>(function)) {}
};

bool is_library(std::string_view library);
void* find_library_entry(std::string_view library, std::string_view name);

}  // namespace lean::simt
