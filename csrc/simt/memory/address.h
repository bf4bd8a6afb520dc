// Generic addresses. Global memory is where the host has it; shared, local and parameter memory are
// behind windows that no host address falls into (PTX ISA 9.0, 5.1, 9.7.9.20).
#pragma once

#include <cstdint>

namespace lean::simt {

enum class Window : uint8_t { global = 0, shared = 1, local = 2, param = 3 };

constexpr int kWindowShift = 56;

constexpr uint64_t window_base(Window window) {
  return static_cast<uint64_t>(window) << kWindowShift;
}
constexpr uint64_t window_of(uint64_t generic) { return generic >> kWindowShift; }

// An address in shared memory: of the own block an offset alone, of another block of the cluster
// its rank + 1 above bit 24.
constexpr int kRankShift = 24;
constexpr uint64_t kSharedOffset = (uint64_t{1} << kRankShift) - 1;
constexpr uint64_t kSharedAddress = 0xffffffffu;

constexpr uint64_t shared_of_rank(uint32_t rank, uint64_t offset) {
  return (uint64_t{rank} + 1) << kRankShift | (offset & kSharedOffset);
}

}  // namespace lean::simt
