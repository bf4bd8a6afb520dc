// For instructions of the lanes that a membermask names (PTX ISA 9.7.13 and 9.7.9, .sync).
#pragma once

#include "simt/machine/columns.h"
#include "simt/machine/convergence.h"
#include "simt/machine/groups.h"

namespace lean::simt {

// Calls `execute(members)` for each set of lanes that name one another and are all here. The others
// wait, while these go on.
template <class Execute>
Flow for_members(Warp& warp, const Instruction& instruction, Mask mask, Column membermask,
                 Execute execute) {
  const Lanes<Mask> members = read<Mask>(warp, membermask);
  if (membermask.constant && members[0] == mask) [[likely]] {
    execute(mask);
    return Flow::next;
  }
  Mask waiting = 0;
  Mask left = mask;
  while (left != 0) {
    const Mask named = members[static_cast<size_t>(std::countr_zero(left))];
    Mask group = 0;
    for (int i = 0; i < kLanes; ++i) group |= Mask{members[i] == named} << i;
    group &= left;
    left &= ~group;
    if (members_here(warp, instruction, group, named)) {
      execute(group);
    } else {
      waiting |= group;
    }
  }
  if (waiting == 0) return Flow::next;
  if (waiting == mask) return Flow::wait;
  park(warp, instruction.pc, waiting, true);
  warp.running &= ~waiting;
  warp.pc = instruction.pc + 1;
  return Flow::moved;
}

}  // namespace lean::simt
