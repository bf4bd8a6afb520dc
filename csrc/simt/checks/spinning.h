// Threads that run in circles: they take jump after jump, and nothing comes of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "simt/memory/access.h"

namespace lean::simt {

struct Worker;

// Counts the jumps since something has come of them: a thread has exited, or memory has changed.
// Stores are looked at when half of the patience is gone, and cost nothing before that.
class Spinning {
 public:
  Spinning(Worker& worker, uint64_t patience);
  Spinning(const Spinning&) = delete;
  Spinning& operator=(const Spinning&) = delete;
  ~Spinning();

  // After a warp's turn. True when the patience has run out.
  bool is_endless(uint32_t jumps, bool exited) {
    jumps_ += jumps;
    if (exited || jumps_ >= watched_from_) [[unlikely]]
      return look(exited);
    return false;
  }

  // What a store or an atomic is about to overwrite.
  void note(const Access& access, const HostPointers& host);

 private:
  struct Before {
    const std::byte* at;
    uint32_t bytes;
    std::array<std::byte, 32> value;
  };

  bool look(bool exited);
  void watch(bool on);

  Worker& worker_;
  uint64_t patience_;
  uint64_t watched_from_;
  uint64_t jumps_ = 0;
  bool observed_before_;
  bool changed_ = false;
  std::vector<Before> before_;  // of this turn
};

}  // namespace lean::simt
