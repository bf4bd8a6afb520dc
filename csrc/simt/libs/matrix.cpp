#include "simt/libs/matrix.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "core/half.h"
#include "simt/checks/fault.h"
#include "simt/machine/launch.h"
#include "simt/memory/device-memory.h"
#include "simt/runtime/error.h"

namespace lean::simt {
namespace {

uint64_t size_of(cudaDataType type) {
  switch (type) {
    case CUDA_R_64F:
      return 8;
    case CUDA_R_32F:
      return 4;
    case CUDA_R_16F:
    case CUDA_R_16BF:
      return 2;
    default:
      throw Error(cudaErrorNotSupported, "matrices of other than f64, f32, f16 and bf16");
  }
}

double read_entry(uint64_t at, cudaDataType type) {
  auto get = [&]<class T>(T) {
    T value;
    std::memcpy(&value, reinterpret_cast<const void*>(at), sizeof value);
    return value;
  };
  switch (type) {
    case CUDA_R_64F:
      return get(double{});
    case CUDA_R_32F:
      return get(float{});
    case CUDA_R_16F:
      return to_float(get(float16{}));
    default:
      return to_float(get(bfloat16{}));
  }
}

void write_entry(uint64_t at, cudaDataType type, double value) {
  auto put = [&]<class T>(T stored) {
    std::memcpy(reinterpret_cast<void*>(at), &stored, sizeof stored);
  };
  switch (type) {
    case CUDA_R_64F:
      return put(value);
    case CUDA_R_32F:
      return put(static_cast<float>(value));
    case CUDA_R_16F:
      return put(from_float<float16>(static_cast<float>(value)));
    default:
      return put(from_float<bfloat16>(static_cast<float>(value)));
  }
}

struct Rows {
  int64_t from, to;
};

// Of a column, those that belong to the part.
Rows rows_of(const DeviceMatrix& matrix, int64_t column) {
  switch (matrix.part) {
    case Part::lower:
      return {std::min(column, matrix.rows), matrix.rows};
    case Part::upper:
      return {0, std::min(column + 1, matrix.rows)};
    default:
      return {0, matrix.rows};
  }
}

bool within_allocation(uint64_t address, uint64_t bytes) {
  const Allocation* found = DeviceMemory::get().find(address);
  return found && found->kind != MemoryKind::reserved &&
         address + bytes <= found->address + found->bytes;
}

// Calls visit(column, first row, address, rows) for each column; checks it first.
template <class Visit>
void for_each_column(const DeviceMatrix& matrix, Visit&& visit) {
  uint64_t entry = size_of(matrix.type);
  for (int64_t column = 0; column < matrix.columns; ++column) {
    auto [from, to] = rows_of(matrix, column);
    if (from >= to) continue;
    uint64_t address = reinterpret_cast<uint64_t>(matrix.address) +
                       static_cast<uint64_t>(column * matrix.ld + from) * entry;
    uint64_t bytes = static_cast<uint64_t>(to - from) * entry;
    if (!within_allocation(address, bytes)) {
      throw Fault(FaultKind::out_of_bounds, std::string(matrix.name) + ", column " +
                                                std::to_string(column) + ": " +
                                                DeviceMemory::get().describe(address, bytes));
    }
    visit(column, from, address, to - from);
  }
}

}  // namespace

void check(const DeviceMatrix& matrix) {
  size_of(matrix.type);
  if (matrix.rows < 0 || matrix.columns < 0 || matrix.ld < std::max<int64_t>(1, matrix.rows)) {
    throw Error(cudaErrorInvalidValue, std::string(matrix.name) + ": " +
                                           std::to_string(matrix.rows) + " x " +
                                           std::to_string(matrix.columns) + " with " +
                                           std::to_string(matrix.ld) + " from column to column");
  }
  if (matrix.rows > INT32_MAX || matrix.columns > INT32_MAX) {
    throw Error(cudaErrorNotSupported, std::string(matrix.name) + ": LAPACK counts in 32 bits");
  }
}

template <class T>
std::vector<T> fetch(const DeviceMatrix& matrix) {
  std::vector<T> values(static_cast<size_t>(matrix.rows * matrix.columns));
  uint64_t entry = size_of(matrix.type);
  for_each_column(matrix, [&](int64_t column, int64_t from, uint64_t address, int64_t rows) {
    uint64_t bytes = static_cast<uint64_t>(rows) * entry;
    if (options().initialization && !DeviceMemory::get().is_initialized(address, bytes)) {
      throw Fault(FaultKind::uninitialized, std::string(matrix.name) + ", column " +
                                                std::to_string(column) +
                                                " has entries that nothing has written");
    }
    T* to = values.data() + column * matrix.rows + from;
    for (int64_t i = 0; i < rows; ++i) {
      to[i] = static_cast<T>(read_entry(address + static_cast<uint64_t>(i) * entry, matrix.type));
    }
  });
  return values;
}

template <class T>
void store(const DeviceMatrix& matrix, const std::vector<T>& values) {
  uint64_t entry = size_of(matrix.type);
  for_each_column(matrix, [&](int64_t column, int64_t from, uint64_t address, int64_t rows) {
    const T* source = values.data() + column * matrix.rows + from;
    for (int64_t i = 0; i < rows; ++i) {
      write_entry(address + static_cast<uint64_t>(i) * entry, matrix.type, source[i]);
    }
    DeviceMemory::get().set_initialized(address, static_cast<uint64_t>(rows) * entry);
  });
}

template std::vector<float> fetch(const DeviceMatrix&);
template std::vector<double> fetch(const DeviceMatrix&);
template void store(const DeviceMatrix&, const std::vector<float>&);
template void store(const DeviceMatrix&, const std::vector<double>&);

void spoil(const DeviceMatrix& matrix) {
  std::vector<double> nothing(static_cast<size_t>(matrix.rows * matrix.columns),
                              std::numeric_limits<double>::quiet_NaN());
  store(matrix, nothing);
}

void check_info(const char* name, const int* info) {
  if (!within_allocation(reinterpret_cast<uint64_t>(info), sizeof(int))) {
    throw Error(cudaErrorInvalidValue, std::string(name) + ": `info` is not in device memory");
  }
}

void store_info(const char* name, int* info, int value) {
  uint64_t address = reinterpret_cast<uint64_t>(info);
  if (!within_allocation(address, sizeof value)) {
    throw Fault(FaultKind::out_of_bounds, std::string(name) + ": `info` was freed before its turn");
  }
  std::memcpy(info, &value, sizeof value);
  DeviceMemory::get().set_initialized(address, sizeof value);
}

void check_workspace(const char* name, const void* address, uint64_t bytes) {
  if (bytes > 0 && !within_allocation(reinterpret_cast<uint64_t>(address), bytes)) {
    throw Error(cudaErrorInvalidValue, std::string(name) + ": a workspace that is not " +
                                           std::to_string(bytes) + " bytes of device memory");
  }
}

void spoil_workspace(void* address, uint64_t bytes) {
  if (bytes == 0) return;
  if (!within_allocation(reinterpret_cast<uint64_t>(address), bytes)) {
    throw Fault(FaultKind::out_of_bounds, "the workspace of a library was freed before its turn");
  }
  std::memset(address, 0xff, bytes);
  DeviceMemory::get().set_initialized(reinterpret_cast<uint64_t>(address), bytes);
}

}  // namespace lean::simt
