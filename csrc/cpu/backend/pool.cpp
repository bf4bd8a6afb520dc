#include "cpu/backend/pool.h"

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "core/error.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace lean::cpu {
namespace {

// A step has a handful of jobs microseconds apart, so a thread looks for the next one for about
// 20 us before it sleeps.
constexpr int kSpins = 400;
constexpr uint32_t kClosed = UINT32_MAX;

constexpr uint64_t ticket(uint32_t epoch, uint32_t tile) { return uint64_t{epoch} << 32 | tile; }

void pause() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

}  // namespace

Pool::Pool(int workers) : ticket_(ticket(0, kClosed)), scratch_(std::max(workers, 1)) {
  threads_.reserve(scratch_.size());
  for (int worker = 1; worker < this->workers(); ++worker) {
    try {
      threads_.emplace_back([this, worker] { serve(worker); });
    } catch (const std::system_error&) {
      return;  // the system gives no more: those that there are do the work
    }
  }
}

Pool::~Pool() {
  stopping_ = true;
  epoch_.fetch_add(1);
  epoch_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  for (const Scratch& s : scratch_) std::free(s.memory);
}

void Pool::take_tiles(uint32_t epoch, int worker) {
  const int64_t tiles = tiles_.load(std::memory_order_relaxed);
  const auto body = body_.load(std::memory_order_relaxed);
  void* arg = arg_.load(std::memory_order_relaxed);
  uint64_t seen = ticket_.load(std::memory_order_acquire);
  for (;;) {
    const auto tile = static_cast<uint32_t>(seen);
    if (static_cast<uint32_t>(seen >> 32) != epoch || tile >= tiles) return;
    if (!ticket_.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel)) continue;
    body(arg, tile, worker);
    done_.fetch_add(1, std::memory_order_acq_rel);
    seen = ticket_.load(std::memory_order_acquire);
  }
}

void Pool::serve(int worker) {
  uint32_t seen = 0;
  for (;;) {
    for (int spin = 0; spin < kSpins && epoch_.load(std::memory_order_acquire) == seen; ++spin) {
      pause();
    }
    epoch_.wait(seen, std::memory_order_acquire);
    seen = epoch_.load(std::memory_order_acquire);
    if (stopping_.load()) return;
    take_tiles(seen, worker);
  }
}

void Pool::parallel(int64_t tiles, void (*body)(void*, int64_t, int), void* arg) {
  if (tiles <= 1 || threads_.empty()) {
    for (int64_t tile = 0; tile < tiles; ++tile) body(arg, tile, 0);
    return;
  }
  // The last job's tickets are closed already, so nobody acts on what is written here until the
  // new ticket stands.
  const uint32_t epoch = epoch_.load(std::memory_order_relaxed) + 1;
  tiles_.store(tiles, std::memory_order_relaxed);
  body_.store(body, std::memory_order_relaxed);
  arg_.store(arg, std::memory_order_relaxed);
  done_.store(0, std::memory_order_relaxed);
  ticket_.store(ticket(epoch, 0), std::memory_order_release);
  epoch_.store(epoch, std::memory_order_release);
  epoch_.notify_all();
  take_tiles(epoch, 0);
  for (int spin = 0; done_.load(std::memory_order_acquire) != tiles; ++spin) {
    spin < 100 * kSpins ? pause() : std::this_thread::yield();
  }
  ticket_.store(ticket(epoch, kClosed), std::memory_order_release);
}

void* Pool::scratch(int worker, size_t bytes) {
  Scratch& s = scratch_[static_cast<size_t>(worker)];
  if (s.bytes < bytes) {
    std::free(s.memory);
    s.bytes = (bytes + 4095) / 4096 * 4096;
    s.memory = std::aligned_alloc(64, s.bytes);
    if (s.memory == nullptr) {
      s.bytes = 0;
      throw Error(kOutOfMemory, "no memory for a thread's scratch buffer");
    }
  }
  return s.memory;
}

}  // namespace lean::cpu
