// membar and fence (PTX ISA 9.0, 9.7.13.3). Workers' memory operations are ordered by the host.
#include <atomic>

#include "simt/checks/races.h"
#include "simt/machine/block.h"

namespace lean::simt {
namespace {

Flow fence(Warp& warp, const Instruction& instruction, Mask mask) {
  Races* races = warp.block->grid->races;
  if (races != nullptr && instruction.data[0] != 0) races->fence(warp, mask);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return Flow::next;
}

Execute select_fence(const Spelling& spelling, Instruction& instruction) {
  for (const std::string& each : spelling.modifiers) {
    const bool known =
        each == "sc" || each == "acq_rel" || each == "acquire" || each == "release" ||
        each == "cta" || each == "cluster" || each == "gpu" || each == "gl" || each == "sys" ||
        each == "proxy" || each == "async" || each == "alias" || each == "async::shared::cta" ||
        each == "async::shared::cluster" || each == "async::global" || each == "async.shared";
    if (!known) return nullptr;
  }
  const bool own_block = spelling.has("cta");
  instruction.data[0] = own_block ? 0 : 1;
  return fence;
}

const RegisterOpcode kFence("fence", select_fence);
const RegisterOpcode kMembar("membar", select_fence);

}  // namespace
}  // namespace lean::simt
