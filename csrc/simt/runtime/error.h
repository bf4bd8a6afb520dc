// How calls of the runtime fail: an Error inside, a cudaError_t outside, remembered as CUDA does.
#pragma once

#include <cuda_runtime_api.h>

#include <exception>
#include <mutex>
#include <string>

namespace lean::simt {

class Fault;

class Error : public std::exception {
 public:
  Error(cudaError_t code, std::string message) : code_(code), message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }
  cudaError_t code() const { return code_; }

 private:
  cudaError_t code_;
  std::string message_;
};

// One lock for the whole runtime. Recursive, because calls are made of calls.
class RuntimeLock {
 public:
  void lock();
  void unlock();
  // Of this thread, whatever calls it is in: how often it had been taken; and back.
  int release();
  void restore(int depth);

 private:
  std::recursive_mutex mutex_;
};
RuntimeLock& runtime_lock();

// While one lives, other threads may make calls: in a call that waits for what they do. What the
// call has looked up may be gone afterwards.
class OtherThreadsTurn {
 public:
  OtherThreadsTurn() : depth_(runtime_lock().release()) {}
  ~OtherThreadsTurn() { runtime_lock().restore(depth_); }
  OtherThreadsTurn(const OtherThreadsTurn&) = delete;
  OtherThreadsTurn& operator=(const OtherThreadsTurn&) = delete;

 private:
  int depth_;
};

// Which calls may be made in which state of the device.
enum class Needs : unsigned char {
  healthy,   // returns the sticky error when there is one
  anything,  // works after a fault as well
};

// Throws the sticky error, or cudaErrorNotPermitted inside a host function of a stream.
void require_state(Needs needs);
// What the exception in flight is in CUDA's terms; it becomes the thread's last error.
cudaError_t note_current_exception() noexcept;

// The body of every function of the API.
template <class Body>
cudaError_t api(Needs needs, Body&& body) noexcept {
  const std::lock_guard lock(runtime_lock());
  try {
    require_state(needs);
    body();
    return cudaSuccess;
  } catch (...) {
    return note_current_exception();
  }
}

template <class Body>
cudaError_t api(Body&& body) noexcept {
  return api(Needs::healthy, std::forward<Body>(body));
}

// The error that the device keeps until cudaDeviceReset().
cudaError_t sticky_error();
void set_sticky_error(cudaError_t code, const std::string& report);
void clear_errors();

cudaError_t error_of(const Fault& fault);

// Why the thread's last call that failed did so; empty if it was with another error.
std::string reason_of(cudaError_t code);

// While one lives, calls of this thread are refused: in host functions of streams.
class NoCallsHere {
 public:
  NoCallsHere();
  ~NoCallsHere();
};

}  // namespace lean::simt
