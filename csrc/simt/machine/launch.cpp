#include "simt/machine/launch.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

#include "simt/checks/fault.h"
#include "simt/checks/races.h"
#include "simt/counters/collect.h"
#include "simt/machine/pool.h"
#include "simt/machine/worker.h"
#include "simt/memory/device-memory.h"

namespace lean::simt {
namespace {

// What cooperative_groups keeps in memory for a grid's barrier: its address is in %envreg1 and 2.
uint64_t fresh_workspace() {
  constexpr uint64_t kBytes = 256;
  static const uint64_t address = DeviceMemory::get().allocate(kBytes, MemoryKind::device);
  std::memset(reinterpret_cast<void*>(address), 0, kBytes);
  DeviceMemory::get().set_initialized(address, kBytes);
  return address;
}

// The order in which clusters start.
class Sequence {
 public:
  Sequence(uint64_t count, const Options& options) : count_(count), order_(options.order) {
    if (order_ != Options::Order::random) return;
    shuffled_.resize(count);
    std::iota(shuffled_.begin(), shuffled_.end(), uint64_t{0});
    Random random(options.seed);
    for (uint64_t i = count; i > 1; --i) {
      std::swap(shuffled_[i - 1], shuffled_[random.below(static_cast<uint32_t>(i))]);
    }
  }

  uint64_t operator[](uint64_t i) const {
    if (order_ == Options::Order::reverse) return count_ - 1 - i;
    return order_ == Options::Order::random ? shuffled_[i] : i;
  }

 private:
  uint64_t count_;
  Options::Order order_;
  std::vector<uint64_t> shuffled_;
};

void check(const Launch& launch) {
  const auto refuse = [](const std::string& what) {
    throw Fault(FaultKind::unsupported, "a launch with " + what);
  };
  if (launch.kernel == nullptr) refuse("no kernel");
  if (launch.grid.count() == 0 || launch.block.count() == 0) refuse("an empty grid or block");
  if (launch.block.count() > 1024) refuse("more than 1024 threads a block");
  if (launch.cluster.count() == 0 || launch.grid.x % launch.cluster.x != 0 ||
      launch.grid.y % launch.cluster.y != 0 || launch.grid.z % launch.cluster.z != 0) {
    refuse("a grid that is no multiple of its clusters");
  }
  if (launch.parameters.size() < launch.kernel->parameter_bytes) refuse("too few parameters");
}

}  // namespace

void run(const Launch& launch) {
  // One launch at a time: a stream that another host thread runs waits.
  static std::mutex one;
  const std::lock_guard lock(one);
  static uint64_t serial = 0;
  check(launch);
  const Options& options = simt::options();
  Grid grid;
  grid.launch = &launch;
  grid.kernel = launch.kernel;
  grid.serial = ++serial;
  grid.options = options;
  const std::unique_ptr<Races> races = options.races ? std::make_unique<Races>(launch) : nullptr;
  grid.races = races.get();
  if (launch.cooperative) grid.workspace = fresh_workspace();
  const uint64_t clusters = launch.grid.count() / launch.cluster.count();
  // A unit is what must be resident at once.
  const size_t together = launch.cooperative ? clusters : 1;
  const uint64_t units = clusters / together;
  uint64_t threads = options.threads != 0 ? options.threads : std::thread::hardware_concurrency();
  if (options.races) threads = 1;
  threads = std::clamp<uint64_t>(threads, 1, units);

  const Sequence sequence(units, options);
  std::atomic<uint64_t> next = 0;
  std::atomic<bool> stop = false;
  std::exception_ptr fault;
  std::mutex fault_lock;
  CounterTotal total(grid);
  on_workers(threads, [&](Worker& worker) {
    try {
      worker.random = Random(options.seed + grid.serial);
      worker.prepare(grid, together * launch.cluster.count());
      const CountedLaunch counted(worker, grid, total);
      for (;;) {
        const uint64_t unit = next.fetch_add(1, std::memory_order_relaxed);
        if (unit >= units || stop.load(std::memory_order_relaxed)) return;
        worker.run_clusters(grid, sequence[unit] * together, together);
      }
    } catch (...) {
      stop = true;
      const std::lock_guard hold(fault_lock);
      if (fault == nullptr) fault = std::current_exception();
    }
  });
  total.finish();
  if (fault != nullptr) std::rethrow_exception(fault);
}

}  // namespace lean::simt
