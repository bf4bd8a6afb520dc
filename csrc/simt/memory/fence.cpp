// membar and fence (PTX ISA 9.0, 9.7.13.3). Workers' memory operations are ordered by the host.
#include <atomic>

#include "simt/machine/instruction.h"

namespace lean::simt {
namespace {

Flow fence(Warp&, const Instruction&, Mask) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return Flow::next;
}

Execute select_fence(const Spelling& spelling, Instruction&) {
  for (const std::string& each : spelling.modifiers) {
    const bool known =
        each == "sc" || each == "acq_rel" || each == "acquire" || each == "release" ||
        each == "cta" || each == "cluster" || each == "gpu" || each == "gl" || each == "sys" ||
        each == "proxy" || each == "async" || each == "alias" || each == "async::shared::cta" ||
        each == "async::shared::cluster" || each == "async::global" || each == "async.shared";
    if (!known) return nullptr;
  }
  return fence;
}

const RegisterOpcode kFence("fence", select_fence);
const RegisterOpcode kMembar("membar", select_fence);

}  // namespace
}  // namespace lean::simt
