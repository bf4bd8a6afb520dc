// One step of a weight whose moments, both, live in the coordinates of a low-rank basis (GaLore,
// arXiv 2403.03507; Fira, 2410.01623; APOLLO, 2412.05270). proj(G) = G B (right) or B^T G (left),
// back its transpose; with a left basis A beside B, proj(G) = A^T G B and back(X) = A X B^T.
//   G = grad_factor * g;  R = proj(G)
//   M <- m_decay * M + m_gain * R;  V <- v_decay * V + v_gain * R^2, element by element
//   N = m_scale * M / (sqrt(V) * v_scale + eps)
//   f_j = |N_j| / (|R_j| + 1e-8), j the lines of R that are lines of W (right: rows, left:
//   columns), or of all of R where the norms are of the whole
//   D = back(N)                                direction subspace: nothing else moves (GaLore)
//       back(N) + l * f_j * (G - back(R))_j    residual: what is outside it as fast (Fira)
//       l * f_j * G_j                          gradient: scaled as its projection (APOLLO)
//   W <- decay_after * (decay_before * W - scale * step_size * D)
// l is 1, or under max_growth keeps the norm x of what it multiplies from growing faster than that:
//   l = min(1, max_growth * last_norm / x);  last_norm <- l * x, from then on that it is not 0
// B has orthonormal columns under residual, where x^2 = sum of f_j^2 (|G_j|^2 - |R_j|^2).
#pragma once

#include <tuple>

#include "core/field.h"
#include "kernels/check.h"

namespace lean {

enum class Direction : int32_t { subspace, residual, gradient };
inline constexpr std::string_view kDirectionNames[] = {"subspace", "residual", "gradient"};
inline constexpr std::span<const std::string_view> choice_names(Direction) {
  return kDirectionNames;
}

struct LowRankStep {
  static constexpr std::string_view name = "lowRankStep";
  static constexpr bool coupled_decay = false;  // what is projected is the gradient alone

  Tensor param;       // m x n, float32 | bfloat16 | float16
  Tensor grad;        // m x n, the type of param or float32
  Tensor exp_avg;     // right: m x r; left: r x n; with a left basis r x r; float32 | bfloat16
  Tensor exp_avg_sq;  // float32, the shape of exp_avg
  Tensor basis;       // right: n x r; left: m x r; float32 | bfloat16
  Tensor left_basis;  // m x r, beside a right one, for subspace; or absent
  Tensor last_norm;   // float32, 1; or absent: no max_growth
  Tensor scalars;     // StepScalars
  Tensor counters;    // Counters
  Side side = Side::right;
  Direction direction = Direction::subspace;
  bool whole_norm = false;
  double scale = 1;
  double max_growth = 0;
  Precision precision = Precision::highest;
  Rounding rounding = Rounding::nearest;
  int64_t seed = 0;
  int64_t stream = 0;
  void* workspace = nullptr;

  static constexpr auto fields() {
    return std::tuple{
        field("param", &LowRankStep::param),
        field("grad", &LowRankStep::grad),
        field("expAvg", &LowRankStep::exp_avg),
        field("expAvgSq", &LowRankStep::exp_avg_sq),
        field("basis", &LowRankStep::basis),
        optional_field("leftBasis", &LowRankStep::left_basis),
        optional_field("lastNorm", &LowRankStep::last_norm),
        field("scalars", &LowRankStep::scalars),
        field("counters", &LowRankStep::counters),
        field("side", &LowRankStep::side),
        field("direction", &LowRankStep::direction),
        field("wholeNorm", &LowRankStep::whole_norm),
        field("scale", &LowRankStep::scale),
        field("maxGrowth", &LowRankStep::max_growth),
        field("precision", &LowRankStep::precision),
        field("rounding", &LowRankStep::rounding),
        field("seed", &LowRankStep::seed),
        field("stream", &LowRankStep::stream),
    };
  }

  constexpr bool right() const { return side == Side::right; }
  constexpr int64_t rank() const { return basis.cols(); }
  // The lines of W that R has.
  constexpr int64_t lines() const { return right() ? param.rows() : param.cols(); }
  constexpr bool two_sided() const { return left_basis.ndim > 0; }
  // Whether norms have to be known before a weight is touched.
  constexpr bool is_scaled() const { return direction != Direction::subspace; }

  // What a CPU keeps between the passes over the weight: norms and factors of lines, with N and R;
  // or, two-sided, G B and N.
  int64_t workspace_bytes() const {
    constexpr int64_t kArrays = 64 * 6;
    const int64_t projected = 4 * lines() * rank();
    if (two_sided()) return projected + 4 * rank() * rank() + kArrays;
    if (!is_scaled()) return 0;
    return (3 * 8 + 4) * lines() + 2 * projected + kArrays;
  }

  void check() const {
    require_weights(param, grad);
    require_blas_sizes(param, "param");
    require_scalars(scalars, counters);
    require(basis.ndim == 2 && is_state_type(basis.dtype),
            "basis must be a float32 or bfloat16 matrix");
    require(rank() > 0 && rank() <= basis.shape[0], "basis must not have more columns than rows");
    require(basis.shape[0] == (right() ? param.cols() : param.rows()),
            "basis must have one row for each line of the projected side");
    check_left_basis();
    require(is_state_type(exp_avg.dtype), kDTypeError, "exp_avg must be float32 or bfloat16");
    const int64_t left = two_sided() ? rank() : lines();
    require(exp_avg.ndim == 2 && exp_avg.shape[0] == (right() ? left : rank()) &&
                exp_avg.shape[1] == (right() ? rank() : left),
            "exp_avg must have the shape of the projected gradient");
    require_type(exp_avg_sq, DType::float32, "exp_avg_sq");
    require(exp_avg_sq.numel() == exp_avg.numel(), "exp_avg_sq must have the shape of exp_avg");
    require_type(last_norm, DType::float32, "last_norm");
    require(last_norm.numel() == (max_growth > 0 ? 1 : 0), "max_growth goes with one last_norm");
    require(is_scaled() || max_growth == 0, "max_growth is of what lies outside the subspace");
  }

 private:
  void check_left_basis() const {
    if (!two_sided()) return;
    require(right() && !is_scaled(), "a left basis goes with a right one and direction subspace");
    require(is_state_type(left_basis.dtype), "left_basis must be float32 or bfloat16");
    require(left_basis.ndim == 2 && left_basis.shape[0] == param.rows() &&
                left_basis.shape[1] == rank(),
            "left_basis must be rows x rank");
  }
};

}  // namespace lean
