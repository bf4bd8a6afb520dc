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

using Places = std::map<uint32_t, Waiting>;  // by pc

void note(Places& places, const Warp& warp, uint32_t pc, Mask lanes) {
  if (lanes == 0) return;
  Waiting& waiting = places[pc];
  if (waiting.threads == 0) {
    waiting.warp = &warp;
    waiting.lane = std::countr_zero(lanes);
  }
  waiting.threads += static_cast<uint32_t>(std::popcount(lanes));
}

std::string describe(const Places& places, const std::string& verb) {
  std::string message;
  for (const auto& [pc, waiting] : places) {
    const Place& place = waiting.warp->kernel->place(pc);
    const uint32_t thread = waiting.warp->index * kLanes + static_cast<uint32_t>(waiting.lane);
    message += "\n    " + std::to_string(waiting.threads) + ' ' + verb + " at " + place.file + ':' +
               std::to_string(place.line) + " (" + place.text + "), one is thread " +
               std::to_string(thread) + " of block " + std::to_string(waiting.warp->block->number);
  }
  return message;
}

[[noreturn]] void report(const Places& places, const std::string& message) {
  const auto& [pc, first] = *places.begin();
  throw Fault(FaultKind::deadlock, *first.warp, first.warp->kernel->code[pc], first.lane, message);
}

}  // namespace

void report_deadlock(const std::vector<Warp*>& warps) {
  Places places;
  for (const Warp* warp : warps) {
    for (const Warp::Group& group : warp->parked) note(places, *warp, group.pc, group.lanes);
    for (const Warp::Blocked& blocked : warp->blocked) {
      note(places, *warp, blocked.pc, blocked.lanes);
    }
  }
  report(places, "no thread can go on:" + describe(places, "wait"));
}

void report_spinning(const std::vector<Warp*>& warps) {
  Places spinning, waiting;
  for (const Warp* warp : warps) {
    note(spinning, *warp, warp->pc, warp->running);
    for (const Warp::Group& group : warp->parked) {
      note(group.waiting ? waiting : spinning, *warp, group.pc, group.lanes);
    }
    for (const Warp::Blocked& blocked : warp->blocked) {
      note(waiting, *warp, blocked.pc, blocked.lanes);
    }
  }
  report(spinning.empty() ? waiting : spinning,
         "threads spin, and for " + std::to_string(options().patience) +
             " jumps none has exited or changed memory (LEAN_SIMT_PATIENCE):" +
             describe(spinning, "spin") + describe(waiting, "wait"));
}

}  // namespace lean::simt
