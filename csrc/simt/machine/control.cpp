// Branches and ends (PTX ISA 9.0, 9.7.12).
#include "simt/checks/fault.h"
#include "simt/machine/barriers.h"
#include "simt/machine/block.h"
#include "simt/machine/codes.h"
#include "simt/machine/columns.h"
#include "simt/machine/groups.h"
#include "simt/memory/async-copy.h"
#include "simt/ptx/module.h"

namespace lean::simt {

Flow refuse(Warp& warp, const Instruction& instruction, Mask mask) {
  throw Fault(FaultKind::unsupported, warp, instruction, std::countr_zero(mask),
              "the interpreter does not know this instruction");
}

namespace {

Flow branch(Warp& warp, const Instruction& instruction, Mask mask) {
  const Mask others = warp.running & ~mask;
  if (others != 0) {
    park(warp, instruction.pc + 1, others);
    warp.running = mask;
  }
  warp.pc = instruction.target;
  return Flow::moved;
}

Execute select_branch(const Spelling& spelling, Instruction& instruction) {
  const bool known =
      spelling.modifiers.empty() || (spelling.modifiers.size() == 1 && spelling.has("uni"));
  return known && instruction.operand_count == 0 && spelling.operands.size() == 1 ? branch
                                                                                  : nullptr;
}

// brx.idx: each lane may go its own way.
Flow branch_indexed(Warp& warp, const Instruction& instruction, Mask mask) {
  const std::vector<uint32_t>& targets = warp.kernel->branch_tables[instruction.target];
  const Lanes<uint32_t> index = read<uint32_t>(warp, instruction.operands[0]);
  const Mask others = warp.running & ~mask;
  warp.running = 0;
  if (others != 0) park(warp, instruction.pc + 1, others);
  for (int lane = 0; lane < kLanes; ++lane) {
    if ((mask >> lane & 1) == 0) continue;
    const uint32_t which = index[static_cast<size_t>(lane)];
    if (which >= targets.size()) {
      throw Fault(FaultKind::out_of_bounds, warp, instruction, lane,
                  "index " + std::to_string(which) + " into a list of " +
                      std::to_string(targets.size()) + " branch targets");
    }
    park(warp, targets[which], Mask{1} << lane);
  }
  return Flow::moved;
}

Execute select_branch_indexed(const Spelling& spelling, Instruction& instruction) {
  if (!spelling.has("idx") || spelling.operands.size() != 2) return nullptr;
  return instruction.operand_count == 1 ? branch_indexed : nullptr;
}

Flow exit_lanes(Warp& warp, const Instruction& instruction, Mask mask) {
  leave_barriers(warp, instruction, mask);
  land_copies(warp, mask);
  warp.running &= ~mask;
  warp.alive &= ~mask;
  warp.pc = instruction.pc + 1;
  return Flow::moved;
}

Execute select_exit(const Spelling& spelling, Instruction&) {
  const bool known =
      spelling.modifiers.empty() || (spelling.modifiers.size() == 1 && spelling.has("uni"));
  return known ? exit_lanes : nullptr;
}

Flow trap(Warp& warp, const Instruction& instruction, Mask mask) {
  throw Fault(FaultKind::trap, warp, instruction, std::countr_zero(mask),
              "the kernel has stopped itself (trap)");
}

Execute select_trap(const Spelling& spelling, Instruction&) {
  return spelling.modifiers.empty() ? trap : nullptr;
}

Flow pass(Warp&, const Instruction&, Mask) { return Flow::next; }

Flow sleep(Warp&, const Instruction&, Mask) { return Flow::yield; }

Execute select_sleep(const Spelling& spelling, Instruction&) {
  return spelling.type() == Type::u32 ? sleep : nullptr;
}

Execute select_pass(const Spelling&, Instruction&) { return pass; }

const RegisterOpcode kBra("bra", select_branch);
const RegisterOpcode kBrx("brx", select_branch_indexed);
const RegisterOpcode kRet("ret", select_exit);
const RegisterOpcode kExit("exit", select_exit);
const RegisterOpcode kTrap("trap", select_trap);
const RegisterOpcode kBrkpt("brkpt", select_pass);
const RegisterOpcode kPmevent("pmevent", select_pass);
const RegisterOpcode kNanosleep("nanosleep", select_sleep);
// Kernels run one after another.
const RegisterOpcode kGridDepControl("griddepcontrol", select_pass);
const RegisterOpcode kSetMaxNReg("setmaxnreg", select_pass);

}  // namespace
}  // namespace lean::simt
