#include "simt/machine/run-warp.h"

#include "simt/counters/collect.h"
#include "simt/machine/columns.h"
#include "simt/machine/groups.h"
#include "simt/machine/worker.h"
#include "simt/ptx/module.h"

namespace lean::simt {
namespace {

// The lanes of `mask` were not ready: they wait here, the others of the group go on.
void hold(Warp& warp, uint32_t pc, Mask mask) {
  const Mask rest = warp.running & ~mask;
  warp.running = rest;
  warp.pc = pc + 1;
  warp.parked.push_back({pc, mask, true});
}

template <bool counted>
Slice run(Warp& warp, uint32_t jumps, Options::Order order, Random& random) {
  Slice slice;
  wake(warp);
  bool lowest_first = true;
  if (!settle(warp)) return slice;
  if (order == Options::Order::random && !warp.parked.empty()) rotate(warp, random.next());
  const Instruction* const code = warp.kernel->code.data();
  const Instruction* at = code + warp.pc;
  const Instruction* stop = code + warp.nearest;
  for (;;) {
    Flow flow = Flow::next;
    Mask mask = warp.running;
    if (at->guarded) mask &= read_predicate(warp, at->guard);
    if (mask != 0) {
      warp.pc = at->pc;
      flow = at->execute(warp, *at, mask);
      if constexpr (counted) {
        if (flow != Flow::wait) warp.block->worker->counters->executed(at->pc, mask);
      }
    }
    if (flow == Flow::next) {
      slice.progress = true;
      if (++at != stop) continue;
      warp.pc = at->pc;
    } else if (flow == Flow::moved) {
      slice.progress = true;
      if (--jumps == 0) {
        // The other groups have their turn too: one may wait in a loop for another.
        if (settle(warp, lowest_first) && !warp.parked.empty()) rotate(warp, random.next());
        return slice;
      }
    } else if (flow == Flow::wait) {
      hold(warp, at->pc, mask);
    } else {
      slice.progress = true;
      warp.pc = at->pc + 1;
      if (settle(warp, lowest_first) && !warp.parked.empty()) rotate(warp, random.next());
      return slice;
    }
    if (order == Options::Order::random && !warp.parked.empty() && random.below(8) == 0) {
      lowest_first = !lowest_first;
    }
    if (!settle(warp, lowest_first)) return slice;
    at = code + warp.pc;
    stop = code + warp.nearest;
  }
}

}  // namespace

Slice run_warp(Warp& warp, uint32_t jumps, Options::Order order, Random& random) {
  const bool counted = warp.block->worker->counters != nullptr;
  return counted ? run<true>(warp, jumps, order, random) : run<false>(warp, jumps, order, random);
}

}  // namespace lean::simt
