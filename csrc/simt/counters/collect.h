// Fills the counters while a launch runs: each worker its own, added up at the end.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <vector>

#include "simt/counters/counters.h"
#include "simt/memory/access.h"

namespace lean::simt {

struct Grid;
struct Worker;

// Sectors by number, a bit each.
class SectorSet {
 public:
  void insert(uint64_t sector) {
    bits_[sector / kPage][sector % kPage / 64] |= uint64_t{1} << sector % 64;
  }
  void add(const SectorSet& other);
  uint64_t count() const;

 private:
  static constexpr uint64_t kPage = 4096;
  std::map<uint64_t, std::array<uint64_t, kPage / 64>> bits_;
};

class Counters {
 public:
  explicit Counters(size_t instructions) : executed_(instructions) {}

  void executed(uint32_t pc, Mask mask) {
    executed_[pc].warps += 1;
    executed_[pc].threads += static_cast<uint64_t>(__builtin_popcount(mask));
  }
  void global(const Access& access);
  void shared(const Access& access);

  void add(const Counters& other);
  LaunchCounters result(const Grid& grid) const;

 private:
  struct Executed {
    uint64_t warps = 0, threads = 0;
  };
  struct Direction {
    uint64_t bytes = 0, requested = 0;
    SectorSet touched;
  };
  std::vector<Executed> executed_;  // by pc
  Direction loads_, stores_;
  uint64_t wavefronts_ = 0, conflicts_ = 0;
};

// The sum of all workers.
class CounterTotal {
 public:
  explicit CounterTotal(const Grid& grid) : grid_(grid) {}
  void add(const Counters& counters);
  // Appends it to the list that take_counters() returns.
  void finish();

 private:
  const Grid& grid_;
  std::mutex mutex_;
  std::vector<Counters> sum_;  // none or one
};

// A worker's part, while it is in scope.
class CountedLaunch {
 public:
  CountedLaunch(Worker& worker, const Grid& grid, CounterTotal& total);
  ~CountedLaunch();
  CountedLaunch(const CountedLaunch&) = delete;
  CountedLaunch& operator=(const CountedLaunch&) = delete;

 private:
  Worker& worker_;
  CounterTotal& total_;
};

}  // namespace lean::simt
