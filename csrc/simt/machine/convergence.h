// For instructions that the whole warp executes together.
#pragma once

#include "simt/machine/warp.h"

namespace lean::simt {

// False: other lanes may still come, return Flow::wait. Faults when they never will.
bool whole_warp(Warp& warp, const Instruction& instruction, Mask mask);

// The same for the lanes that a membermask names, of which the executing ones must be a part.
bool members_here(Warp& warp, const Instruction& instruction, Mask mask, Mask members);

}  // namespace lean::simt
