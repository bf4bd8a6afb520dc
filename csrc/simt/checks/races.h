// Finds accesses to the same byte that nothing orders. It does not depend on how threads were
// scheduled: for each byte the last writer and two readers are remembered, and a pair of accesses
// by different threads, of which one writes and not both are atomic, is a race unless there is
// between them
//  - a barrier of their block (or of their cluster, or bar.warp.sync in their warp), or
//  - a fence of the first thread's, an atomic of its on some word, and an atomic of the other
//    block's on that word (that is how grids synchronize and last blocks are found).
// Approximations: a barrier for some warps counts for the whole block; a thread's fence holds for
// its later atomics too; bar.warp.sync with a part of a warp orders that part.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "simt/machine/launch.h"
#include "simt/memory/access.h"

namespace lean::simt {

struct Block;
struct Cluster;

class Races {
 public:
  explicit Races(const Launch& launch);

  // Throws Fault(race).
  void access(Warp& warp, const Instruction& instruction, const Access& access, bool shared,
              const HostPointers& host);
  // What cp.async wrote has landed.
  void landed(Warp& warp, uint32_t pc, int lane, const std::byte* to, uint32_t bytes);

  // A barrier of the block has completed, or the block starts.
  void block_synchronized(const Block& block);
  void cluster_synchronized(const Cluster& cluster);
  void warp_synchronized(const Warp& warp, Mask lanes);
  // A fence for more than the own block.
  void fence(const Warp& warp, Mask lanes);
  // The block's shared memory is new.
  void forget(const std::byte* memory, uint64_t bytes);

 private:
  struct Event {
    uint32_t block = UINT32_MAX;
    uint32_t thread = 0;
    uint32_t epoch = 0;  // of the block
    uint32_t clock = 0;  // of the thread in its warp
    uint32_t pc = 0;
    bool atomic = false;
  };
  struct Cell {
    Event writer, reader, other_reader;
  };
  static constexpr uint64_t kPage = 1024;  // bytes
  using Page = std::array<Cell, kPage>;

  // Of another block: its epoch up to which everything is ordered, and in that epoch one thread.
  struct Known {
    uint32_t epoch = 0, thread = UINT32_MAX;
  };
  using Knowledge = std::unordered_map<uint32_t, Known>;

  struct BlockState {
    uint32_t epoch = 0;
    Knowledge seen;
    std::vector<uint32_t> clocks;  // of threads
    std::vector<bool> fenced;
  };

  BlockState& state(const Block& block);
  Event event(const Warp& warp, int lane, uint32_t pc, bool atomic);
  bool ordered(const Event& before, const Event& now);
  Cell& cell(uint64_t address);
  void touch(Warp& warp, uint32_t pc, int lane, uint64_t address, uint32_t bytes, bool writes,
             const Event& now, bool shared);
  void synchronize_through(uint64_t address, const Event& now);
  [[noreturn]] void report(Warp& warp, uint32_t pc, int lane, uint64_t address, bool shared,
                           const Event& before, const char* did, const Event& now,
                           const char* does);

  uint32_t threads_;
  uint32_t last_epoch_ = 0;
  std::vector<std::unique_ptr<BlockState>> blocks_;
  std::unordered_map<uint64_t, std::unique_ptr<Page>> pages_;
  uint64_t last_page_ = UINT64_MAX;
  Page* last_ = nullptr;
  std::unordered_map<uint64_t, Knowledge> released_;  // by address of the word
};

}  // namespace lean::simt
