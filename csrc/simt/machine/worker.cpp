#include "simt/machine/worker.h"

#include <algorithm>
#include <cstring>

#include "simt/checks/deadlock.h"
#include "simt/checks/races.h"
#include "simt/checks/spinning.h"
#include "simt/memory/async-copy.h"

namespace lean::simt {
namespace {

constexpr size_t round_up(size_t bytes) { return (bytes + 63) / 64 * 64; }

size_t shared_bytes(const Grid& grid) {
  const Kernel& kernel = *grid.kernel;
  const uint32_t dynamic = grid.launch->dynamic_shared;
  return dynamic > 0 ? kernel.dynamic_shared + dynamic : kernel.shared_end;
}

void close_gaps(const Kernel& kernel, Block& block) {
  block.pending.reset(block.shared_bytes);
  block.has_gaps = false;
  for (const Kernel::Gap& gap : kernel.shared_gaps) {
    if (gap.offset + gap.bytes > block.shared_bytes) continue;
    block.pending.set(gap.offset, gap.bytes);
    block.has_gaps = true;
  }
}

}  // namespace

std::byte* Arena::get(size_t bytes) {
  const size_t lines = bytes / sizeof(Line) + 1;
  if (lines > capacity_) {
    lines_ = std::make_unique<Line[]>(lines);
    capacity_ = lines;
  }
  return lines_[0].bytes;
}

void Worker::prepare(const Grid& grid, size_t resident) {
  seen.fill(nullptr);
  const Kernel& kernel = *grid.kernel;
  const auto threads = static_cast<size_t>(grid.launch->block.count());
  const size_t warps = (threads + kLanes - 1) / kLanes;
  const size_t register_bytes = kernel.register_bytes;
  const size_t local_bytes = round_up(size_t{kernel.local_bytes} * kLanes);
  const size_t shared_each = round_up(shared_bytes(grid));
  while (blocks.size() < resident) blocks.emplace_back();
  while (clusters.size() < resident) clusters.emplace_back();
  std::byte* own_registers = registers.get(resident * warps * register_bytes);
  std::byte* own_local = local.get(resident * warps * local_bytes);
  std::byte* own_shared = shared.get(resident * shared_each);
  // Registers keep what an earlier block has left in them: PTX gives them no first value, and a
  // large kernel has megabytes of them.
  for (size_t b = 0; b < resident; ++b) {
    Block& block = blocks[b];
    block.grid = &grid;
    block.worker = this;
    block.threads = static_cast<uint32_t>(threads);
    block.shared = own_shared + b * shared_each;
    block.shared_bytes = static_cast<uint32_t>(shared_bytes(grid));
    close_gaps(kernel, block);
    block.warps.resize(warps);
    for (size_t w = 0; w < warps; ++w) {
      Warp& warp = block.warps[w];
      warp.index = static_cast<uint32_t>(w);
      warp.block = &block;
      warp.kernel = &kernel;
      warp.constants = kernel.constants.empty() ? nullptr : kernel.constants.front().bytes;
      warp.registers = own_registers + (b * warps + w) * register_bytes;
      warp.local = own_local + (b * warps + w) * local_bytes;
      for (const SpecialRegister& special : kernel.specials) {
        if (!is_of_block(special.special)) fill_special(warp, special);
      }
    }
  }
}

void Worker::start(const Grid& grid, Block& block, Cluster& cluster, uint64_t cluster_number,
                   uint32_t rank) {
  const Launch& launch = *grid.launch;
  const Dim& shape = launch.cluster;
  const uint64_t wide = launch.grid.x / shape.x, high = launch.grid.y / shape.y;
  block.index.x = static_cast<uint32_t>(cluster_number % wide) * shape.x + rank % shape.x;
  block.index.y =
      static_cast<uint32_t>(cluster_number / wide % high) * shape.y + rank / shape.x % shape.y;
  block.index.z =
      static_cast<uint32_t>(cluster_number / wide / high) * shape.z + rank / shape.x / shape.y;
  block.number =
      (uint64_t{block.index.z} * launch.grid.y + block.index.y) * launch.grid.x + block.index.x;
  block.rank = rank;
  block.cluster = &cluster;
  block.alive = block.threads;
  block.last_try = false;
  block.barriers = {};
  if (block.shared_bytes > 0) {
    std::memset(block.shared, 0xff, block.shared_bytes);
    block.written.reset(block.shared_bytes);
  }
  if (block.copies > 0) {
    block.copies = 0;
    close_gaps(*grid.kernel, block);
  }
  if (grid.races != nullptr) {
    grid.races->forget(block.shared, block.shared_bytes);
    grid.races->block_synchronized(block);
  }
  cluster.blocks.push_back(&block);
  cluster.alive += block.threads;
  for (Warp& warp : block.warps) {
    const uint32_t left = block.threads - warp.index * kLanes;
    warp.alive = left >= kLanes ? kAllLanes : (Mask{1} << left) - 1;
    warp.running = warp.alive;
    warp.pc = grid.kernel->entry;
    warp.parked.clear();
    warp.blocked.clear();
    warp.cluster_arrived = 0;
    warp.carry = 0;
    warp.others_turn = false;
    forget_copies(warp);
    if (grid.kernel->local_bytes > 0) {
      std::memset(warp.local, 0xff, size_t{grid.kernel->local_bytes} * kLanes);
    }
    for (const SpecialRegister& special : grid.kernel->specials) {
      if (is_of_block(special.special)) fill_special(warp, special);
    }
  }
}

void Worker::run_clusters(const Grid& grid, uint64_t first, size_t count) {
  const auto ranks = static_cast<uint32_t>(grid.launch->cluster.count());
  size_t resident = 0;
  for (size_t c = 0; c < count; ++c) {
    Cluster& cluster = clusters[c];
    cluster = {};
    for (uint32_t rank = 0; rank < ranks; ++rank) {
      start(grid, blocks[resident++], cluster, first + c, rank);
    }
  }
  schedule(resident);
}

// Warps take turns until all have exited. A warp gives up its turn when it waits, sleeps, or has
// jumped often: it may spin on what another one does.
void Worker::schedule(size_t resident) {
  const Options::Order order = options().order;
  const uint32_t jumps = resident > 1 ? 256 : 1u << 14;
  std::vector<Warp*> warps;
  for (size_t b = 0; b < resident; ++b) {
    for (Warp& warp : blocks[b].warps) warps.push_back(&warp);
  }
  if (order == Options::Order::reverse) std::reverse(warps.begin(), warps.end());
  bool last_try = false;
  Spinning spinning(*this, options().patience);
  for (;;) {
    if (order == Options::Order::random) {
      for (size_t i = warps.size(); i > 1; --i) {
        std::swap(warps[i - 1], warps[random.below(static_cast<uint32_t>(i))]);
      }
    }
    bool progress = false;
    bool left = false;
    for (Warp* warp : warps) {
      if (warp->running == 0 && warp->parked.empty()) {
        left |= warp->alive != 0;
        continue;
      }
      const uint32_t slice = order == Options::Order::random ? 1 + random.below(200) : jumps;
      const Mask alive = warp->alive;
      const Slice ran = run_warp(*warp, slice, order, random);
      progress |= ran.progress;
      left |= warp->alive != 0;
      if (spinning.is_endless(ran.jumps, warp->alive != alive)) report_spinning(warps);
    }
    if (!left) return;
    if (!progress && last_try) report_deadlock(warps);
    last_try = !progress;
    for (size_t b = 0; b < resident; ++b) blocks[b].last_try = last_try;
  }
}

}  // namespace lean::simt
