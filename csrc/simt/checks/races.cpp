#include "simt/checks/races.h"

#include <algorithm>
#include <bit>

#include "simt/checks/fault.h"
#include "simt/machine/block.h"
#include "simt/memory/device-memory.h"
#include "simt/ptx/module.h"

namespace lean::simt {
namespace {

bool is_atomic(AccessKind kind) {
  return kind == AccessKind::atomic || kind == AccessKind::volatile_load ||
         kind == AccessKind::volatile_store;
}

bool writes(AccessKind kind) {
  return kind == AccessKind::atomic || kind == AccessKind::store ||
         kind == AccessKind::volatile_store;
}

// What the first knows, the second knows then too.
template <class Known>
void learn(Known& to, const Known& from) {
  if (to.epoch <= from.epoch) to = from;
}

}  // namespace

Races::Races(const Launch& launch)
    : threads_(static_cast<uint32_t>(launch.block.count())), blocks_(launch.grid.count()) {}

Races::BlockState& Races::state(const Block& block) {
  std::unique_ptr<BlockState>& own = blocks_[block.number];
  if (own == nullptr) {
    own = std::make_unique<BlockState>();
    own->clocks.resize(threads_);
    own->fenced.resize(threads_);
  }
  return *own;
}

Races::Event Races::event(const Warp& warp, int lane, uint32_t pc, bool atomic) {
  const BlockState& own = state(*warp.block);
  Event event;
  event.block = static_cast<uint32_t>(warp.block->number);
  event.thread = warp.index * kLanes + static_cast<uint32_t>(lane);
  event.epoch = own.epoch;
  event.clock = own.clocks[event.thread];
  event.pc = pc;
  event.atomic = atomic;
  return event;
}

Races::Cell& Races::cell(uint64_t address) {
  const uint64_t page = address / kPage;
  if (page != last_page_) {
    std::unique_ptr<Page>& found = pages_[page];
    if (found == nullptr) found = std::make_unique<Page>();
    last_page_ = page;
    last_ = found.get();
  }
  return (*last_)[address % kPage];
}

bool Races::ordered(const Event& before, const Event& now) {
  if (before.block == UINT32_MAX) return true;
  if (before.block == now.block) {
    if (before.thread == now.thread || before.epoch != now.epoch) return true;
    return before.thread / kLanes == now.thread / kLanes && before.clock < now.clock;
  }
  const Knowledge& seen = blocks_[now.block]->seen;
  const auto known = seen.find(before.block);
  if (known == seen.end()) return false;
  const Known& until = known->second;
  return before.epoch < until.epoch ||
         (before.epoch == until.epoch && before.thread == until.thread);
}

void Races::touch(Warp& warp, uint32_t pc, int lane, uint64_t address, uint32_t bytes, bool writes,
                  const Event& now, bool shared) {
  const char* does = now.atomic ? "an atomic" : writes ? "a write" : "a read";
  for (uint64_t at = address; at < address + bytes; ++at) {
    Cell& known = cell(at);
    if (!(now.atomic && known.writer.atomic) && !ordered(known.writer, now)) {
      report(warp, pc, lane, at, shared, known.writer,
             known.writer.atomic ? "an atomic" : "a write", now, does);
    }
    if (!writes) {
      const bool replace = ordered(known.reader, now);
      (replace ? known.reader : known.other_reader) = now;
      continue;
    }
    for (const Event* reader : {&known.reader, &known.other_reader}) {
      if (!(now.atomic && reader->atomic) && !ordered(*reader, now)) {
        report(warp, pc, lane, at, shared, *reader, "a read", now, does);
      }
    }
    known.writer = now;
  }
}

// An atomic takes over what was released through its word; after a fence it releases, too.
void Races::synchronize_through(uint64_t address, const Event& now) {
  BlockState& own = *blocks_[now.block];
  Knowledge& word = released_[address];
  if (own.fenced[now.thread]) {
    for (const auto& [block, known] : own.seen) learn(word[block], known);
    word[now.block] = {now.epoch, now.thread};
  }
  for (const auto& [block, known] : word) {
    if (block != now.block) learn(own.seen[block], known);
  }
}

void Races::access(Warp& warp, const Instruction& instruction, const Access& access, bool shared,
                   const HostPointers& host) {
  const bool atomic = is_atomic(access.kind);
  for (Mask left = access.lanes; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    const auto address = reinterpret_cast<uint64_t>(host[static_cast<size_t>(lane)]);
    const Event now = event(warp, lane, instruction.pc, atomic);
    touch(warp, instruction.pc, lane, address, access.bytes, writes(access.kind), now, shared);
    if (atomic) synchronize_through(address, now);
  }
}

void Races::landed(Warp& warp, uint32_t pc, int lane, const std::byte* to, uint32_t bytes) {
  touch(warp, pc, lane, reinterpret_cast<uint64_t>(to), bytes, true, event(warp, lane, pc, false),
        true);
}

void Races::block_synchronized(const Block& block) { state(block).epoch = ++last_epoch_; }

void Races::cluster_synchronized(const Cluster& cluster) {
  for (const Block* block : cluster.blocks) block_synchronized(*block);
  for (const Block* block : cluster.blocks) {
    Knowledge& seen = state(*block).seen;
    for (const Block* other : cluster.blocks) {
      if (other == block) continue;
      learn(seen[static_cast<uint32_t>(other->number)], Known{state(*other).epoch, UINT32_MAX});
    }
  }
}

void Races::warp_synchronized(const Warp& warp, Mask lanes) {
  BlockState& own = state(*warp.block);
  const uint32_t first = warp.index * kLanes;
  uint32_t latest = 0;
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    if ((lanes >> lane & 1) != 0) latest = std::max(latest, own.clocks[first + lane]);
  }
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    if ((lanes >> lane & 1) != 0) own.clocks[first + lane] = latest + 1;
  }
}

void Races::fence(const Warp& warp, Mask lanes) {
  BlockState& own = state(*warp.block);
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    if ((lanes >> lane & 1) != 0) own.fenced[warp.index * kLanes + lane] = true;
  }
}

void Races::forget(const std::byte* memory, uint64_t bytes) {
  const auto first = reinterpret_cast<uint64_t>(memory);
  for (uint64_t at = first; at < first + bytes; ++at) {
    if (pages_.find(at / kPage) == pages_.end()) {
      at = (at / kPage + 1) * kPage - 1;
      continue;
    }
    cell(at) = {};
  }
}

void Races::report(Warp& warp, uint32_t pc, int lane, uint64_t address, bool shared,
                   const Event& before, const char* did, const Event&, const char* does) {
  const Place& place = warp.kernel->place(before.pc);
  std::string where = "global memory, " + DeviceMemory::get().describe(address, 1);
  if (shared) {
    const uint64_t offset = address - reinterpret_cast<uint64_t>(warp.block->shared);
    where = "shared memory, byte " + std::to_string(offset);
    if (offset >= warp.block->shared_bytes) where = "shared memory of another block";
  }
  throw Fault(FaultKind::race, warp, warp.kernel->code[pc], lane,
              std::string(does) + " in " + where + ", and " + did + " by block " +
                  std::to_string(before.block) + " thread " + std::to_string(before.thread) +
                  " at " + place.file + ':' + std::to_string(place.line) + " (" + place.text +
                  "), with nothing to order them");
}

}  // namespace lean::simt
