#include "simt/memory/device-memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <shared_mutex>

#include "simt/memory/region.h"

namespace lean::simt {
namespace {

constexpr uint64_t kAlignment = 256;
constexpr uint64_t kReservedAlignment = 2 << 20;  // cuMemMap's granularity
constexpr uint64_t kGap = 256;  // unused bytes between allocations: an overrun finds nothing there
constexpr size_t kRemembered = 4096;  // freed allocations, for descriptions

struct State {
  mutable std::shared_mutex mutex;
  std::map<uint64_t, Region> regions;
  std::map<uint64_t, Region> adopted;  // the host's own, and what backs parts of reserved ranges
  std::map<uint64_t, Allocation> freed;
  uint64_t begin = 0, end = 0, cursor = 0;
  uint64_t used = 0;
  uint64_t limit = 80ull << 30;
  uint64_t serial = 0;
  uint64_t page = 4096;

  State() {
    page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    // Addresses alone: pages get access when they are allocated. As many as the system gives.
    for (uint64_t bytes = 1ull << 45; bytes >= 1ull << 34; bytes /= 2) {
      void* range =
          mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (range == MAP_FAILED) continue;
      begin = cursor = reinterpret_cast<uint64_t>(range);
      end = begin + bytes;
      return;
    }
    throw std::bad_alloc();
  }

  static Region* region_in(std::map<uint64_t, Region>& among, uint64_t address) {
    const auto after = among.upper_bound(address);
    if (after == among.begin()) return nullptr;
    Region& region = std::prev(after)->second;
    return address < region.end() || address == region.address ? &region : nullptr;
  }

  Region* region_at(uint64_t address) {
    Region* region = region_in(adopted, address);
    return region != nullptr ? region : region_in(regions, address);
  }

  // Addresses go round: those that were freed last come last.
  uint64_t find_room(uint64_t bytes, uint64_t alignment) {
    const auto align = [&] { cursor = (cursor + alignment - 1) / alignment * alignment; };
    for (int round = 0; round < 2; ++round) {
      align();
      auto next = regions.lower_bound(cursor);
      while (next != regions.end() && next->first < end && cursor + bytes + kGap > next->first) {
        cursor = next->second.end() + kGap;
        align();
        ++next;
      }
      if (cursor + bytes + kGap <= end) return cursor;
      cursor = begin;
    }
    return 0;
  }

  bool back(uint64_t address, uint64_t bytes) const {
    const uint64_t from = address / page * page;
    const uint64_t to = (address + bytes + page - 1) / page * page;
    return mprotect(reinterpret_cast<void*>(from), to - from, PROT_READ | PROT_WRITE) == 0;
  }

  bool owns(uint64_t address) const { return address >= begin && address < end; }

  void give_back(const Region& region) const {
    const uint64_t from = (region.address + page - 1) / page * page;
    const uint64_t to = region.end() / page * page;
    if (from < to) madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
  }
};

State& state() {
  // Never destroyed: memory outlives whatever frees it while the process ends.
  static auto* all = new State;
  return *all;
}

Region& insert(State& all, std::map<uint64_t, Region>& among, uint64_t address, uint64_t bytes,
               MemoryKind kind) {
  Region& region = among.try_emplace(address).first->second;
  region.address = address;
  region.bytes = bytes;
  region.kind = kind;
  region.serial = ++all.serial;
  return region;
}

void remember(State& all, const Region& region) {
  all.freed[region.address] = region;
  if (all.freed.size() > kRemembered) all.freed.erase(all.freed.begin());
}

}  // namespace

DeviceMemory& DeviceMemory::get() {
  static DeviceMemory memory;
  return memory;
}

uint64_t DeviceMemory::allocate(uint64_t bytes, MemoryKind kind) {
  State& all = state();
  const std::unique_lock lock(all.mutex);
  const bool counted = kind == MemoryKind::device;
  if (counted && (bytes > all.limit || all.used > all.limit - bytes)) return 0;
  const uint64_t address =
      all.find_room(bytes, kind == MemoryKind::reserved ? kReservedAlignment : kAlignment);
  if (address == 0) return 0;
  if (kind != MemoryKind::reserved) {
    if (!all.back(address, bytes)) return 0;
    std::memset(reinterpret_cast<void*>(address), 0xff, bytes);
  }
  all.cursor = (address + bytes + kGap + kAlignment - 1) / kAlignment * kAlignment;
  if (counted) all.used += bytes;
  Region& region = insert(all, all.regions, address, bytes, kind);
  if (kind != MemoryKind::reserved) region.written.reset(bytes);
  return address;
}

bool DeviceMemory::release(uint64_t address) {
  State& all = state();
  const std::unique_lock lock(all.mutex);
  const auto found = all.regions.find(address);
  if (found == all.regions.end()) return false;
  if (found->second.kind == MemoryKind::device) all.used -= found->second.bytes;
  if (found->second.kind != MemoryKind::reserved) all.give_back(found->second);
  remember(all, found->second);
  all.regions.erase(found);
  return true;
}

const Allocation* DeviceMemory::find(uint64_t address) const {
  State& all = state();
  const std::shared_lock lock(all.mutex);
  return all.region_at(address);
}

void DeviceMemory::adopt(void* memory, uint64_t bytes, MemoryKind kind) {
  State& all = state();
  const std::unique_lock lock(all.mutex);
  const auto address = reinterpret_cast<uint64_t>(memory);
  // A part of a reserved range gets memory.
  const bool backed = all.owns(address) && all.back(address, bytes);
  if (backed) std::memset(memory, 0xff, bytes);
  Region& region = insert(all, all.adopted, address, bytes, kind);
  // What the host has written to its own memory is not known.
  region.written.reset(backed ? bytes : 0);
}

bool DeviceMemory::forget(void* memory) {
  State& all = state();
  const std::unique_lock lock(all.mutex);
  const auto found = all.adopted.find(reinterpret_cast<uint64_t>(memory));
  if (found == all.adopted.end()) return false;
  if (all.owns(found->first)) all.give_back(found->second);
  all.adopted.erase(found);
  return true;
}

std::string DeviceMemory::describe(uint64_t address, uint64_t bytes) const {
  State& all = state();
  const std::shared_lock lock(all.mutex);
  const auto number = [](uint64_t value) { return std::to_string(value); };
  if (address < 4096) return "a null pointer";
  if (const Region* region = all.region_at(address)) {
    const std::string size = "an allocation of " + number(region->bytes) + " bytes";
    if (region->kind == MemoryKind::reserved) return "in " + size + " that is only reserved";
    if (address + bytes <= region->end())
      return "at byte " + number(address - region->address) + " of " + size;
    return number(address + bytes - region->end()) + " bytes past the end of " + size;
  }
  const auto gone = all.freed.upper_bound(address);
  if (gone != all.freed.begin()) {
    const Allocation& freed = std::prev(gone)->second;
    if (address < freed.address + freed.bytes) {
      return "at byte " + number(address - freed.address) + " of " + number(freed.bytes) +
             " bytes that have been freed";
    }
  }
  constexpr uint64_t kNear = 1 << 20;
  const auto after = all.regions.upper_bound(address);
  if (after != all.regions.begin()) {
    const Region& before = std::prev(after)->second;
    if (address - before.end() < kNear) {
      return number(address - before.end()) + " bytes after the end of an allocation of " +
             number(before.bytes) + " bytes";
    }
  }
  if (after != all.regions.end() && after->first - address < kNear) {
    return number(after->first - address) + " bytes before an allocation of " +
           number(after->second.bytes) + " bytes";
  }
  return "where nothing is allocated";
}

void DeviceMemory::set_initialized(uint64_t address, uint64_t bytes) {
  State& all = state();
  const std::shared_lock lock(all.mutex);
  Region* region = all.region_at(address);
  if (region == nullptr || region->written.complete()) return;
  const uint64_t offset = address - region->address;
  region->written.set(offset, std::min(bytes, region->bytes - offset));
}

void DeviceMemory::copy_initialized(uint64_t to, uint64_t from, uint64_t bytes) {
  const Region* source = nullptr;
  {
    State& all = state();
    const std::shared_lock lock(all.mutex);
    source = all.region_at(from);
    Region* target = all.region_at(to);
    if (target == nullptr) return;
    if (source != nullptr && !source->written.complete()) {
      target->written.copy(to - target->address, source->written, from - source->address, bytes);
      return;
    }
  }
  set_initialized(to, bytes);
}

bool DeviceMemory::is_initialized(uint64_t address, uint64_t bytes) const {
  State& all = state();
  const std::shared_lock lock(all.mutex);
  const Region* region = all.region_at(address);
  if (region == nullptr || region->written.complete()) return true;
  return region->written.all(address - region->address, bytes);
}

uint64_t DeviceMemory::used() const {
  State& all = state();
  const std::shared_lock lock(all.mutex);
  return all.used;
}

uint64_t DeviceMemory::limit() const {
  State& all = state();
  const std::shared_lock lock(all.mutex);
  return all.limit;
}

void DeviceMemory::set_limit(uint64_t bytes) {
  State& all = state();
  const std::unique_lock lock(all.mutex);
  all.limit = bytes;
}

}  // namespace lean::simt
