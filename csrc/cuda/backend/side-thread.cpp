#include "cuda/backend/side-thread.h"

#include <utility>

#include "core/error.h"
#include "cuda/backend/any-time.h"
#include "cuda/backend/check.h"

namespace lean::cuda {
namespace {

// Streams of one priority may share a queue of the device's, and then one that waits for the host
// would hold up the other, which it waits for. So it is another one: the least that there is, since
// steps come first, or where that is the other stream's, the next.
int priority_beside(cudaStream_t stream) {
  int least = 0, greatest = 0, taken = 0;
  check(cudaDeviceGetStreamPriorityRange(&least, &greatest), "the device has no priorities");
  check(cudaStreamGetPriority(stream, &taken), "the stream is unusable");
  return taken == least && greatest < least ? least - 1 : least;
}

}  // namespace

SideThread::SideThread(cudaStream_t beside) {
  const AnyTime any_time;
  check(cudaGetDevice(&device_), "there is no device");
  check(cudaStreamCreateWithPriority(&stream_, cudaStreamNonBlocking, priority_beside(beside)),
        "could not create a stream");
  try {
    thread_ = std::thread([this] { serve(); });
  } catch (const std::exception& error) {
    cudaStreamDestroy(stream_);
    throw Error(kNative, std::string("could not start a thread: ") + error.what());
  }
}

SideThread::~SideThread() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  cudaStreamDestroy(stream_);
  static_cast<void>(cudaGetLastError());
}

uint32_t SideThread::start(cudaStream_t stream, Work work) {
  // One for each job: to record it anew would move the beginning of a job that is still to come.
  cudaEvent_t begin = nullptr;
  check(cudaEventCreateWithFlags(&begin, cudaEventDisableTiming), "could not create an event");
  try {
    check(cudaEventRecord(begin, stream), "could not record an event");
    const std::lock_guard lock(mutex_);
    jobs_.push_back({begin, std::move(work)});
  } catch (...) {
    cudaEventDestroy(begin);
    throw;
  }
  changed_.notify_all();
  return ++started_;
}

void SideThread::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.empty(); });
}

void SideThread::raise() {
  std::optional<Failure> failure;
  {
    const std::lock_guard lock(mutex_);
    failure.swap(failure_);
  }
  if (failure) throw Error(failure->code, failure->message);
}

void SideThread::serve() {
  cudaSetDevice(device_);
  const AnyTime any_time;  // whatever else is being captured in the meantime
  std::unique_lock lock(mutex_);
  for (uint32_t ended = 0;;) {
    changed_.wait(lock, [this] { return is_stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const Job& job = jobs_.front();  // stays where it is when others come
    if (!is_stopping_) {
      lock.unlock();
      run(job);
      lock.lock();
    }
    cudaEventDestroy(job.begin);
    jobs_.pop_front();
    done_.raise(++ended);  // also after a failure, or a stream would wait forever
    changed_.notify_all();
  }
}

void SideThread::run(const Job& job) {
  attempt([&] {
    check(cudaStreamWaitEvent(stream_, job.begin, 0), "a step failed");
    job.work(stream_);
  });
  attempt([&] { check(cudaStreamSynchronize(stream_), "a step failed"); });
}

void SideThread::attempt(const std::function<void()>& what) {
  try {
    what();
  } catch (const Error& error) {
    note({error.code, error.what()});
  } catch (const std::exception& error) {
    note({kNative, error.what()});
  }
}

// The first one, which the others follow from.
void SideThread::note(const Failure& failure) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = failure;
}

}  // namespace lean::cuda
