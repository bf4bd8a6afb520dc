#include "simt/checks/deadlock.h"

#include <algorithm>
#include <bit>
#include <map>

#include "simt/checks/fault.h"
#include "simt/machine/block.h"
#include "simt/ptx/module.h"

namespace lean::simt {
namespace {

struct Waiting {
  uint32_t threads = 0;
  const Warp* warp = nullptr;  // one of them
  int lane = 0;
};

}  // namespace

void report_deadlock(const std::vector<Warp*>& warps) {
  std::map<uint32_t, Waiting> places;  // by pc
  const auto note = [&](const Warp& warp, uint32_t pc, Mask lanes) {
    if (lanes == 0) return;
    Waiting& waiting = places[pc];
    if (waiting.threads == 0) {
      waiting.warp = &warp;
      waiting.lane = std::countr_zero(lanes);
    }
    waiting.threads += static_cast<uint32_t>(std::popcount(lanes));
  };
  for (const Warp* warp : warps) {
    for (const Warp::Group& group : warp->parked) note(*warp, group.pc, group.lanes);
    for (const Warp::Blocked& blocked : warp->blocked) note(*warp, blocked.pc, blocked.lanes);
  }
  std::string message = "no thread can go on:";
  for (const auto& [pc, waiting] : places) {
    const Place& place = waiting.warp->kernel->place(pc);
    const uint32_t thread = waiting.warp->index * kLanes + static_cast<uint32_t>(waiting.lane);
    message += "\n    " + std::to_string(waiting.threads) + " wait at " + place.file + ':' +
               std::to_string(place.line) + " (" + place.text + "), one is thread " +
               std::to_string(thread) + " of block " + std::to_string(waiting.warp->block->number);
  }
  const auto& [pc, first] = *places.begin();
  throw Fault(FaultKind::deadlock, *first.warp, first.warp->kernel->code[pc], first.lane, message);
}

}  // namespace lean::simt
