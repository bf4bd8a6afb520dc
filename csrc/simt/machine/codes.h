// Codes that the assembler plants itself.
#pragma once

#include "simt/machine/instruction.h"

namespace lean::simt {

// Of an instruction that no family knows: a fault when it is reached.
Flow refuse(Warp& warp, const Instruction& instruction, Mask mask);
// Fills the column of a clock; data[0] is a Special.
Flow read_clock(Warp& warp, const Instruction& instruction, Mask mask);

}  // namespace lean::simt
