// Memory of the device that a program's kernels keep: items, tiles and sums between launches.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "core/backend.h"

namespace lean::cuda {

class DeviceArena {
 public:
  explicit DeviceArena(Backend& backend) : backend_(backend) {}
  ~DeviceArena() {
    for (const auto& [memory, bytes] : blocks_) backend_.release(memory, bytes);
  }
  DeviceArena(const DeviceArena&) = delete;
  DeviceArena& operator=(const DeviceArena&) = delete;

  void* allocate(size_t bytes) {
    if (bytes == 0) return nullptr;
    blocks_.reserve(blocks_.size() + 1);  // or a block could be lost
    void* memory = backend_.allocate(bytes);
    blocks_.emplace_back(memory, bytes);
    bytes_ += bytes;
    return memory;
  }

  void write(void* memory, const void* values, size_t bytes) {
    if (bytes > 0) backend_.copy_in(memory, values, bytes);
  }

  void* upload(const void* values, size_t bytes) {
    void* memory = allocate(bytes);
    write(memory, values, bytes);
    return memory;
  }

  size_t bytes() const { return bytes_; }

 private:
  Backend& backend_;
  std::vector<std::pair<void*, size_t>> blocks_;
  size_t bytes_ = 0;
};

}  // namespace lean::cuda
