#include "simt/memory/faults.h"

#include "simt/checks/fault.h"
#include "simt/machine/block.h"
#include "simt/memory/address.h"
#include "simt/memory/device-memory.h"
#include "simt/ptx/module.h"

namespace lean::simt {
namespace {

std::string what(const Access& access) {
  const char* kind = "a read";
  if (access.kind == AccessKind::store || access.kind == AccessKind::volatile_store) {
    kind = "a write";
  }
  if (access.kind == AccessKind::atomic) kind = "an atomic";
  return std::string(kind) + " of " + std::to_string(access.bytes) + " bytes";
}

std::string hexadecimal(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

const char* name_of_space(Space space) {
  switch (space) {
    case Space::shared:
      return "shared";
    case Space::local:
      return "local";
    case Space::param:
      return "parameter";
    case Space::constant:
      return "constant";
    default:
      return "global";
  }
}

}  // namespace

void throw_misaligned(const Warp& warp, const Instruction& instruction, int lane,
                      const Access& access, uint64_t address) {
  throw Fault(FaultKind::misaligned, warp, instruction, lane,
              what(access) + " at " + hexadecimal(address) + ", which is no multiple of " +
                  std::to_string(access.bytes));
}

void throw_out_of_bounds(const Warp& warp, const Instruction& instruction, int lane,
                         const Access& access, uint64_t address) {
  throw Fault(FaultKind::out_of_bounds, warp, instruction, lane,
              what(access) + " at " + hexadecimal(address) + ", " +
                  DeviceMemory::get().describe(address, access.bytes));
}

void throw_shared_bounds(const Warp& warp, const Instruction& instruction, int lane,
                         const Access& access, uint64_t address) {
  const Block& block = *warp.block;
  const uint64_t rank = address >> kRankShift;
  std::string where = "byte " + std::to_string(address & kSharedOffset);
  if (rank != 0) where += " of the block with rank " + std::to_string(rank - 1);
  if (rank > block.cluster->blocks.size()) {
    where = hexadecimal(address);
  }
  throw Fault(FaultKind::out_of_bounds, warp, instruction, lane,
              what(access) + " of shared memory at " + where + "; a block has " +
                  std::to_string(block.shared_bytes) + " bytes (" +
                  std::to_string(warp.kernel->static_shared) + " static, " +
                  std::to_string(block.grid->launch->dynamic_shared) + " dynamic)");
}

void throw_local_bounds(const Warp& warp, const Instruction& instruction, int lane,
                        const Access& access, uint64_t address, uint64_t size) {
  throw Fault(FaultKind::out_of_bounds, warp, instruction, lane,
              what(access) + " of " + name_of_space(access.space) + " memory at byte " +
                  std::to_string(static_cast<int64_t>(address)) + " of " + std::to_string(size));
}

void throw_read_only(const Warp& warp, const Instruction& instruction, int lane,
                     const char* memory) {
  throw Fault(FaultKind::read_only, warp, instruction, lane,
              std::string("a write to ") + memory + " memory");
}

void throw_uninitialized(const Warp& warp, const Instruction& instruction, int lane,
                         const Access& access, uint64_t address) {
  const bool shared = access.space == Space::shared || address < (1u << kRankShift);
  const std::string where =
      shared ? "byte " + std::to_string(address & kSharedOffset) + " of shared memory"
             : DeviceMemory::get().describe(address, access.bytes);
  throw Fault(FaultKind::uninitialized, warp, instruction, lane,
              what(access) + " that nothing has written, " + where);
}

void throw_pending(const Warp& warp, const Instruction& instruction, int lane, const Access& access,
                   uint64_t offset) {
  for (const Kernel::Gap& gap : warp.kernel->shared_gaps) {
    if (offset + access.bytes <= gap.offset || offset >= gap.offset + gap.bytes) continue;
    throw Fault(FaultKind::out_of_bounds, warp, instruction, lane,
                what(access) + " of shared memory that is " +
                    std::to_string(offset + access.bytes - gap.offset) +
                    " bytes past the end of a variable");
  }
  throw Fault(FaultKind::async_copy, warp, instruction, lane,
              "byte " + std::to_string(offset) +
                  " of shared memory is used while a cp.async may still be writing it");
}

void throw_exited_block(const Warp& warp, const Instruction& instruction, int lane, uint32_t rank) {
  throw Fault(
      FaultKind::out_of_bounds, warp, instruction, lane,
      "shared memory of the block with rank " + std::to_string(rank) + ", which has exited");
}

}  // namespace lean::simt
