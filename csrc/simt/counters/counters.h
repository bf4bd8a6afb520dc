// What kernels have done, in numbers that repeat exactly: collected while options().count is set.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "simt/counters/instruction-class.h"
#include "simt/machine/launch.h"

namespace lean::simt {

// Traffic with global memory, in one direction. Atomics count in both.
struct Traffic {
  uint64_t bytes = 0;              // that threads asked for, those of the same address once a warp
  uint64_t sectors_requested = 0;  // of 32 bytes: of each warp instruction, each once
  uint64_t sectors_touched = 0;    // each once in a launch, as an unbounded cache would see them

  void add(const Traffic& other);
  // The share of the requested sectors' bytes that was asked for.
  double used() const;
};

struct LaunchCounters {
  std::string kernel;  // demangled
  Dim grid, block;
  uint64_t launches = 1;
  Traffic loads, stores;
  uint64_t shared_wavefronts = 0;  // passes through the banks of shared memory
  uint64_t bank_conflicts = 0;     // those beyond the first of each
  uint64_t barriers = 0;           // of warps
  uint64_t tensor_instructions = 0;
  uint64_t warp_instructions = 0;
  uint64_t thread_instructions = 0;                     // lanes that took part
  std::array<uint64_t, kInstructionClasses> classes{};  // warp instructions

  void add(const LaunchCounters& other);
};

// The launches since the last take or reset, in their order.
std::vector<LaunchCounters> take_counters();
void reset_counters();
// Launches of the same kernel with the same grid and block added up.
std::vector<LaunchCounters> summed(const std::vector<LaunchCounters>& launches);
std::string to_json(const std::vector<LaunchCounters>& launches);

}  // namespace lean::simt
