// The step's opening, for one parameter: what the prologue counts and decides.
#pragma once

#include "core/step-scalars.h"
#include "math/schedule.h"

namespace lean {

// Item is a Prologue.
template <class Item>
constexpr bool refresh_is_due(const Item& item, const Schedule* schedule,
                              const Counters& counters) {
  if (item.update_proj_gap == 0) return false;
  if (counters.has_basis == kNoBasis) return true;
  if (schedule != nullptr) return counters.calls >= schedule->due;
  const int64_t since = counters.calls - 1 - item.offset;
  return counters.calls > 1 && since >= 0 && since % item.update_proj_gap == 0;
}

// Whether a basis that waits (kernels/basis.h) is adopted in a step that is active. Item is a
// BasisTarget.
template <class Item>
constexpr bool is_adoption_due(const Item& item, int64_t next_call, const Counters& counters) {
  return next_call > 0 && counters.calls - next_call >= item.refresh_delay;
}

// `result` is that of GradientNorm, or nullptr; `schedule` the item's, or nullptr.
template <class Item>
constexpr void open_step(const Item& item, bool has_grad, const double* result,
                         const Schedule* schedule, Counters& counters, StepScalars& scalars) {
  scalars.active = scalars.refresh = 0;
  if (!has_grad) return;
  ++counters.calls;
  if (item.skip_non_finite && result[1] != 0) {
    ++counters.skipped;
    return;
  }
  scalars.active = 1;
  scalars.refresh = refresh_is_due(item, schedule, counters) ? 1 : 0;
}

}  // namespace lean
