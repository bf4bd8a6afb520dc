// A kernel's launch: what the runtime hands to the machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lean::simt {

struct Kernel;  // parsed and decoded: simt/ptx/module.h

struct Dim {
  uint32_t x = 1, y = 1, z = 1;
  uint64_t count() const { return uint64_t{x} * y * z; }
};

struct Launch {
  const Kernel* kernel = nullptr;
  Dim grid, block, cluster;
  uint32_t dynamic_shared = 0;        // bytes
  bool cooperative = false;           // all blocks resident at once: grid.sync()
  std::vector<std::byte> parameters;  // laid out as the kernel's parameters are
};

// Runs the kernel to its end, on the calling thread and the machine's workers. Throws Fault.
void run(const Launch& launch);

// How the machine runs. Read from the environment at first use, and may be changed between
// launches.
struct Options {
  enum class Order : uint8_t { forward, reverse, random };
  Order order = Order::forward;  // LEAN_SIMT_ORDER: of blocks, warps and diverged lanes
  uint64_t seed = 1;             // LEAN_SIMT_SEED
  uint32_t threads = 0;          // LEAN_SIMT_THREADS; 0: as many as there are cores
  bool races = false;            // LEAN_SIMT_RACES: look for races (then one thread)
  bool count = false;            // LEAN_SIMT_COUNT: fill the counters
  bool initialization = true;    // LEAN_SIMT_INITIALIZATION: reads of unwritten bytes are faults
  bool stop_at_once = false;     // LEAN_SIMT_STOP: abort() at the first fault, for a debugger
  // LEAN_SIMT_PATIENCE: so many jumps of what is resident together, without a thread that exits or
  // a byte that changes, are endless spinning. 0: wait forever.
  uint64_t patience = uint64_t{1} << 28;
};
Options& options();

}  // namespace lean::simt
