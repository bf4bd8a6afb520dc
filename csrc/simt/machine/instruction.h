// A decoded instruction: what a warp executes, with nothing left to look up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "simt/ptx/spelling.h"

namespace lean::simt {

struct Warp;
struct Instruction;

using Mask = uint32_t;  // a bit for each lane of a warp
inline constexpr int kLanes = 32;
inline constexpr Mask kAllLanes = 0xffffffffu;

// Where the 32 lanes of a register or constant are. A lane has 4 bytes (narrower types in the low
// bytes, zero or sign above) or, if `wide`, 8; of a b128 register it has 16. A predicate is one
// word with a bit for each lane.
struct Column {
  uint32_t offset = 0;    // in bytes, from the warp's registers or the kernel's constants
  bool constant = false;  // an immediate, the same in all lanes; laid out like a register
  bool wide = false;
  bool negated = false;  // of a predicate: !p
  bool sink = false;     // _: as a destination, results are dropped
  bool predicate = false;
};

// What the scheduler does after an instruction.
enum class Flow : uint8_t {
  next,   // goes on with the following one
  moved,  // the instruction has set the warp's pc or masks itself
  wait,   // not executed: these lanes stay here and try again when something has changed
  yield,  // executed, and a good moment for other warps (nanosleep)
};

// Executes for the lanes of `mask`, which is never empty: they are active and pass the guard.
// Throws Fault.
using Execute = Flow (*)(Warp& warp, const Instruction& instruction, Mask mask);

struct Instruction {
  Execute execute = nullptr;
  // The operands in the order written, vectors flattened, an address as its base register (or a
  // constant column that holds the whole address).
  const Column* operands = nullptr;
  uint8_t operand_count = 0;
  bool guarded = false;
  Column guard;               // a predicate
  uint32_t target = 0;        // of a branch: index of an instruction
  int64_t displacement = 0;   // of the first address operand
  int64_t displacement2 = 0;  // of the second (cp.async)
  uint32_t data[4] = {};      // for the family: what it has read from the spelling, once
  uint32_t pc = 0;            // own index; the kernel knows file, line and text
};

// A family looks at a spelling and returns its code, having filled `data`; or nullptr, when it does
// not know these modifiers or types. The operands are resolved already.
using Select = Execute (*)(const Spelling& spelling, Instruction& instruction);

// Made by static initializers, one for each opcode: the text before the first dot ("mad"). Several
// families may share one (cp); they are asked in turn.
struct RegisterOpcode {
  RegisterOpcode(std::string_view opcode, Select select);
};

// nullptr when no family knows the instruction.
Execute select_code(const Spelling& spelling, Instruction& instruction);

}  // namespace lean::simt
