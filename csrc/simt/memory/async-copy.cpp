// cp.async and its groups (PTX ISA 9.0, 9.7.9.25.3). Data is read when the copy is issued, and
// lands when it is waited for; until then its destination must not be touched.
#include "simt/memory/async-copy.h"

#include <bit>
#include <cstring>

#include "simt/checks/fault.h"
#include "simt/checks/races.h"
#include "simt/machine/block.h"
#include "simt/machine/columns.h"
#include "simt/memory/access.h"
#include "simt/memory/spelling.h"

namespace lean::simt {
namespace {

enum class Source : uint32_t { whole, sized, ignored };
enum Slot { kBytes, kSource };

// What is where a copy has yet to land: not a number.
constexpr std::array<std::byte, 16> kPoison = [] {
  std::array<std::byte, 16> bytes;
  bytes.fill(std::byte{0xff});
  return bytes;
}();

// cp.async copies 4, 8 or 16 bytes: with a size that the compiler knows.
void copy_bytes(std::byte* to, const std::byte* from, uint32_t bytes) {
  if (bytes == 16) {
    std::memcpy(to, from, 16);
  } else if (bytes == 8) {
    std::memcpy(to, from, 8);
  } else {
    std::memcpy(to, from, 4);
  }
}

AsyncBatch& new_batch(Warp& warp) {
  if (warp.copies == nullptr) warp.copies = std::make_shared<AsyncCopies>();
  AsyncCopies& copies = *warp.copies;
  if (copies.used == copies.batches.size()) copies.batches.emplace_back();
  return copies.batches[copies.used++];
}

// How many bytes each lane reads; the rest of its copy is zeros.
Lanes<uint32_t> source_bytes(const Warp& warp, const Instruction& instruction) {
  const uint32_t bytes = instruction.data[kBytes];
  Lanes<uint32_t> count;
  count.fill(bytes);
  const auto source = static_cast<Source>(instruction.data[kSource]);
  if (source == Source::sized) count = read<uint32_t>(warp, instruction.operands[3]);
  if (source == Source::ignored) {
    const Mask ignore = read_predicate(warp, instruction.operands[3]);
    for (size_t i = 0; i < kLanes; ++i) count[i] = (ignore >> i & 1) != 0 ? 0 : bytes;
  }
  return count;
}

void read_source(Warp& warp, const Instruction& instruction, AsyncBatch& batch,
                 const Lanes<uint32_t>& count, Mask mask) {
  Access access;
  access.space = Space::global;
  access.bytes = batch.bytes;
  access.lanes = 0;
  read_addresses(warp, instruction.operands[1], instruction.displacement2, Space::global,
                 access.address);
  Mask partial = 0;
  for (int lane = 0; lane < kLanes; ++lane) {
    const auto i = static_cast<size_t>(lane);
    if ((mask >> lane & 1) == 0) continue;
    batch.data[i].fill(std::byte{0});
    if (count[i] > batch.bytes) {
      throw Fault(FaultKind::out_of_bounds, warp, instruction, lane,
                  "a source of " + std::to_string(count[i]) + " bytes for a copy of " +
                      std::to_string(batch.bytes));
    }
    if (count[i] == batch.bytes)
      access.lanes |= Mask{1} << lane;
    else if (count[i] != 0)
      partial |= Mask{1} << lane;
  }
  HostPointers host;
  if (access.lanes != 0) {
    resolve(warp, instruction, access, host);
    for (Mask left = access.lanes; left != 0; left &= left - 1) {
      const auto i = static_cast<size_t>(std::countr_zero(left));
      copy_bytes(batch.data[i].data(), host[i], batch.bytes);
    }
  }
  // A part of the source alone must be there.
  access.bytes = 1;
  for (Mask left = partial; left != 0; left &= left - 1) {
    const auto i = static_cast<size_t>(std::countr_zero(left));
    const uint64_t start = access.address[i];
    access.lanes = left & (~left + 1);
    for (uint32_t k = 0; k < count[i]; ++k) {
      access.address[i] = start + k;
      resolve(warp, instruction, access, host);
      batch.data[i][k] = *host[i];
    }
  }
}

Flow copy(Warp& warp, const Instruction& instruction, Mask mask) {
  Block& block = *warp.block;
  Access access;
  access.kind = AccessKind::store;
  access.space = Space::shared;
  access.bytes = instruction.data[kBytes];
  access.lanes = mask;
  read_addresses(warp, instruction.operands[0], instruction.displacement, Space::shared,
                 access.address);
  HostPointers to;
  resolve(warp, instruction, access, to);
  AsyncBatch& batch = new_batch(warp);
  batch.lanes = mask;
  batch.bytes = access.bytes;
  batch.pc = instruction.pc;
  read_source(warp, instruction, batch, source_bytes(warp, instruction), mask);
  batch.to = to;
  batch.group = warp.copies->committed;
  for (Mask left = mask; left != 0; left &= left - 1) {
    const auto i = static_cast<size_t>(std::countr_zero(left));
    copy_bytes(to[i], kPoison.data(), batch.bytes);
    block.pending.set(static_cast<uint64_t>(to[i] - block.shared), batch.bytes);
  }
  block.copies += static_cast<uint32_t>(std::popcount(mask));
  return Flow::next;
}

void land(Warp& warp, AsyncBatch& batch, Mask lanes) {
  Block& block = *warp.block;
  for (Mask left = lanes; left != 0; left &= left - 1) {
    const auto i = static_cast<size_t>(std::countr_zero(left));
    copy_bytes(batch.to[i], batch.data[i].data(), batch.bytes);
    block.pending.clear(static_cast<uint64_t>(batch.to[i] - block.shared), batch.bytes);
    if (Races* races = block.grid->races) {
      races->landed(warp, batch.pc, static_cast<int>(i), batch.to[i], batch.bytes);
    }
  }
  block.copies -= static_cast<uint32_t>(std::popcount(lanes));
  batch.lanes &= ~lanes;
}

void drop_empty(AsyncCopies& copies) {
  for (size_t i = 0; i < copies.used;) {
    if (copies.batches[i].lanes != 0) {
      ++i;
      continue;
    }
    std::swap(copies.batches[i], copies.batches[--copies.used]);
  }
}

// All but the last `kept` groups of each lane land, and with `open` also what is in no group yet.
void land_groups(Warp& warp, Mask mask, uint32_t kept, bool open) {
  if (warp.copies == nullptr) return;
  AsyncCopies& copies = *warp.copies;
  for (size_t b = 0; b < copies.used; ++b) {
    AsyncBatch& batch = copies.batches[b];
    Mask ready = 0;
    for (Mask left = batch.lanes & mask; left != 0; left &= left - 1) {
      const auto i = static_cast<size_t>(std::countr_zero(left));
      const bool lands = open || uint64_t{batch.group[i]} + kept < copies.committed[i];
      if (lands) ready |= left & (~left + 1);
    }
    if (ready != 0) land(warp, batch, ready);
  }
  drop_empty(copies);
}

Flow commit(Warp& warp, const Instruction&, Mask mask) {
  if (warp.copies == nullptr) return Flow::next;
  for (size_t i = 0; i < kLanes; ++i) warp.copies->committed[i] += mask >> i & 1;
  return Flow::next;
}

Flow wait_group(Warp& warp, const Instruction& instruction, Mask mask) {
  land_groups(warp, mask, instruction.data[0], false);
  return Flow::next;
}

Flow wait_all(Warp& warp, const Instruction&, Mask mask) {
  land_groups(warp, mask, 0, true);
  return Flow::next;
}

bool is_copy(const Spelling& spelling) {
  for (const std::string& each : spelling.modifiers) {
    const bool known = each == "async" || each == "ca" || each == "cg" || each == "shared" ||
                       each == "shared::cta" || each == "global" || each == "L2::64B" ||
                       each == "L2::128B" || each == "L2::256B" || each == "L2::cache_hint";
    if (!known) return false;
  }
  return spelling.has("global") && (spelling.has("ca") || spelling.has("cg"));
}

Execute select_copy(const Spelling& spelling, Instruction& instruction) {
  const std::vector<Operand>& operands = spelling.operands;
  const size_t policy = spelling.has("L2::cache_hint") ? 1 : 0;
  if (operands.size() < 3 + policy || operands.size() > 4 + policy) return nullptr;
  if (operands[2].kind != Operand::Kind::immediate) return nullptr;
  const uint64_t bytes = operands[2].bits;
  const bool known = bytes == 16 || (spelling.has("ca") && (bytes == 4 || bytes == 8));
  if (!known) return nullptr;
  instruction.data[kBytes] = static_cast<uint32_t>(bytes);
  Source source = Source::whole;
  if (operands.size() == 4 + policy) {
    source = instruction.operands[3].predicate ? Source::ignored : Source::sized;
  }
  instruction.data[kSource] = static_cast<uint32_t>(source);
  return copy;
}

Execute select_cp(const Spelling& spelling, Instruction& instruction) {
  if (!spelling.has("async") || spelling.has("bulk")) return nullptr;
  if (spelling.has("commit_group") && spelling.modifiers.size() == 2) return commit;
  if (spelling.has("wait_all") && spelling.modifiers.size() == 2) return wait_all;
  if (spelling.has("wait_group") && spelling.modifiers.size() == 2) {
    if (spelling.operands.size() != 1) return nullptr;
    instruction.data[0] = static_cast<uint32_t>(spelling.operands[0].bits);
    return spelling.operands[0].kind == Operand::Kind::immediate ? wait_group : nullptr;
  }
  return is_copy(spelling) ? select_copy(spelling, instruction) : nullptr;
}

const RegisterOpcode kCp("cp", select_cp);

}  // namespace

void land_copies(Warp& warp, Mask lanes) { land_groups(warp, lanes, 0, true); }

void forget_copies(Warp& warp) {
  if (warp.copies == nullptr) return;
  warp.copies->used = 0;
  warp.copies->committed = {};
}

}  // namespace lean::simt
