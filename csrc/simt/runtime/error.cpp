#include "simt/runtime/error.h"

#include <cstdio>
#include <new>

#include "simt/checks/fault.h"
#include "simt/runtime/options.h"
#include "simt/runtime/report.h"

namespace lean::simt {
namespace {

struct ErrorState {
  cudaError_t sticky = cudaSuccess;
  std::string fault_report;
  std::function<void(const std::string&)> handler;
};

// Never destroyed: kernels are unregistered after static destructors have run.
ErrorState& state() {
  static ErrorState& the = *new ErrorState;
  return the;
}

thread_local cudaError_t last_error = cudaSuccess;
thread_local cudaError_t last_failure = cudaSuccess;  // stays when last_error is asked for
thread_local std::string last_message;
thread_local int no_calls = 0;
thread_local int locked = 0;  // how often this thread has taken the lock

cudaError_t remember(cudaError_t code, const char* message) {
  last_error = last_failure = code;
  last_message = message;
  if (runtime_options().verbose && code != cudaErrorNotReady) {
    std::fprintf(stderr, "simt: %s: %s\n", cudaGetErrorName(code), message);
  }
  return code;
}

}  // namespace

void RuntimeLock::lock() {
  mutex_.lock();
  ++locked;
}

void RuntimeLock::unlock() {
  --locked;
  mutex_.unlock();
}

int RuntimeLock::release() {
  const int depth = locked;
  while (locked > 0) unlock();
  return depth;
}

void RuntimeLock::restore(int depth) {
  while (locked < depth) lock();
}

RuntimeLock& runtime_lock() {
  static RuntimeLock& lock = *new RuntimeLock;
  return lock;
}

void require_state(Needs needs) {
  if (no_calls > 0) {
    throw Error(cudaErrorNotPermitted, "a host function of a stream may not call CUDA");
  }
  if (needs == Needs::healthy && state().sticky != cudaSuccess) {
    throw Error(state().sticky,
                "an earlier fault stopped the device; cudaDeviceReset() clears it. It was: " +
                    state().fault_report);
  }
}

cudaError_t note_current_exception() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return remember(error.code(), error.what());
  } catch (const Fault& fault) {
    return remember(error_of(fault), fault.what());
  } catch (const std::bad_alloc&) {
    return remember(cudaErrorMemoryAllocation, "the host has no memory left");
  } catch (const std::exception& error) {
    return remember(cudaErrorUnknown, error.what());
  } catch (...) {
    return remember(cudaErrorUnknown, "an exception of unknown type");
  }
}

cudaError_t error_of(const Fault& fault) {
  switch (fault.kind()) {
    case FaultKind::out_of_bounds:
    case FaultKind::read_only:
      return cudaErrorIllegalAddress;
    case FaultKind::misaligned:
      return cudaErrorMisalignedAddress;
    case FaultKind::deadlock:
      return cudaErrorLaunchTimeout;
    case FaultKind::unsupported:
      return cudaErrorIllegalInstruction;
    default:
      // A GPU would not notice most of these; "unspecified" is the nearest that CUDA has.
      return cudaErrorLaunchFailure;
  }
}

cudaError_t sticky_error() { return state().sticky; }

void set_sticky_error(cudaError_t code, const std::string& text) {
  if (state().sticky == cudaSuccess) state().sticky = code;
  report(text);
}

void clear_errors() {
  state().sticky = cudaSuccess;
  state().fault_report.clear();
  last_error = last_failure = cudaSuccess;
  last_message.clear();
}

std::string reason_of(cudaError_t code) { return code == last_failure ? last_message : ""; }

NoCallsHere::NoCallsHere() { ++no_calls; }
NoCallsHere::~NoCallsHere() { --no_calls; }

std::string last_fault_report() {
  const std::lock_guard lock(runtime_lock());
  return state().fault_report;
}

std::string last_error_message() { return last_message; }

void set_fault_handler(std::function<void(const std::string&)> handler) {
  const std::lock_guard lock(runtime_lock());
  state().handler = std::move(handler);
}

void report(const std::string& text) {
  state().fault_report = text;
  if (state().handler) {
    state().handler(text);
  } else {
    std::fprintf(stderr, "simt: %s\n", text.c_str());
  }
}

}  // namespace lean::simt

using namespace lean::simt;

extern "C" {

cudaError_t cudaGetLastError() {
  const std::lock_guard lock(runtime_lock());
  cudaError_t code = sticky_error() != cudaSuccess ? sticky_error() : last_error;
  last_error = cudaSuccess;
  return code;
}

cudaError_t cudaPeekAtLastError() {
  const std::lock_guard lock(runtime_lock());
  return sticky_error() != cudaSuccess ? sticky_error() : last_error;
}
}
