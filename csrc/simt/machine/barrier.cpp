// bar, barrier and bar.warp (PTX ISA 9.0, 9.7.13.1 and 9.7.13.2).
#include <bit>

#include "simt/checks/fault.h"
#include "simt/checks/races.h"
#include "simt/machine/barriers.h"
#include "simt/machine/block.h"
#include "simt/machine/columns.h"
#include "simt/machine/groups.h"
#include "simt/ptx/module.h"

namespace lean::simt {
namespace {

enum class Action : uint32_t { sync, arrive, red_popc, red_and, red_or };

// Instruction::data: what was read from the spelling.
enum Slot { kAction, kAligned, kOperandOfBarrier, kHasCount };

std::string place_text(const Warp& warp, uint32_t pc) {
  const Place& place = warp.kernel->place(pc);
  return place.file + ':' + std::to_string(place.line);
}

uint32_t uniform(const Warp& warp, const Instruction& instruction, size_t operand, Mask mask) {
  const Lanes<uint32_t> lanes = read<uint32_t>(warp, instruction.operands[operand]);
  const uint32_t value = lanes[static_cast<size_t>(std::countr_zero(mask))];
  for (int lane = 0; lane < kLanes; ++lane) {
    if ((mask >> lane & 1) != 0 && lanes[static_cast<size_t>(lane)] != value) {
      throw Fault(FaultKind::divergent_barrier, warp, instruction, lane,
                  "the threads of a warp name different barriers or counts");
    }
  }
  return value;
}

void write_result(Warp& warp, const Instruction& instruction, const Barrier& barrier, Mask lanes) {
  const Column to = instruction.operands[0];
  switch (static_cast<Action>(instruction.data[kAction])) {
    case Action::red_popc: {
      Lanes<uint32_t> votes;
      votes.fill(barrier.votes);
      write(warp, to, votes, lanes);
      return;
    }
    case Action::red_and:
      return write_predicate(warp, to, barrier.votes == barrier.voters ? kAllLanes : 0, lanes);
    case Action::red_or:
      return write_predicate(warp, to, barrier.votes != 0 ? kAllLanes : 0, lanes);
    default:
      return;
  }
}

void complete(Block& block, uint32_t id) {
  Barrier& barrier = block.barriers[id];
  for (Warp& warp : block.warps) {
    for (size_t i = 0; i < warp.blocked.size();) {
      const Warp::Blocked waiting = warp.blocked[i];
      if (waiting.barrier != id) {
        ++i;
        continue;
      }
      write_result(warp, warp.kernel->code[waiting.pc], barrier, waiting.lanes);
      park(warp, waiting.pc + 1, waiting.lanes);
      warp.blocked[i] = warp.blocked.back();
      warp.blocked.pop_back();
    }
  }
  barrier = {};
  if (block.grid->races != nullptr) block.grid->races->block_synchronized(block);
}

// An aligned barrier is for the whole warp. Lanes that are elsewhere may still come; when nobody
// can go on, they never will.
bool is_complete_warp(Warp& warp, const Instruction& instruction, Mask mask) {
  if (mask == warp.alive) return true;
  if (!warp.block->last_try) return false;
  const Mask absent = warp.alive & ~mask;
  const int lane = std::countr_zero(absent);
  std::string elsewhere = "exited";
  for (const Warp::Group& group : warp.parked) {
    if ((group.lanes >> lane & 1) != 0) elsewhere = "at " + place_text(warp, group.pc);
  }
  for (const Warp::Blocked& waiting : warp.blocked) {
    if ((waiting.lanes >> lane & 1) != 0) elsewhere = "at " + place_text(warp, waiting.pc);
  }
  if ((warp.running >> lane & 1) != 0) elsewhere = "past it";
  throw Fault(FaultKind::divergent_barrier, warp, instruction, std::countr_zero(mask),
              std::to_string(std::popcount(mask)) + " of the warp's " +
                  std::to_string(std::popcount(warp.alive)) + " threads reach this barrier; lane " +
                  std::to_string(lane) + " is " + elsewhere);
}

void check_full(Warp& warp, const Instruction& instruction, const Barrier& barrier, uint32_t id,
                Mask mask) {
  const Block& block = *warp.block;
  const int lane = std::countr_zero(mask);
  if (block.alive != block.threads) {
    throw Fault(FaultKind::divergent_barrier, warp, instruction, lane,
                std::to_string(block.threads - block.alive) + " of the block's " +
                    std::to_string(block.threads) +
                    " threads have exited and never reach this barrier");
  }
  if (barrier.arrived != 0 && barrier.pc != instruction.pc) {
    throw Fault(FaultKind::divergent_barrier, warp, instruction, lane,
                "barrier " + std::to_string(id) +
                    " of the whole block is reached here while other threads wait for it at " +
                    place_text(warp, barrier.pc));
  }
}

Flow bar(Warp& warp, const Instruction& instruction, Mask mask) {
  const auto action = static_cast<Action>(instruction.data[kAction]);
  const bool aligned = instruction.data[kAligned] != 0;
  if (aligned && !is_complete_warp(warp, instruction, mask)) return Flow::wait;
  const size_t first = instruction.data[kOperandOfBarrier];
  const uint32_t id = uniform(warp, instruction, first, mask);
  const bool counted = instruction.data[kHasCount] != 0;
  const uint32_t expected = counted ? uniform(warp, instruction, first + 1, mask) : 0;
  const int lane = std::countr_zero(mask);
  if (id >= warp.block->barriers.size() || expected % kLanes != 0) {
    throw Fault(FaultKind::divergent_barrier, warp, instruction, lane,
                "barrier " + std::to_string(id) + " for " + std::to_string(expected) +
                    " threads: there are 16, for multiples of 32 threads");
  }
  Barrier& barrier = warp.block->barriers[id];
  if (!counted) check_full(warp, instruction, barrier, id, mask);
  if (barrier.arrived != 0 && barrier.expected != expected) {
    throw Fault(FaultKind::divergent_barrier, warp, instruction, lane,
                "barrier " + std::to_string(id) + " is for " + std::to_string(expected) +
                    " threads here and for " + std::to_string(barrier.expected) + " at " +
                    place_text(warp, barrier.pc));
  }
  if (barrier.arrived == 0) barrier.pc = instruction.pc;
  barrier.expected = expected;
  // With a count, warps arrive as a whole, whatever lanes they have left.
  const auto lanes = static_cast<uint32_t>(std::popcount(mask));
  barrier.arrived += counted && aligned ? kLanes : lanes;
  if (action >= Action::red_popc) {
    const Column voted = instruction.operands[instruction.operand_count - 1];
    barrier.voters += lanes;
    barrier.votes += static_cast<uint32_t>(std::popcount(read_predicate(warp, voted) & mask));
  }
  warp.pc = instruction.pc + 1;
  if (action != Action::arrive) {
    warp.running &= ~mask;
    warp.blocked.push_back({instruction.pc, mask, id});
  }
  if (barrier.arrived >= (counted ? expected : warp.block->alive)) complete(*warp.block, id);
  return Flow::moved;
}

Execute select_bar(const Spelling& spelling, Instruction& instruction) {
  if (spelling.has("cluster") || spelling.has("warp")) return nullptr;
  size_t known = 0;
  for (const char* each : {"cta", "sync", "arrive", "red", "aligned", "popc", "and", "or"}) {
    known += spelling.has(each) ? 1 : 0;
  }
  Action action = Action::sync;
  const bool red = spelling.has("red");
  if (spelling.has("arrive")) action = Action::arrive;
  if (red) {
    if (spelling.has("popc")) {
      action = Action::red_popc;
    } else if (spelling.has("and")) {
      action = Action::red_and;
    } else if (spelling.has("or")) {
      action = Action::red_or;
    } else {
      return nullptr;
    }
    known += 1;  // the type
  } else if (!spelling.has("sync") && !spelling.has("arrive")) {
    return nullptr;
  }
  if (known != spelling.modifiers.size()) return nullptr;
  const size_t before = red ? 1 : 0;
  const size_t after = red ? 1 : 0;
  const size_t count = spelling.operands.size();
  if (count < before + 1 + after || count > before + 2 + after) return nullptr;
  instruction.data[kAction] = static_cast<uint32_t>(action);
  // bar is barrier.aligned.
  instruction.data[kAligned] = spelling.opcode == "bar" || spelling.has("aligned") ? 1 : 0;
  instruction.data[kOperandOfBarrier] = static_cast<uint32_t>(before);
  instruction.data[kHasCount] = count == before + 2 + after ? 1 : 0;
  if (action == Action::arrive && instruction.data[kHasCount] == 0) return nullptr;
  return bar;
}

// bar.warp.sync: lanes wait for those that their mask names and that are alive.
Flow bar_warp(Warp& warp, const Instruction& instruction, Mask mask) {
  const Lanes<uint32_t> members = read<uint32_t>(warp, instruction.operands[0]);
  for (int lane = 0; lane < kLanes; ++lane) {
    if ((mask >> lane & 1) == 0) continue;
    const Mask named = members[static_cast<size_t>(lane)];
    if ((named >> lane & 1) == 0) {
      throw Fault(FaultKind::bad_warp_operation, warp, instruction, lane,
                  "the mask does not name the thread itself");
    }
    if ((named & warp.alive & ~mask) != 0) return Flow::wait;
  }
  if (Races* races = warp.block->grid->races) races->warp_synchronized(warp, mask);
  return Flow::next;
}

Execute select_bar_warp(const Spelling& spelling, Instruction& instruction) {
  const bool known = spelling.has("warp") && spelling.has("sync") && spelling.modifiers.size() == 2;
  return known && instruction.operand_count == 1 ? bar_warp : nullptr;
}

const RegisterOpcode kBar("bar", select_bar);
const RegisterOpcode kBarrier("barrier", select_bar);
const RegisterOpcode kBarWarp("bar", select_bar_warp);

}  // namespace

void leave_barriers(Warp& warp, const Instruction& instruction, Mask lanes) {
  Block& block = *warp.block;
  for (const Barrier& barrier : block.barriers) {
    if (barrier.arrived == 0 || barrier.expected != 0) continue;
    throw Fault(FaultKind::divergent_barrier, warp, instruction, std::countr_zero(lanes),
                "the thread exits while " + std::to_string(barrier.arrived) +
                    " threads wait for the whole block at " + place_text(warp, barrier.pc));
  }
  const auto count = static_cast<uint32_t>(std::popcount(lanes));
  block.alive -= count;
  block.cluster->alive -= count;
  leave_cluster(*block.cluster);
}

}  // namespace lean::simt
