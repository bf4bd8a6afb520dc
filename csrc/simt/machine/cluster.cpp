// barrier.cluster (PTX ISA 9.0, 9.7.13.4).
#include <bit>

#include "simt/checks/fault.h"
#include "simt/checks/races.h"
#include "simt/machine/barriers.h"
#include "simt/machine/block.h"

namespace lean::simt {
namespace {

void arrive_lanes(Warp& warp, const Instruction& instruction, Mask mask) {
  if ((warp.cluster_arrived & mask) != 0) {
    throw Fault(FaultKind::divergent_barrier, warp, instruction,
                std::countr_zero(warp.cluster_arrived & mask),
                "the thread arrives at the barrier of its cluster again without having waited");
  }
  Cluster& cluster = *warp.block->cluster;
  warp.cluster_arrived |= mask;
  for (int lane = 0; lane < kLanes; ++lane) {
    if ((mask >> lane & 1) != 0) warp.cluster_phase[static_cast<size_t>(lane)] = cluster.phase;
  }
  cluster.arrived += static_cast<uint32_t>(std::popcount(mask));
  leave_cluster(cluster);
}

Flow arrive(Warp& warp, const Instruction& instruction, Mask mask) {
  const bool aligned = instruction.data[0] != 0;
  if (aligned && mask != warp.alive) return Flow::wait;
  arrive_lanes(warp, instruction, mask);
  return Flow::next;
}

Flow wait(Warp& warp, const Instruction& instruction, Mask mask) {
  if ((warp.cluster_arrived & mask) != mask) {
    throw Fault(FaultKind::divergent_barrier, warp, instruction,
                std::countr_zero(mask & ~warp.cluster_arrived),
                "the thread waits at the barrier of its cluster without having arrived");
  }
  const bool aligned = instruction.data[0] != 0;
  if (aligned && mask != warp.alive) return Flow::wait;
  const uint64_t phase = warp.block->cluster->phase;
  for (int lane = 0; lane < kLanes; ++lane) {
    const bool here = (mask >> lane & 1) != 0;
    if (here && warp.cluster_phase[static_cast<size_t>(lane)] == phase) return Flow::wait;
  }
  warp.cluster_arrived &= ~mask;
  return Flow::next;
}

Execute select_cluster(const Spelling& spelling, Instruction& instruction) {
  if (!spelling.has("cluster") || !spelling.operands.empty()) return nullptr;
  instruction.data[0] = spelling.has("aligned") ? 1 : 0;
  if (spelling.has("arrive")) return arrive;
  return spelling.has("wait") ? wait : nullptr;
}

const RegisterOpcode kBarrier("barrier", select_cluster);

}  // namespace

void leave_cluster(Cluster& cluster) {
  if (cluster.arrived == 0 || cluster.arrived < cluster.alive) return;
  cluster.arrived = 0;
  cluster.phase += 1;
  Races* races = cluster.blocks.front()->grid->races;
  if (races != nullptr) races->cluster_synchronized(cluster);
}

}  // namespace lean::simt
