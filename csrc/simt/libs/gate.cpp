#include "simt/libs/gate.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "simt/runtime/error.h"

namespace lean::simt {
namespace {

constexpr std::chrono::seconds kPatience(30);

// Never destroyed: a thread may be standing at it when the process ends.
struct State {
  std::mutex mutex;
  std::condition_variable changed;
  Gate gate = Gate::open;
  uint64_t stopped = 0;
};

State& state() {
  static auto& the = *new State;
  return the;
}

}  // namespace

void set_gate(Gate gate) {
  const std::lock_guard lock(state().mutex);
  state().gate = gate;
  state().changed.notify_all();
}

uint64_t calls_stopped() {
  const std::lock_guard lock(state().mutex);
  return state().stopped;
}

void pass_gate() {
  const OtherThreadsTurn turn;
  std::unique_lock lock(state().mutex);
  if (state().gate == Gate::open) return;
  ++state().stopped;
  if (state().gate == Gate::failing) {
    state().gate = Gate::open;
    throw Error(cudaErrorUnknown, "a test has a call of a library fail");
  }
  if (!state().changed.wait_for(lock, kPatience, [] { return state().gate != Gate::shut; })) {
    throw Error(cudaErrorUnknown, "a call of a library was held up in vain");
  }
}

}  // namespace lean::simt
