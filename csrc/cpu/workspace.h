// Cuts an item's workspace into arrays aligned to 64 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lean::cpu::LEAN_ISA {

class Workspace {
 public:
  explicit Workspace(void* memory) : next_(static_cast<std::byte*>(memory)) {}

  template <class T>
  T* take(int64_t count) {
    auto* result = reinterpret_cast<T*>(next_);
    next_ += (static_cast<size_t>(count) * sizeof(T) + 63) / 64 * 64;
    return result;
  }

 private:
  std::byte* next_;
};

}  // namespace lean::cpu::LEAN_ISA
