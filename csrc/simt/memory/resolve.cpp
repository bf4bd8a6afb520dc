// From the addresses of a warp to memory of the host, with all checks.
#include <algorithm>
#include <bit>

#include "simt/checks/fault.h"
#include "simt/checks/races.h"
#include "simt/checks/spinning.h"
#include "simt/counters/collect.h"
#include "simt/machine/worker.h"
#include "simt/memory/access.h"
#include "simt/memory/address.h"
#include "simt/memory/faults.h"
#include "simt/memory/region.h"

namespace lean::simt {
namespace {

bool reads(AccessKind kind) {
  return kind == AccessKind::load || kind == AccessKind::volatile_load ||
         kind == AccessKind::atomic;
}

bool writes(AccessKind kind) {
  return kind == AccessKind::store || kind == AccessKind::volatile_store ||
         kind == AccessKind::atomic;
}

// What lanes that take no part have does not matter: they get the address of one that does.
struct Addresses {
  std::array<uint64_t, kLanes> of;
  uint64_t lowest, highest, bits;

  explicit Addresses(const Access& access) {
    const uint64_t first = access.address[static_cast<size_t>(std::countr_zero(access.lanes))];
    uint64_t low = first, high = first, any = 0;
    for (size_t i = 0; i < kLanes; ++i) {
      const uint64_t address = (access.lanes >> i & 1) != 0 ? access.address[i] : first;
      of[i] = address;
      low = address < low ? address : low;
      high = address > high ? address : high;
      any |= address;
    }
    lowest = low;
    highest = high;
    bits = any;
  }
};

void check_alignment(const Warp& warp, const Instruction& instruction, const Access& access,
                     uint64_t bits) {
  if ((bits & (access.bytes - 1)) == 0) return;
  for (int lane = 0; lane < kLanes; ++lane) {
    const uint64_t address = access.address[static_cast<size_t>(lane)];
    if ((access.lanes >> lane & 1) == 0 || (address & (access.bytes - 1)) == 0) continue;
    throw_misaligned(warp, instruction, lane, access, address);
  }
}

Region* find_region(Worker& worker, uint32_t pc, uint64_t lowest, uint64_t end) {
  Region*& seen = worker.seen[pc % worker.seen.size()];
  if (seen != nullptr && seen->holds(lowest, end)) return seen;
  const Allocation* found = DeviceMemory::get().find(lowest);
  if (found == nullptr) return nullptr;
  // DeviceMemory's allocations are regions.
  auto* region = const_cast<Region*>(static_cast<const Region*>(found));
  if (!region->holds(lowest, end)) return nullptr;
  if (region->kind != MemoryKind::reserved) seen = region;
  return region;
}

void check_region(const Warp& warp, const Instruction& instruction, const Access& access,
                  Region& region, int lane, uint64_t address, uint64_t bytes) {
  if (region.kind == MemoryKind::reserved) {
    throw_out_of_bounds(warp, instruction, lane, access, address);
  }
  if (region.kind == MemoryKind::constant && writes(access.kind)) {
    throw_read_only(warp, instruction, lane, "constant");
  }
  if (region.written.complete()) return;
  const uint64_t offset = address - region.address;
  if (reads(access.kind) && warp.block->grid->options.initialization &&
      !region.written.all(offset, bytes)) {
    throw_uninitialized(warp, instruction, lane, access, address);
  }
  if (writes(access.kind)) region.written.set(offset, bytes);
}

// Do the lanes' bytes follow one another without a gap?
bool contiguous(const Access& access, const Addresses& addresses) {
  if (access.lanes != kAllLanes) return false;
  uint64_t difference = 0;
  for (uint64_t i = 0; i < kLanes; ++i) {
    difference |= addresses.of[i] ^ (addresses.of[0] + i * access.bytes);
  }
  return difference == 0;
}

template <class Check>
void each_lane(const Access& access, Check check) {
  for (int lane = 0; lane < kLanes; ++lane) {
    if ((access.lanes >> lane & 1) != 0) check(lane, access.address[static_cast<size_t>(lane)]);
  }
}

// Of scattered loads.
bool all_written(const Warp& warp, const Access& access, const Addresses& addresses,
                 const Region& region) {
  if (writes(access.kind)) return false;
  if (!warp.block->grid->options.initialization) return true;
  // Allocations start at multiples of 256, what the host has registered anywhere.
  if (region.address % 64 != 0) return false;
  std::array<uint64_t, kLanes> offsets;
  for (size_t i = 0; i < kLanes; ++i) offsets[i] = addresses.of[i] - region.address;
  return region.written.all_of_pieces(offsets, access.bytes);
}

void resolve_global(Warp& warp, const Instruction& instruction, const Access& access,
                    HostPointers& host) {
  const Addresses addresses(access);
  check_alignment(warp, instruction, access, addresses.bits);
  for (size_t i = 0; i < kLanes; ++i) host[i] = reinterpret_cast<std::byte*>(addresses.of[i]);
  Worker& worker = *warp.block->worker;
  const uint64_t end = addresses.highest + access.bytes;
  Region* region = find_region(worker, instruction.pc, addresses.lowest, end);
  const bool usable = region != nullptr && region->kind != MemoryKind::reserved &&
                      (region->kind != MemoryKind::constant || !writes(access.kind));
  if (usable && region->written.complete()) return;
  if (usable && contiguous(access, addresses)) {
    const uint64_t bytes = uint64_t{access.bytes} * kLanes;
    const bool bad = reads(access.kind) && warp.block->grid->options.initialization &&
                     !region->written.all(addresses.lowest - region->address, bytes);
    if (!bad) {
      if (writes(access.kind)) {
        region->written.set(addresses.lowest - region->address, bytes);
      }
      return;
    }
  }
  if (usable && all_written(warp, access, addresses, *region)) return;
  each_lane(access, [&](int lane, uint64_t address) {
    Region* own = find_region(worker, instruction.pc, address, address + access.bytes);
    if (own == nullptr) throw_out_of_bounds(warp, instruction, lane, access, address);
    check_region(warp, instruction, access, *own, lane, address, access.bytes);
  });
}

void check_shared(const Warp& warp, const Instruction& instruction, const Access& access,
                  Block& block, int lane, uint64_t offset, uint64_t bytes) {
  if ((block.copies != 0 || block.has_gaps) && block.pending.any(offset, bytes)) {
    throw_pending(warp, instruction, lane, access, offset);
  }
  if (block.written.complete()) return;
  if (reads(access.kind) && warp.block->grid->options.initialization &&
      !block.written.all(offset, bytes)) {
    throw_uninitialized(warp, instruction, lane, access, offset);
  }
  if (writes(access.kind)) block.written.set(offset, bytes);
}

// The same for all lanes at once; where something is wrong, check_shared says what.
bool is_fine(const Warp& warp, const Access& access, const Addresses& addresses, Block& block) {
  if ((block.copies != 0 || block.has_gaps) &&
      block.pending.any_of_pieces(addresses.of, access.bytes))
    return false;
  if (block.written.complete()) return true;
  if (reads(access.kind) && warp.block->grid->options.initialization &&
      !block.written.all_of_pieces(addresses.of, access.bytes)) {
    return false;
  }
  if (!writes(access.kind)) return true;
  if (contiguous(access, addresses)) {
    block.written.set(addresses.lowest, uint64_t{access.bytes} * kLanes);
  } else {
    for (const uint64_t address : addresses.of) block.written.set(address, access.bytes);
  }
  return true;
}

void resolve_shared(Warp& warp, const Instruction& instruction, const Access& access,
                    HostPointers& host) {
  const Addresses addresses(access);
  check_alignment(warp, instruction, access, addresses.bits);
  Block& own = *warp.block;
  if (addresses.highest + access.bytes <= own.shared_bytes) {
    for (size_t i = 0; i < kLanes; ++i) host[i] = own.shared + addresses.of[i];
    if (is_fine(warp, access, addresses, own)) return;
    each_lane(access, [&](int lane, uint64_t address) {
      check_shared(warp, instruction, access, own, lane, address, access.bytes);
    });
    return;
  }
  each_lane(access, [&](int lane, uint64_t address) {
    const uint64_t rank = address >> kRankShift;
    const uint64_t offset = address & kSharedOffset;
    const Cluster& cluster = *own.cluster;
    Block* block = rank == 0                       ? &own
                   : rank <= cluster.blocks.size() ? cluster.blocks[rank - 1]
                                                   : nullptr;
    if (block == nullptr || offset + access.bytes > block->shared_bytes) {
      throw_shared_bounds(warp, instruction, lane, access, address);
    }
    if (block->alive == 0)
      throw_exited_block(warp, instruction, lane, static_cast<uint32_t>(rank - 1));
    check_shared(warp, instruction, access, *block, lane, offset, access.bytes);
    host[static_cast<size_t>(lane)] = block->shared + offset;
  });
}

void resolve_local(Warp& warp, const Instruction& instruction, const Access& access,
                   HostPointers& host) {
  const uint64_t bytes = warp.kernel->local_bytes;
  const Addresses addresses(access);
  check_alignment(warp, instruction, access, addresses.bits);
  each_lane(access, [&](int lane, uint64_t address) {
    if (address + access.bytes > bytes) {
      throw_local_bounds(warp, instruction, lane, access, address, bytes);
    }
    host[static_cast<size_t>(lane)] = warp.local + static_cast<size_t>(lane) * bytes + address;
  });
}

void resolve_param(Warp& warp, const Instruction& instruction, const Access& access,
                   HostPointers& host) {
  const std::vector<std::byte>& parameters = warp.block->grid->launch->parameters;
  each_lane(access, [&](int lane, uint64_t address) {
    if (writes(access.kind)) throw_read_only(warp, instruction, lane, "parameter");
    if (address + access.bytes > parameters.size()) {
      throw_local_bounds(warp, instruction, lane, access, address, parameters.size());
    }
    // Parameters are never written.
    host[static_cast<size_t>(lane)] = const_cast<std::byte*>(parameters.data()) + address;
  });
}

// For those who want to know of every access to global and shared memory.
void observe(Warp& warp, const Instruction& instruction, const Access& access, Space space,
             const HostPointers& host) {
  const Block& block = *warp.block;
  const bool shared = space == Space::shared;
  if (block.grid->races != nullptr) {
    block.grid->races->access(warp, instruction, access, shared, host);
  }
  if (block.worker->spinning != nullptr && writes(access.kind)) {
    block.worker->spinning->note(access, host);
  }
  if (Counters* counters = block.worker->counters.get()) {
    shared ? counters->shared(access) : counters->global(access);
  }
}

void resolve_in(Space space, Warp& warp, const Instruction& instruction, const Access& access,
                HostPointers& host) {
  switch (space) {
    case Space::shared:
      resolve_shared(warp, instruction, access, host);
      break;
    case Space::local:
      return resolve_local(warp, instruction, access, host);
    case Space::param:
      return resolve_param(warp, instruction, access, host);
    default:
      resolve_global(warp, instruction, access, host);
  }
  if (warp.block->worker->observed) [[unlikely]]
    observe(warp, instruction, access, space, host);
}

Space space_of(uint64_t window) {
  switch (static_cast<Window>(window)) {
    case Window::shared:
      return Space::shared;
    case Window::local:
      return Space::local;
    case Window::param:
      return Space::param;
    default:
      return Space::global;
  }
}

// Lanes may point into different windows.
void resolve_generic(Warp& warp, const Instruction& instruction, const Access& access,
                     HostPointers& host) {
  Mask left = access.lanes;
  Access part = access;
  while (left != 0) {
    const uint64_t window = window_of(access.address[static_cast<size_t>(std::countr_zero(left))]);
    Mask same = 0;
    for (int lane = 0; lane < kLanes; ++lane) {
      const uint64_t address = access.address[static_cast<size_t>(lane)];
      same |= static_cast<Mask>(window_of(address) == window) << lane;
    }
    part.lanes = left & same;
    const Space space = space_of(window);
    const uint64_t inside = space == Space::global ? ~uint64_t{0} : kSharedAddress;
    for (size_t i = 0; i < kLanes; ++i) part.address[i] = access.address[i] & inside;
    if (part.lanes == access.lanes) return resolve_in(space, warp, instruction, part, host);
    HostPointers some;
    resolve_in(space, warp, instruction, part, some);
    each_lane(part, [&](int lane, uint64_t) {
      host[static_cast<size_t>(lane)] = some[static_cast<size_t>(lane)];
    });
    left &= ~same;
  }
}

}  // namespace

void resolve(Warp& warp, const Instruction& instruction, const Access& access, HostPointers& host) {
  if (access.space == Space::generic) return resolve_generic(warp, instruction, access, host);
  resolve_in(access.space, warp, instruction, access, host);
}

}  // namespace lean::simt
