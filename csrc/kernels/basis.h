// What the kernels that compute a new basis of a projected weight have in common. Each runs where
// scalars.refresh is set, and then
//   - on success: replaces the basis, treats the momentum as on_refresh says (choices.h; on the
//     first basis there is none to treat), sets has_basis (kBasisPublished under `published` unless
//     it is the first), since_basis = 0 under restart, refreshes += 1;
//   - on a gradient that is zero, not finite or (for a basis) above 2^112, where products overflow:
//     keeps basis and momentum, refused += 1; a parameter without a basis gets random orthonormal
//     columns (lines: the first r) and has_basis.
// A basis (powerIteration, svdBasis) may be adopted later than it is computed: where `next` is
// given and the weight has a basis already, the new one is put there, next_call = calls, and all
// else stays. It is adopted, as above, in the first active step with calls >= next_call +
// refresh_delay, before that step's own refresh; then next_call = 0.
// A basis that has a `schedule` also plans its next refresh (math/schedule.h), and one that has a
// `report` says there what the refresh came to.
#pragma once

#include "core/field.h"
#include "kernels/check.h"
#include "math/schedule.h"

namespace lean {

// What the latest refresh of a basis came to.
struct RefreshReport {
  double captured;      // ||proj(G)||^2 / ||G||^2, of this step's gradient
  double overlap;       // ||P_old^T P||^2 / r; negative for the first basis
  double milliseconds;  // on the CPU
};

inline constexpr int kReportCount = sizeof(RefreshReport) / sizeof(double);

struct BasisTarget {
  Tensor grad;      // m x n; float32 | bfloat16 | float16
  Tensor basis;     // k x r, k = n (right) or m (left); float32 | bfloat16
  Tensor exp_avg;   // right: m x r; left: r x n; under keep of any shape; float32 | bfloat16
  Tensor counters;  // Counters
  Tensor scalars;   // StepScalars
  Tensor schedule;  // Schedule, or absent
  Tensor report;    // RefreshReport, or absent
  double drift = 0;
  int64_t min_gap = 1;
  int64_t max_gap = 1;
  int64_t offset = 0;
  Side side = Side::right;
  OnRefresh on_refresh = OnRefresh::restart;
  int64_t seed = 0;
  int64_t stream = 0;
  Tensor next;       // as basis: the one that waits; or absent
  Tensor next_call;  // int64: the call whose gradient it is of, 0: none waits
  int64_t refresh_delay = 0;

  constexpr int64_t rank() const { return basis.shape[1]; }
  // Length of the projected lines, and how many there are: R is others x r (right), r x others.
  constexpr int64_t projected() const { return side == Side::right ? grad.cols() : grad.rows(); }
  constexpr int64_t others() const { return side == Side::right ? grad.rows() : grad.cols(); }

  void check_target() const {
    require_scalars(scalars, counters);
    require(grad.ndim == 2 && is_weight_type(grad.dtype), "grad must be a matrix of weights");
    require_blas_sizes(grad, "grad");
    require(basis.ndim == 2 && is_state_type(basis.dtype),
            "basis must be a float32 or bfloat16 matrix");
    require(rank() > 0 && rank() <= projected() && basis.shape[0] == projected(),
            "basis must be projected side x rank");
    const bool fits = on_refresh == OnRefresh::keep || exp_avg.numel() == others() * rank();
    require(fits && is_state_type(exp_avg.dtype),
            "exp_avg must have the shape of the projected gradient");
    require(!next == !next_call && refresh_delay >= 0,
            "next and next_call go together, and refresh_delay must not be negative");
    require_type(next, basis.dtype, "next");
    require_type(next_call, DType::int64, "next_call");
    require(!next || (next.numel() == basis.numel() && next_call.numel() == 1),
            "next must have the shape of basis, and next_call one entry");
    require_type(schedule, DType::int64, "schedule");
    require(!schedule || schedule.numel() == kScheduleCount, "schedule has 2 entries");
    require(min_gap > 0 && min_gap <= max_gap && offset >= 0,
            "min_gap must be positive and at most max_gap, offset not negative");
    require_type(report, DType::float64, "report");
    require(!report || report.numel() == kReportCount, "report has 3 entries");
  }
};

struct LineTarget {
  Tensor grad;      // m x n; float32 | bfloat16 | float16
  Tensor index;     // int32, r distinct line numbers
  Tensor exp_avg;   // rows: r x n; columns: m x r; float32 | bfloat16
  Tensor counters;  // Counters
  Tensor scalars;   // StepScalars
  Axis axis = Axis::rows;
  OnRefresh on_refresh = OnRefresh::restart;
  int64_t seed = 0;
  int64_t stream = 0;

  constexpr int64_t rank() const { return index.numel(); }
  constexpr int64_t lines() const { return axis == Axis::rows ? grad.rows() : grad.cols(); }
  constexpr int64_t line_length() const { return axis == Axis::rows ? grad.cols() : grad.rows(); }

  void check_target() const {
    require_scalars(scalars, counters);
    require(grad.ndim == 2 && is_weight_type(grad.dtype), "grad must be a matrix of weights");
    require_type(index, DType::int32, "index");
    require(rank() > 0 && rank() <= lines(), "index must not name more lines than there are");
    require(exp_avg.numel() == line_length() * rank() && is_state_type(exp_avg.dtype),
            "exp_avg must have the shape of the selected lines");
  }
};

// Fields of the two, for the kernels that derive from them.
template <class Item>
constexpr auto basis_fields() {
  return std::tuple{field("grad", static_cast<Tensor Item::*>(&Item::grad)),
                    field("basis", static_cast<Tensor Item::*>(&Item::basis)),
                    field("expAvg", static_cast<Tensor Item::*>(&Item::exp_avg)),
                    field("counters", static_cast<Tensor Item::*>(&Item::counters)),
                    field("scalars", static_cast<Tensor Item::*>(&Item::scalars)),
                    optional_field("schedule", static_cast<Tensor Item::*>(&Item::schedule)),
                    optional_field("report", static_cast<Tensor Item::*>(&Item::report)),
                    field("drift", static_cast<double Item::*>(&Item::drift)),
                    field("minGap", static_cast<int64_t Item::*>(&Item::min_gap)),
                    field("maxGap", static_cast<int64_t Item::*>(&Item::max_gap)),
                    field("offset", static_cast<int64_t Item::*>(&Item::offset)),
                    field("side", static_cast<Side Item::*>(&Item::side)),
                    field("onRefresh", static_cast<OnRefresh Item::*>(&Item::on_refresh)),
                    field("seed", static_cast<int64_t Item::*>(&Item::seed)),
                    field("stream", static_cast<int64_t Item::*>(&Item::stream))};
}

// Of those of them that can wait.
template <class Item>
constexpr auto next_fields() {
  return std::tuple{optional_field("next", static_cast<Tensor Item::*>(&Item::next)),
                    optional_field("nextCall", static_cast<Tensor Item::*>(&Item::next_call)),
                    field("refreshDelay", static_cast<int64_t Item::*>(&Item::refresh_delay))};
}

template <class Item>
constexpr auto line_fields() {
  return std::tuple{field("grad", static_cast<Tensor Item::*>(&Item::grad)),
                    field("index", static_cast<Tensor Item::*>(&Item::index)),
                    field("expAvg", static_cast<Tensor Item::*>(&Item::exp_avg)),
                    field("counters", static_cast<Tensor Item::*>(&Item::counters)),
                    field("scalars", static_cast<Tensor Item::*>(&Item::scalars)),
                    field("axis", static_cast<Axis Item::*>(&Item::axis)),
                    field("onRefresh", static_cast<OnRefresh Item::*>(&Item::on_refresh)),
                    field("seed", static_cast<int64_t Item::*>(&Item::seed)),
                    field("stream", static_cast<int64_t Item::*>(&Item::stream))};
}

}  // namespace lean
