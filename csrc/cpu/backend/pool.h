// A pool of threads that run the tiles of one job at a time. The caller is worker 0 and takes part.
// Tiles are handed out by one counter, so a slow core gets fewer of them; which worker runs a tile
// must not matter to its result.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "cpu/context.h"

namespace lean::cpu {

class Pool final : public Context {
 public:
  explicit Pool(int workers);
  ~Pool();

  void parallel(int64_t tiles, void (*body)(void*, int64_t, int), void* arg) override;
  int workers() const override { return static_cast<int>(scratch_.size()); }
  void* scratch(int worker, size_t bytes) override;

 private:
  struct Scratch {
    void* memory = nullptr;
    size_t bytes = 0;
  };

  void serve(int worker);
  void take_tiles(uint32_t epoch, int worker);

  // The number of the job in the high half, its next tile in the low half: a ticket is good only
  // for the job it was drawn for, so a thread that wakes late cannot touch the one that followed.
  std::atomic<uint64_t> ticket_;
  std::atomic<uint32_t> epoch_{0};
  std::atomic<int64_t> done_{0};
  std::atomic<int64_t> tiles_{0};
  std::atomic<void (*)(void*, int64_t, int)> body_{nullptr};
  std::atomic<void*> arg_{nullptr};
  std::atomic<bool> stopping_{false};
  std::vector<Scratch> scratch_;
  std::vector<std::thread> threads_;
};

}  // namespace lean::cpu
