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

// The slice is over. A group may spin until another one has done something: every second slice is
// for one that is not the first.
void end_slice(Warp& warp, bool lowest_first, Random& random) {
  warp.others_turn = !warp.others_turn;
  const bool runs = settle(warp, lowest_first);
  if (runs && warp.others_turn && !warp.parked.empty()) rotate(warp, random.next());
}

template <bool counted>
Slice run(Warp& warp, uint32_t& jumps, Options::Order order, Random& random) {
  Slice slice;
  wake(warp);
  bool lowest_first = !warp.others_turn;
  if (!settle(warp, lowest_first)) return slice;
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
        end_slice(warp, lowest_first, random);
        return slice;
      }
    } else if (flow == Flow::wait) {
      hold(warp, at->pc, mask);
    } else {
      slice.progress = true;
      warp.pc = at->pc + 1;
      end_slice(warp, lowest_first, random);
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
  uint32_t left = jumps;
  Slice slice =
      counted ? run<true>(warp, left, order, random) : run<false>(warp, left, order, random);
  slice.jumps = jumps - left;
  return slice;
}

}  // namespace lean::simt
