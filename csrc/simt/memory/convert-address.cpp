// cvta, isspacep, mapa, getctarank (PTX ISA 9.0, 9.7.9.20 to 9.7.9.24).
#include "simt/checks/fault.h"
#include "simt/machine/block.h"
#include "simt/machine/columns.h"
#include "simt/memory/address.h"
#include "simt/memory/spelling.h"

namespace lean::simt {
namespace {

Flow copy(Warp& warp, const Instruction& instruction, Mask mask) {
  write(warp, instruction.operands[0], read<uint64_t>(warp, instruction.operands[1]), mask);
  return Flow::next;
}

// cvta.local and cvta.param: data[0] is the window.
Flow to_generic(Warp& warp, const Instruction& instruction, Mask mask) {
  Lanes<uint64_t> lanes = read<uint64_t>(warp, instruction.operands[1]);
  const uint64_t base = window_base(static_cast<Window>(instruction.data[0]));
  for (uint64_t& lane : lanes) lane = base | (lane & kSharedAddress);
  write(warp, instruction.operands[0], lanes, mask);
  return Flow::next;
}

Flow from_generic(Warp& warp, const Instruction& instruction, Mask mask) {
  Lanes<uint64_t> lanes = read<uint64_t>(warp, instruction.operands[1]);
  for (uint64_t& lane : lanes) lane &= kSharedAddress;
  write(warp, instruction.operands[0], lanes, mask);
  return Flow::next;
}

// A generic address of shared memory names its block, so that others of the cluster can use it.
Flow shared_to_generic(Warp& warp, const Instruction& instruction, Mask mask) {
  Lanes<uint64_t> lanes = read<uint64_t>(warp, instruction.operands[1]);
  const uint32_t rank = warp.block->rank;
  for (uint64_t& lane : lanes) {
    lane &= kSharedAddress;
    if (lane >> kRankShift == 0) lane = shared_of_rank(rank, lane);
    lane |= window_base(Window::shared);
  }
  write(warp, instruction.operands[0], lanes, mask);
  return Flow::next;
}

Flow generic_to_shared(Warp& warp, const Instruction& instruction, Mask mask) {
  Lanes<uint64_t> lanes = read<uint64_t>(warp, instruction.operands[1]);
  const uint64_t own = shared_of_rank(warp.block->rank, 0);
  for (uint64_t& lane : lanes) {
    lane &= kSharedAddress;
    if ((lane & ~kSharedOffset) == own) lane &= kSharedOffset;
  }
  write(warp, instruction.operands[0], lanes, mask);
  return Flow::next;
}

Execute select_cvta(const Spelling& spelling, Instruction& instruction) {
  const bool to = spelling.has("to");
  if (spelling.type() != Type::u64 || instruction.operand_count != 2) return nullptr;
  if (!instruction.operands[0].wide || !instruction.operands[1].wide) return nullptr;
  if (spelling.modifiers.size() != (to ? 3u : 2u)) return nullptr;
  const std::string& space = spelling.modifiers[to ? 1 : 0];
  if (space == "global" || space == "const") return copy;
  if (space == "shared" || space == "shared::cta" || space == "shared::cluster") {
    return to ? generic_to_shared : shared_to_generic;
  }
  const bool local = space == "local";
  if (!local && space != "param" && space != "param::entry") return nullptr;
  instruction.data[0] = static_cast<uint32_t>(local ? Window::local : Window::param);
  return to ? from_generic : to_generic;
}

enum class Asked : uint32_t { global, shared, shared_own, local, param };

Flow is_space(Warp& warp, const Instruction& instruction, Mask mask) {
  const Lanes<uint64_t> lanes = read<uint64_t>(warp, instruction.operands[1]);
  const auto asked = static_cast<Asked>(instruction.data[0]);
  const uint64_t own = shared_of_rank(warp.block->rank, 0);
  Mask bits = 0;
  for (size_t i = 0; i < kLanes; ++i) {
    const auto window = static_cast<Window>(window_of(lanes[i]));
    bool is = false;
    switch (asked) {
      case Asked::global:
        is = window == Window::global;
        break;
      case Asked::shared:
        is = window == Window::shared;
        break;
      case Asked::local:
        is = window == Window::local;
        break;
      case Asked::param:
        is = window == Window::param;
        break;
      case Asked::shared_own:
        is = window == Window::shared && (lanes[i] & kSharedAddress & ~kSharedOffset) == own;
        break;
    }
    bits |= static_cast<Mask>(is) << i;
  }
  write_predicate(warp, instruction.operands[0], bits, mask);
  return Flow::next;
}

Execute select_is_space(const Spelling& spelling, Instruction& instruction) {
  if (spelling.modifiers.size() != 1 || instruction.operand_count != 2) return nullptr;
  if (!instruction.operands[1].wide) return nullptr;
  const std::string& space = spelling.modifiers[0];
  Asked asked = Asked::global;
  if (space == "shared" || space == "shared::cta")
    asked = Asked::shared_own;
  else if (space == "shared::cluster")
    asked = Asked::shared;
  else if (space == "local")
    asked = Asked::local;
  else if (space == "param" || space == "param::entry")
    asked = Asked::param;
  else if (space != "global")
    return nullptr;
  instruction.data[0] = static_cast<uint32_t>(asked);
  return is_space;
}

enum Slot { kGeneric };

Lanes<uint64_t> read_address(const Warp& warp, Column column) {
  if (column.wide) return read<uint64_t>(warp, column);
  Lanes<uint64_t> wide;
  const Lanes<uint32_t> narrow = read<uint32_t>(warp, column);
  for (size_t i = 0; i < kLanes; ++i) wide[i] = narrow[i];
  return wide;
}

Flow map_to_rank(Warp& warp, const Instruction& instruction, Mask mask) {
  Lanes<uint64_t> lanes = read_address(warp, instruction.operands[1]);
  const Lanes<uint32_t> rank = read<uint32_t>(warp, instruction.operands[2]);
  const size_t blocks = warp.block->cluster->blocks.size();
  for (size_t i = 0; i < kLanes; ++i) {
    if ((mask >> i & 1) != 0 && rank[i] >= blocks) {
      throw Fault(FaultKind::out_of_bounds, warp, instruction, static_cast<int>(i),
                  "rank " + std::to_string(rank[i]) + " of a cluster of " + std::to_string(blocks) +
                      " blocks");
    }
    lanes[i] = shared_of_rank(rank[i], lanes[i]);
    if (instruction.data[kGeneric] != 0) lanes[i] |= window_base(Window::shared);
  }
  write(warp, instruction.operands[0], lanes, mask);
  return Flow::next;
}

Execute select_mapa(const Spelling& spelling, Instruction& instruction) {
  const bool shared = spelling.has("shared::cluster");
  if (instruction.operand_count != 3 || spelling.modifiers.size() != (shared ? 2u : 1u)) {
    return nullptr;
  }
  if (spelling.type() != Type::u64 && !(shared && spelling.type() == Type::u32)) return nullptr;
  instruction.data[kGeneric] = shared ? 0 : 1;
  return map_to_rank;
}

Flow rank_of(Warp& warp, const Instruction& instruction, Mask mask) {
  const Lanes<uint64_t> lanes = read_address(warp, instruction.operands[1]);
  Lanes<uint32_t> rank;
  for (size_t i = 0; i < kLanes; ++i) {
    const auto named = static_cast<uint32_t>((lanes[i] & kSharedAddress) >> kRankShift);
    rank[i] = named == 0 ? warp.block->rank : named - 1;
  }
  write(warp, instruction.operands[0], rank, mask);
  return Flow::next;
}

Execute select_getctarank(const Spelling& spelling, Instruction& instruction) {
  const Type type = spelling.type();
  const bool known = type == Type::u32 || type == Type::u64;
  return known && instruction.operand_count == 2 ? rank_of : nullptr;
}

const RegisterOpcode kCvta("cvta", select_cvta);
const RegisterOpcode kIsSpace("isspacep", select_is_space);
const RegisterOpcode kMapa("mapa", select_mapa);
const RegisterOpcode kGetCtaRank("getctarank", select_getctarank);

}  // namespace
}  // namespace lean::simt
