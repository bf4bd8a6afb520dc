// What is resident on a worker: blocks with their warps, barriers and shared memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "simt/machine/launch.h"
#include "simt/machine/warp.h"
#include "simt/memory/shadow.h"

namespace lean::simt {

struct Kernel;
class Races;
struct Worker;

// Named barriers 0 to 15 of a block (PTX ISA 9.0, 9.7.13.1).
struct Barrier {
  uint32_t arrived = 0;   // threads
  uint32_t expected = 0;  // 0: all of the block
  uint32_t pc = 0;        // where the first came from
  uint32_t votes = 0;     // of bar.red: true ones
  uint32_t voters = 0;
};

struct Cluster {
  std::vector<Block*> blocks;  // by rank
  uint32_t alive = 0;          // threads
  uint32_t arrived = 0;
  uint64_t phase = 0;
};

// A launch, seen by all of its blocks.
struct Grid {
  const Launch* launch = nullptr;
  const Kernel* kernel = nullptr;
  uint64_t workspace = 0;  // of a cooperative launch: an address in DeviceMemory
  uint64_t serial = 0;
  Options options;         // as they were when it started
  Races* races = nullptr;  // when races are looked for
};

struct Block {
  const Grid* grid = nullptr;
  Worker* worker = nullptr;
  Cluster* cluster = nullptr;
  uint64_t number = 0;  // in the grid, x fastest
  Dim index;
  uint32_t rank = 0;     // in the cluster
  uint32_t threads = 0;  // at the start
  uint32_t alive = 0;
  bool last_try = false;  // nobody could go on: who still waits says why
  std::byte* shared = nullptr;
  uint32_t shared_bytes = 0;
  OwnShadow written;  // bytes of shared memory that have been written
  OwnShadow pending;  // that must not be touched: a cp.async may still be writing them, or
                      // they lie between two variables
  bool has_gaps = false;
  uint32_t copies = 0;  // cp.async that have not landed
  std::vector<Warp> warps;
  std::array<Barrier, 16> barriers;
};

}  // namespace lean::simt
