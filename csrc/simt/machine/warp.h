// 32 threads that execute together. Lanes that have diverged wait in parked groups; the group with
// the lowest pc runs first, so that lanes meet again at the first instruction they share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "simt/machine/instruction.h"

namespace lean::simt {

struct AsyncCopies;
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

  // Lanes that can run, or try again (`waiting`: their instruction has returned Flow::wait).
  struct Group {
    uint32_t pc;
    Mask lanes;
    bool waiting = false;
  };
  std::vector<Group> parked;
  uint32_t nearest = 0;  // the first pc after `pc` at which a group is parked

  bool others_turn = false;  // the group with the lowest pc has used up its time: it may spin

  // Lanes at a barrier, which takes them back when it completes.
  struct Blocked {
    uint32_t pc;  // of the barrier
    Mask lanes;
    uint32_t barrier;
  };
  std::vector<Blocked> blocked;

  std::byte* local = nullptr;                    // of lane 0; the others' follow
  Mask cluster_arrived = 0;                      // lanes between barrier.cluster.arrive and .wait
  std::array<uint64_t, kLanes> cluster_phase{};  // of each lane: that it waits for the end of
  std::shared_ptr<AsyncCopies> copies;           // once there has been one
};

}  // namespace lean::simt
