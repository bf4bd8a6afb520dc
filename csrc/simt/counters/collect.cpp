#include "simt/counters/collect.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "simt/checks/demangle.h"
#include "simt/machine/worker.h"

namespace lean::simt {
namespace {

constexpr uint64_t kSector = 32;
constexpr uint32_t kBanks = 32;

struct List {
  std::mutex mutex;
  std::vector<LaunchCounters> launches;
};

List& list() {
  static List all;
  return all;
}

// The distinct addresses of an access.
std::vector<uint64_t> distinct(const Access& access, Mask lanes) {
  std::vector<uint64_t> addresses;
  for (Mask left = access.lanes & lanes; left != 0; left &= left - 1) {
    addresses.push_back(access.address[static_cast<size_t>(std::countr_zero(left))]);
  }
  std::ranges::sort(addresses);
  const auto repeated = std::ranges::unique(addresses);
  addresses.erase(repeated.begin(), repeated.end());
  return addresses;
}

// How often lanes must go through the banks: words of the same bank follow one another, lanes with
// the same word go together.
uint64_t passes(const Access& access, Mask lanes) {
  std::vector<uint64_t> words;
  for (const uint64_t address : distinct(access, lanes)) {
    for (uint64_t word = address / 4; word <= (address + access.bytes - 1) / 4; ++word) {
      words.push_back(word);
    }
  }
  std::ranges::sort(words);
  const auto repeated = std::ranges::unique(words);
  words.erase(repeated.begin(), repeated.end());
  std::array<uint64_t, kBanks> of_bank{};
  for (const uint64_t word : words) ++of_bank[word % kBanks];
  return *std::ranges::max_element(of_bank);
}

}  // namespace

void SectorSet::add(const SectorSet& other) {
  for (const auto& [page, bits] : other.bits_) {
    auto& own = bits_[page];
    for (size_t i = 0; i < own.size(); ++i) own[i] |= bits[i];
  }
}

uint64_t SectorSet::count() const {
  uint64_t count = 0;
  for (const auto& [page, bits] : bits_) {
    for (const uint64_t word : bits) count += static_cast<uint64_t>(std::popcount(word));
  }
  return count;
}

void Counters::global(const Access& access) {
  const std::vector<uint64_t> addresses = distinct(access, kAllLanes);
  std::vector<uint64_t> sectors;
  for (const uint64_t address : addresses) {
    const uint64_t last = (address + access.bytes - 1) / kSector;
    for (uint64_t sector = address / kSector; sector <= last; ++sector) {
      if (sectors.empty() || sectors.back() != sector) sectors.push_back(sector);
    }
  }
  const auto count = [&](Direction& direction) {
    direction.bytes += addresses.size() * access.bytes;
    direction.requested += sectors.size();
    for (const uint64_t sector : sectors) direction.touched.insert(sector);
  };
  const bool loads = access.kind == AccessKind::load || access.kind == AccessKind::volatile_load;
  const bool stores = access.kind == AccessKind::store || access.kind == AccessKind::volatile_store;
  if (!stores) count(loads_);
  if (!loads) count(stores_);
}

// Words of 8 bytes are served by half warps, of 16 by quarters.
void Counters::shared(const Access& access) {
  const uint32_t together = access.bytes <= 4 ? kLanes : 4 * kLanes / access.bytes;
  for (uint32_t first = 0; first < kLanes; first += together) {
    const Mask lanes = (kAllLanes >> (kLanes - together)) << first;
    if ((access.lanes & lanes) == 0) continue;
    const uint64_t count = passes(access, lanes);
    wavefronts_ += count;
    conflicts_ += count - 1;
  }
}

void Counters::add(const Counters& other) {
  for (size_t i = 0; i < executed_.size(); ++i) {
    executed_[i].warps += other.executed_[i].warps;
    executed_[i].threads += other.executed_[i].threads;
  }
  const auto join = [](Direction& to, const Direction& from) {
    to.bytes += from.bytes;
    to.requested += from.requested;
    to.touched.add(from.touched);
  };
  join(loads_, other.loads_);
  join(stores_, other.stores_);
  wavefronts_ += other.wavefronts_;
  conflicts_ += other.conflicts_;
}

LaunchCounters Counters::result(const Grid& grid) const {
  LaunchCounters counters;
  const Kernel& kernel = *grid.kernel;
  counters.kernel = demangle(kernel.name);
  counters.grid = grid.launch->grid;
  counters.block = grid.launch->block;
  counters.loads = {loads_.bytes, loads_.requested, loads_.touched.count()};
  counters.stores = {stores_.bytes, stores_.requested, stores_.touched.count()};
  counters.shared_wavefronts = wavefronts_;
  counters.bank_conflicts = conflicts_;
  for (size_t pc = 0; pc < executed_.size(); ++pc) {
    const InstructionClass which = kernel.classes[pc];
    counters.warp_instructions += executed_[pc].warps;
    counters.thread_instructions += executed_[pc].threads;
    counters.classes[static_cast<size_t>(which)] += executed_[pc].warps;
    if (which == InstructionClass::tensor) counters.tensor_instructions += executed_[pc].warps;
    const std::string& text = kernel.places[pc].text;
    const bool barrier =
        text.find("bar.") != std::string::npos || text.find("barrier.") != std::string::npos;
    if (barrier && text.find("bar.warp") == std::string::npos) {
      counters.barriers += executed_[pc].warps;
    }
  }
  return counters;
}

void CounterTotal::add(const Counters& counters) {
  const std::lock_guard lock(mutex_);
  if (sum_.empty()) {
    sum_.push_back(counters);
  } else {
    sum_[0].add(counters);
  }
}

void CounterTotal::finish() {
  if (sum_.empty()) return;
  List& all = list();
  const std::lock_guard lock(all.mutex);
  all.launches.push_back(sum_[0].result(grid_));
}

CountedLaunch::CountedLaunch(Worker& worker, const Grid& grid, CounterTotal& total)
    : worker_(worker), total_(total) {
  if (grid.options.count) worker.counters = std::make_shared<Counters>(grid.kernel->code.size());
  worker.observed = grid.options.count || grid.races != nullptr;
}

CountedLaunch::~CountedLaunch() {
  if (worker_.counters != nullptr) total_.add(*worker_.counters);
  worker_.counters = nullptr;
  worker_.observed = false;
}

std::vector<LaunchCounters> take_counters() {
  List& all = list();
  const std::lock_guard lock(all.mutex);
  return std::exchange(all.launches, {});
}

void reset_counters() { take_counters(); }

}  // namespace lean::simt
