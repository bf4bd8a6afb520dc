// Calls of functions (PTX ISA 9.0, 9.7.12.5 and 7.1). A function has registers and memory of its
// own in the kernel that reaches it, since it is never entered twice by one thread: there is no
// recursion. Lanes may be in it from several calls at once, and each knows where it came from.
#include <bit>
#include <cstring>

#include "simt/checks/fault.h"
#include "simt/machine/codes.h"
#include "simt/machine/columns.h"
#include "simt/machine/groups.h"
#include "simt/ptx/module.h"

namespace lean::simt {
namespace {

void copy_local(Warp& warp, const std::vector<Kernel::Copy>& copies, Mask mask) {
  if (copies.empty()) return;
  for (Mask left = mask; left != 0; left &= left - 1) {
    const auto lane = static_cast<size_t>(std::countr_zero(left));
    std::byte* memory = warp.local + lane * warp.kernel->local_bytes;
    for (const Kernel::Copy& copy : copies) {
      std::memcpy(memory + copy.to, memory + copy.from, copy.bytes);
    }
  }
}

}  // namespace

Flow call(Warp& warp, const Instruction& instruction, Mask mask) {
  copy_local(warp, warp.kernel->copies[instruction.data[0]], mask);
  Lanes<uint32_t> back;
  back.fill(instruction.pc + 1);
  write(warp, instruction.operands[0], back, mask);
  const Mask others = warp.running & ~mask;
  if (others != 0) park(warp, instruction.pc + 1, others);
  warp.running = mask;
  warp.pc = instruction.target;
  return Flow::moved;
}

Flow take_results(Warp& warp, const Instruction& instruction, Mask mask) {
  copy_local(warp, warp.kernel->copies[instruction.data[0]], mask);
  return Flow::next;
}

Flow return_lanes(Warp& warp, const Instruction& instruction, Mask mask) {
  const Lanes<uint32_t> back = read<uint32_t>(warp, instruction.operands[0]);
  const Mask others = warp.running & ~mask;
  if (others != 0) park(warp, instruction.pc + 1, others);
  warp.running = 0;
  for (Mask left = mask; left != 0;) {
    const uint32_t to = back[static_cast<size_t>(std::countr_zero(left))];
    Mask same = 0;
    for (int lane = 0; lane < kLanes; ++lane) {
      same |= Mask{back[static_cast<size_t>(lane)] == to} << lane;
    }
    same &= left;
    park(warp, to, same);
    left &= ~same;
  }
  return Flow::moved;
}

Flow refuse_call(Warp& warp, const Instruction& instruction, Mask mask) {
  const int lane = std::countr_zero(mask);
  const std::string& why = warp.kernel->refusals[instruction.data[0]];
  const bool asserts = warp.kernel->place(instruction.pc).text.find("__assertfail") != why.npos;
  throw Fault(asserts ? FaultKind::trap : FaultKind::unsupported, warp, instruction, lane, why);
}

}  // namespace lean::simt
