// The host's own account of when a weight's refresh can be due, so that it waits for the device in
// those steps alone. Counters live on the device; what moves them is known here: a call is counted
// where there is a gradient, and what else they say is learnt whenever the host has looked.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/prologue.h"
#include "math/counters.h"

namespace lean::cuda {

class RefreshClock {
 public:
  // `schedule` is the weight's item of the prologue; without one it can be due in any run, and so
  // it can where the gap follows the subspace's drift, of which the device alone knows.
  explicit RefreshClock(const Prologue* schedule) : schedule_(schedule) {}

  // A run starts: whether a refresh can be due in it.
  bool tick(std::span<const uint64_t> bases) {
    if (schedule_ == nullptr || schedule_->schedule.base >= 0 || !is_known_) return true;
    if (bases[static_cast<size_t>(schedule_->grad.base)] == 0) return false;
    ++counters_.calls;
    return refresh_is_due(*schedule_, nullptr, counters_);
  }

  // What the device's counters say at the end of the run.
  void learn(int64_t calls, int64_t has_basis) {
    counters_.calls = calls;
    counters_.has_basis = has_basis;
    is_known_ = true;
  }

  void forget() { is_known_ = false; }

  // Whether this account says which calls refresh a basis that there is, but for steps that are
  // skipped.
  bool is_certain() const {
    return schedule_ != nullptr && schedule_->schedule.base < 0 && is_known_ &&
           counters_.has_basis != kNoBasis;
  }
  // Of the run that has started, where it is certain.
  int64_t calls() const { return counters_.calls; }
  // The weight's item of the prologue, or nullptr.
  const Prologue* schedule() const { return schedule_; }

 private:
  const Prologue* schedule_;
  Counters counters_ = {};
  bool is_known_ = false;
};

}  // namespace lean::cuda
