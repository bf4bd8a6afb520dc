// A thread of the machine with what it keeps between launches.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <memory>

#include "simt/machine/block.h"
#include "simt/machine/run-warp.h"
#include "simt/ptx/module.h"

namespace lean::simt {

class Counters;
class Spinning;
struct Region;

// Memory that grows and is never given back.
class Arena {
 public:
  std::byte* get(size_t bytes);

 private:
  std::unique_ptr<Line[]> lines_;
  size_t capacity_ = 0;
};

struct Worker {
  // The allocation that an instruction touched last, by the low bits of its pc.
  std::array<Region*, 256> seen{};
  std::deque<Block> blocks;
  std::deque<Cluster> clusters;
  Random random{1};
  std::shared_ptr<Counters> counters;  // while a launch is counted
  bool observed = false;               // somebody wants to know of accesses
  Spinning* spinning = nullptr;        // while it looks for stores that change something
  Arena registers, shared, local;

  // Makes room for so many blocks at once.
  void prepare(const Grid& grid, size_t resident);
  // Runs a cluster, or a block that is its own cluster, or all of a cooperative grid, to the end:
  // the clusters `first` to `first + count`.
  void run_clusters(const Grid& grid, uint64_t first, size_t count);

 private:
  void start(const Grid& grid, Block& block, Cluster& cluster, uint64_t cluster_number,
             uint32_t rank);
  void schedule(size_t resident);
};

}  // namespace lean::simt
