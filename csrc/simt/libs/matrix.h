// Matrices in device memory, column-major, as the libraries take them: fetched and stored with the
// checks that a kernel's accesses have.
#pragma once

#include <cuda_runtime_api.h>
#include <library_types.h>

#include <cstdint>
#include <vector>

namespace lean::simt {

// Which entries are read or written.
enum class Part : unsigned char { all, lower, upper };

struct DeviceMatrix {
  const char* name = "";  // of the call and the argument, for messages: "cublasSgemm: A"
  const void* address = nullptr;
  int64_t rows = 0, columns = 0;
  int64_t ld = 0;  // from column to column
  cudaDataType type = CUDA_R_32F;
  Part part = Part::all;
};

// When the call is made. Throws Error for dimensions and addresses that no library takes.
void check(const DeviceMatrix& matrix);

// When it runs, as compact columns; entries outside of the part are 0. Throws Fault.
template <class T>
std::vector<T> fetch(const DeviceMatrix& matrix);
template <class T>
void store(const DeviceMatrix& matrix, const std::vector<T>& values);

// Where a library tells how it went, or how many it found: in device memory.
void check_info(const char* name, const int* info);
void store_info(const char* name, int* info, int value);

// Fills what a call leaves undefined, so that nobody comes to rely on it.
void spoil(const DeviceMatrix& matrix);
void spoil_workspace(void* address, uint64_t bytes);
void check_workspace(const char* name, const void* address, uint64_t bytes);

}  // namespace lean::simt
