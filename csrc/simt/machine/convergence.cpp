#include "simt/machine/convergence.h"

#include <bit>

#include "simt/checks/fault.h"
#include "simt/machine/block.h"

namespace lean::simt {

bool whole_warp(Warp& warp, const Instruction& instruction, Mask mask) {
  if (mask == kAllLanes) return true;
  return members_here(warp, instruction, mask, kAllLanes) && mask == kAllLanes;
}

bool members_here(Warp& warp, const Instruction& instruction, Mask mask, Mask members) {
  const int lane = std::countr_zero(mask);
  if ((mask & ~members) != 0) {
    throw Fault(FaultKind::bad_warp_operation, warp, instruction, std::countr_zero(mask & ~members),
                "the thread executes an operation whose mask does not name it");
  }
  const Mask absent = members & ~mask;
  if (absent == 0) return true;
  const Mask gone = absent & ~warp.alive;
  if (gone != 0) {
    throw Fault(FaultKind::bad_warp_operation, warp, instruction, lane,
                "the operation needs lane " + std::to_string(std::countr_zero(gone)) +
                    ", which has exited or was never there");
  }
  if (warp.block->last_try) {
    throw Fault(FaultKind::bad_warp_operation, warp, instruction, lane,
                "the operation needs lane " + std::to_string(std::countr_zero(absent)) +
                    ", which waits elsewhere");
  }
  return false;
}

}  // namespace lean::simt
