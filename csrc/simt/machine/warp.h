// 32 threads that execute together. Lanes that have diverged wait in parked groups; the group with
// the lowest pc runs first, so that lanes meet again at the first instruction they share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "simt/machine/instruction.h"

namespace lean::simt {

struct Block;
struct Kernel;

struct Warp {
  std::byte* registers = nullptr;        // 64-byte aligned, laid out by the kernel
  const std::byte* constants = nullptr;  // the kernel's
  const Kernel* kernel = nullptr;
  Block* block = nullptr;
  uint32_t index = 0;  // within the block
  uint32_t pc = 0;     // of the running group
  Mask running = 0;    // the group that executes now
  Mask alive = 0;      // lanes that have not exited
  Mask carry = 0;      // CC.CF of each lane: add.cc, addc, ...

  struct Group {
    uint32_t pc;
    Mask lanes;
  };
  std::vector<Group> parked;
};

}  // namespace lean::simt
