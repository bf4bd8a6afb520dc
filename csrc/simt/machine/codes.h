// Codes that the assembler plants itself.
#pragma once

#include "simt/machine/instruction.h"

namespace lean::simt {

// Of an instruction that no family knows: a fault when it is reached.
Flow refuse(Warp& warp, const Instruction& instruction, Mask mask);
// A call of a function. The operand is where the function looks up where to return to, data[0] the
// copies of its arguments.
Flow call(Warp& warp, const Instruction& instruction, Mask mask);
// After a call: data[0] are the copies of its results.
Flow take_results(Warp& warp, const Instruction& instruction, Mask mask);
// ret in a function: the operand has the place of each lane.
Flow return_lanes(Warp& warp, const Instruction& instruction, Mask mask);
// Of a call that is not interpreted: data[0] says why.
Flow refuse_call(Warp& warp, const Instruction& instruction, Mask mask);
// Fills the column of a clock; data[0] is a Special.
Flow read_clock(Warp& warp, const Instruction& instruction, Mask mask);

}  // namespace lean::simt
