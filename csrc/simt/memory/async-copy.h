// What cp.async has begun and not yet written.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "simt/machine/warp.h"

namespace lean::simt {

// The copies of one instruction: data that has been read, for destinations in shared memory.
struct AsyncBatch {
  Mask lanes = 0;  // whose copies have not landed
  uint32_t bytes = 0;
  uint32_t pc = 0;
  std::array<uint32_t, kLanes> group;  // of each lane: which of its groups
  std::array<uint64_t, kLanes> address;
  std::array<std::byte*, kLanes> to;  // in the own block
  std::array<std::array<std::byte, 16>, kLanes> data;
};

struct AsyncCopies {
  std::vector<AsyncBatch> batches;
  size_t used = 0;                           // of `batches`
  std::array<uint32_t, kLanes> committed{};  // groups of each lane
};

// All copies of the lanes land, whatever group they belong to.
void land_copies(Warp& warp, Mask lanes);
// At the start of a block.
void forget_copies(Warp& warp);

}  // namespace lean::simt
