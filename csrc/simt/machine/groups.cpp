#include "simt/machine/groups.h"

#include <algorithm>

#include "simt/ptx/module.h"

namespace lean::simt {
namespace {

void forget(Warp& warp, size_t group) {
  warp.parked[group] = warp.parked.back();
  warp.parked.pop_back();
}

void run_group(Warp& warp, size_t group) {
  const Warp::Group chosen = warp.parked[group];
  forget(warp, group);
  if (warp.running != 0) park(warp, warp.pc, warp.running);
  warp.pc = chosen.pc;
  warp.running = chosen.lanes;
}

void meet(Warp& warp) {
  if (warp.running == 0) return;
  for (size_t i = 0; i < warp.parked.size();) {
    if (warp.parked[i].pc != warp.pc) {
      ++i;
      continue;
    }
    warp.running |= warp.parked[i].lanes;
    forget(warp, i);
  }
}

void find_nearest(Warp& warp) {
  warp.nearest = static_cast<uint32_t>(warp.kernel->code.size());
  for (const Warp::Group& group : warp.parked) {
    if (group.pc > warp.pc) warp.nearest = std::min(warp.nearest, group.pc);
  }
}

}  // namespace

void park(Warp& warp, uint32_t pc, Mask lanes, bool waiting) {
  for (Warp::Group& group : warp.parked) {
    if (group.pc != pc) continue;
    group.lanes |= lanes;
    group.waiting = false;
    return;
  }
  warp.parked.push_back({pc, lanes, waiting});
}

bool settle(Warp& warp, bool choose) {
  meet(warp);
  if (choose || warp.running == 0) {
    size_t lowest = warp.parked.size();
    uint32_t pc = warp.running != 0 ? warp.pc : UINT32_MAX;
    for (size_t i = 0; i < warp.parked.size(); ++i) {
      if (warp.parked[i].waiting || warp.parked[i].pc >= pc) continue;
      pc = warp.parked[i].pc;
      lowest = i;
    }
    if (lowest < warp.parked.size()) run_group(warp, lowest);
  }
  find_nearest(warp);
  return warp.running != 0;
}

void wake(Warp& warp) {
  for (Warp::Group& group : warp.parked) group.waiting = false;
}

void rotate(Warp& warp, uint32_t number) {
  std::vector<size_t> able;
  for (size_t i = 0; i < warp.parked.size(); ++i) {
    if (!warp.parked[i].waiting) able.push_back(i);
  }
  if (able.empty()) return;
  run_group(warp, able[number % able.size()]);
  find_nearest(warp);
}

}  // namespace lean::simt
