// A step along the orthogonal factor of a matrix's momentum: Muon (Jordan et al. 2024; as
// torch.optim.Muon) and, with an accumulator, AdaGO (arXiv 2509.02981, algorithm 1).
//   G = grad_factor * g;  m <- m_decay * m + m_gain * G;  N = n_grad * G + m_scale * m
//   X = N / max(|N|, eps), |.| the Frobenius norm;  O = `steps` Newton-Schulz iterations from X
//   without v: a = step_size
//   with v:    v <- v + min(|G|, max_norm)^2;  a = max(least_step, step_size min(|G|, max_norm) /
//   sqrt(v)) W <- decay_after * (decay_before * W - a * shape_scale * O)
// A momentum of zero moves nothing: then O = 0.
// rounded: N, |N|, X and every product are rounded to bfloat16, as torch.optim.Muon does, and the
// products are those that it has; whatever the precision.
#pragma once

#include <tuple>

#include "core/field.h"
#include "kernels/check.h"
#include "math/newton-schulz.h"

namespace lean {

struct OrthogonalStep {
  static constexpr std::string_view name = "orthogonalStep";

  Tensor param;       // m x n, float32 | bfloat16 | float16
  Tensor grad;        // m x n, the type of param or float32
  Tensor exp_avg;     // m x n, float32 | bfloat16
  Tensor exp_avg_sq;  // float32, 1, above 0, or absent
  Tensor scalars;     // StepScalars
  Tensor counters;    // Counters
  NewtonSchulz schedule = NewtonSchulz::muon;
  int64_t steps = 5;
  double eps = 1e-7;
  double max_norm = 0;
  double least_step = 0;
  double shape_scale = 1;
  bool rounded = false;
  Precision precision = Precision::highest;
  Rounding rounding = Rounding::nearest;
  int64_t seed = 0;
  int64_t stream = 0;
  void* workspace = nullptr;

  static constexpr auto fields() {
    return std::tuple{
        field("param", &OrthogonalStep::param),
        field("grad", &OrthogonalStep::grad),
        field("expAvg", &OrthogonalStep::exp_avg),
        optional_field("expAvgSq", &OrthogonalStep::exp_avg_sq),
        field("scalars", &OrthogonalStep::scalars),
        field("counters", &OrthogonalStep::counters),
        field("schedule", &OrthogonalStep::schedule),
        field("steps", &OrthogonalStep::steps),
        field("eps", &OrthogonalStep::eps),
        field("maxNorm", &OrthogonalStep::max_norm),
        field("leastStep", &OrthogonalStep::least_step),
        field("shapeScale", &OrthogonalStep::shape_scale),
        field("rounded", &OrthogonalStep::rounded),
        field("precision", &OrthogonalStep::precision),
        field("rounding", &OrthogonalStep::rounding),
        field("seed", &OrthogonalStep::seed),
        field("stream", &OrthogonalStep::stream),
    };
  }

  constexpr bool is_wide() const { return param.rows() <= param.cols(); }
  constexpr int64_t shorter() const { return is_wide() ? param.rows() : param.cols(); }
  constexpr int64_t longer() const { return is_wide() ? param.cols() : param.rows(); }

  // The sums of squares of N and G are of so many elements each.
  static constexpr int64_t kPiece = 32768;
  constexpr int64_t pieces() const { return (param.numel() + kPiece - 1) / kPiece; }

  // Two matrices of the weight's shape, four of the shorter side's order, and the sums.
  int64_t workspace_bytes() const {
    return 4 * (2 * param.numel() + 4 * shorter() * shorter()) + 16 * pieces() + 64 * 8;
  }

  void check() const {
    require_weights(param, grad);
    require_blas_sizes(param, "param");
    require_scalars(scalars, counters);
    require(exp_avg.numel() == param.numel() && is_state_type(exp_avg.dtype),
            "exp_avg must be a float32 or bfloat16 matrix of the shape of param");
    require_type(exp_avg_sq, DType::float32, "exp_avg_sq");
    require(!exp_avg_sq || exp_avg_sq.numel() == 1, "exp_avg_sq has one entry");
    require(steps > 0 && steps <= 100, "steps must be from 1 to 100");
    require(!exp_avg_sq || max_norm > 0, "max_norm must be positive");
  }
};

}  // namespace lean
