// Codes that the assembler plants itself.
#pragma once

#include "simt/machine/instruction.h"

namespace lean::simt {

// Of an instruction that no family knows: a fault when it is reached.
Flow refuse(Warp& warp, const Instruction& instruction, Mask mask);
// Of a call: only functions that nvcc has inlined are interpreted.
Flow refuse_call(Warp& warp, const Instruction& instruction, Mask mask);
// Of a store to an argument of a call, which will say why it stops.
Flow skip_argument(Warp& warp, const Instruction& instruction, Mask mask);
// Fills the column of a clock; data[0] is a Special.
Flow read_clock(Warp& warp, const Instruction& instruction, Mask mask);

}  // namespace lean::simt
