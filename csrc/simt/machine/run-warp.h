// The loop that executes a warp's instructions.
#pragma once

#include <cstdint>

#include "simt/machine/launch.h"
#include "simt/machine/warp.h"

namespace lean::simt {

struct Slice {
  bool progress = false;  // something was executed
  uint32_t jumps = 0;     // that were taken
};

// xorshift64*.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
  uint32_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<uint32_t>(state_ * 0x2545f4914f6cdd1du >> 32);
  }
  uint32_t below(uint32_t bound) { return next() % bound; }

 private:
  uint64_t state_;
};

// Runs until all lanes have exited or wait, until `jumps` jumps are taken, or until the warp
// yields.
Slice run_warp(Warp& warp, uint32_t jumps, Options::Order order, Random& random);

}  // namespace lean::simt
