// st (PTX ISA 9.0, 9.7.9.12), and what only moves data between caches.
#include <bit>

#include "simt/checks/races.h"
#include "simt/machine/block.h"
#include "simt/machine/columns.h"
#include "simt/memory/access.h"
#include "simt/memory/runs.h"
#include "simt/memory/spelling.h"

namespace lean::simt {
namespace {

struct Sixteen {
  uint64_t half[2];
};

template <class T>
void scatter(const Lanes<T>& lanes, const HostPointers& host, size_t offset, Mask mask) {
  if (mask == kAllLanes) {
    for (size_t i = 0; i < kLanes; ++i) std::memcpy(host[i] + offset, &lanes[i], sizeof(T));
    return;
  }
  for (Mask left = mask; left != 0; left &= left - 1) {
    const auto i = static_cast<size_t>(std::countr_zero(left));
    std::memcpy(host[i] + offset, &lanes[i], sizeof(T));
  }
}

template <class T>
Flow store(Warp& warp, const Instruction& instruction, Mask mask) {
  const uint32_t vector = instruction.data[kAccessVector];
  Access access;
  access.kind =
      instruction.data[kAccessStrong] != 0 ? AccessKind::volatile_store : AccessKind::store;
  access.space = static_cast<Space>(instruction.data[kAccessSpace]);
  access.bytes = vector * sizeof(T);
  access.lanes = mask;
  read_addresses(warp, instruction.operands[0], instruction.displacement, access.space,
                 access.address);
  Races* races = warp.block->grid->races;
  if (races != nullptr && instruction.data[kAccessReleases] != 0) races->fence(warp, mask);
  HostPointers host;
  resolve(warp, instruction, access, host);
  if constexpr (sizeof(T) != 16) {
    if (mask == kAllLanes && vector <= 4 && is_run(host, access.bytes)) {
      const Column* from = instruction.operands + 1;
      if (vector == 1) write_run<1, T>(warp, from, host[0]);
      if (vector == 2) write_run<2, T>(warp, from, host[0]);
      if (vector == 4) write_run<4, T>(warp, from, host[0]);
      return Flow::next;
    }
  }
  for (uint32_t k = 0; k < vector; ++k) {
    const Column column = instruction.operands[1 + k];
    if constexpr (sizeof(T) == 16) {
      const std::byte* from = source(warp, column);
      for (size_t i = 0; i < kLanes; ++i) {
        if ((mask >> i & 1) != 0) std::memcpy(host[i] + k * 16, from + i * 16, 16);
      }
    } else {
      scatter(read<T>(warp, column), host, k * sizeof(T), mask);
    }
  }
  return Flow::next;
}

Execute select_store(const Spelling& spelling, Instruction& instruction) {
  const auto access = decode_access(spelling, instruction);
  if (!access) return nullptr;
  switch (size_of(access->type)) {
    case 1:
      return store<uint8_t>;
    case 2:
      return store<uint16_t>;
    case 4:
      return store<uint32_t>;
    case 8:
      return store<uint64_t>;
    case 16:
      return store<Sixteen>;
    default:
      return nullptr;
  }
}

Flow pass(Warp&, const Instruction&, Mask) { return Flow::next; }

Execute select_pass(const Spelling&, Instruction&) { return pass; }

// A policy is for caches: any value will do.
Flow make_policy(Warp& warp, const Instruction& instruction, Mask mask) {
  write(warp, instruction.operands[0], Lanes<uint64_t>{}, mask);
  return Flow::next;
}

Execute select_policy(const Spelling&, Instruction&) { return make_policy; }

const RegisterOpcode kSt("st", select_store);
const RegisterOpcode kPrefetch("prefetch", select_pass);
const RegisterOpcode kPrefetchUniform("prefetchu", select_pass);
const RegisterOpcode kDiscard("discard", select_pass);
const RegisterOpcode kApplyPriority("applypriority", select_pass);
const RegisterOpcode kCreatePolicy("createpolicy", select_policy);

}  // namespace
}  // namespace lean::simt
