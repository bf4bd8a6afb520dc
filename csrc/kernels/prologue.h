// Opens a parameter's step: counts the call and decides what happens in it.
//   absent gradient:                     active = refresh = 0, nothing is counted
//   calls <- calls + 1
//   non-finite and skip_non_finite:      active = refresh = 0, skipped <- skipped + 1
//   otherwise active = 1, and refresh = 1 when update_proj_gap > 0 and there is no basis, or
//   calls > 1, calls - 1 >= offset and (calls - 1 - offset) mod update_proj_gap = 0
//   (with a schedule: or calls >= schedule.due)
#pragma once

#include <tuple>

#include "core/field.h"
#include "kernels/check.h"
#include "math/schedule.h"

namespace lean {

struct Prologue {
  static constexpr std::string_view name = "prologue";

  Tensor grad;      // only whether it is there
  Tensor counters;  // Counters
  Tensor scalars;   // StepScalars
  Tensor result;    // of GradientNorm, or absent
  Tensor schedule;  // Schedule of a gap that is not fixed, or absent
  bool skip_non_finite = false;
  int64_t update_proj_gap = 0;  // 0: not projected, or the caller gives the basis
  int64_t offset = 0;

  static constexpr auto fields() {
    return std::tuple{
        field("grad", &Prologue::grad),
        field("counters", &Prologue::counters),
        field("scalars", &Prologue::scalars),
        optional_field("result", &Prologue::result),
        optional_field("schedule", &Prologue::schedule),
        field("skipNonFinite", &Prologue::skip_non_finite),
        field("updateProjGap", &Prologue::update_proj_gap),
        field("offset", &Prologue::offset),
    };
  }

  void check() const {
    require_scalars(scalars, counters);
    require_type(result, DType::float64, "result");
    require(!result || result.numel() == 3, "result has 3 entries");
    require_type(schedule, DType::int64, "schedule");
    require(!schedule || schedule.numel() == kScheduleCount, "schedule has 2 entries");
    require(!skip_non_finite || result, "skip_non_finite needs the gradient's norm");
    require(update_proj_gap >= 0 && offset >= 0, "update_proj_gap and offset must not be negative");
  }
};

}  // namespace lean
