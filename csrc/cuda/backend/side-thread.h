// A thread with a stream of its own, beside the steps: it waits for the device where its work wants
// that, and neither the host nor the steps' stream does.
#pragma once

#include <cuda_runtime.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "cuda/backend/host-word.h"

namespace lean::cuda {

class SideThread {
 public:
  using Work = std::function<void(cudaStream_t)>;

  // Of the current device, beside a stream.
  explicit SideThread(cudaStream_t beside);
  // Ends what has begun, and leaves out what has not.
  ~SideThread();
  SideThread(const SideThread&) = delete;
  SideThread& operator=(const SideThread&) = delete;

  // Has the thread do `work` once all is done that is in `stream` now, after what it was given
  // before. Returns the job's number. `work` must not allocate or free memory of the device: a
  // stream may wait for it, and such calls for the stream.
  uint32_t start(cudaStream_t stream, Work work);

  // What is enqueued in `stream` from now on comes after that job.
  void hold(cudaStream_t stream, uint32_t number) const { done_.hold(stream, number); }

  // Returns once all jobs have ended.
  void wait();

  // Throws what a job has thrown, once.
  void raise();

 private:
  struct Job {
    cudaEvent_t begin;
    Work work;
  };

  // Of an Error. To keep or move the exception itself would need a newer libstdc++ than is asked of
  // users.
  struct Failure {
    const char* code;
    std::string message;
  };

  void serve();
  void run(const Job& job);
  // Notes what it throws.
  void attempt(const std::function<void()>& what);
  void note(const Failure& failure);

  int device_ = 0;
  cudaStream_t stream_ = nullptr;
  HostWord done_;  // jobs that have ended
  uint32_t started_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;  // the first one is under way
  bool is_stopping_ = false;
  std::optional<Failure> failure_;
  std::thread thread_;
};

}  // namespace lean::cuda
