#include "simt/machine/pool.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "simt/machine/worker.h"

namespace lean::simt {
namespace {

class Pool {
 public:
  void run(size_t count, const std::function<void(Worker&)>& work) {
    while (workers_.size() < count) workers_.emplace_back();
    {
      const std::lock_guard lock(mutex_);
      while (threads_.size() + 1 < count) {
        const size_t own = threads_.size() + 1;
        threads_.emplace_back([this, own, round = round_] { serve(own, round); });
      }
      work_ = &work;
      wanted_ = count;
      busy_ = count - 1;
      ++round_;
    }
    if (count > 1) start_.notify_all();
    work(workers_[0]);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
    work_ = nullptr;
  }

 private:
  void serve(size_t own, uint64_t seen) {
    std::unique_lock lock(mutex_);
    for (;;) {
      start_.wait(lock, [&] { return round_ != seen; });
      seen = round_;
      if (own >= wanted_) continue;
      const std::function<void(Worker&)>& work = *work_;
      lock.unlock();
      work(workers_[own]);
      lock.lock();
      if (--busy_ == 0) done_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable start_, done_;
  std::deque<Worker> workers_;
  std::vector<std::thread> threads_;
  const std::function<void(Worker&)>* work_ = nullptr;
  size_t wanted_ = 0;
  size_t busy_ = 0;
  uint64_t round_ = 0;
};

}  // namespace

void on_workers(size_t count, const std::function<void(Worker&)>& work) {
  // Never destroyed: its threads wait in it until the process ends.
  static auto* pool = new Pool;
  pool->run(count, work);
}

}  // namespace lean::simt
