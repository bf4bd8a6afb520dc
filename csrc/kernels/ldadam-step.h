// One step of LDAdam (arXiv 2410.16103): Adam in the coordinates of a subspace that turns a little
// at every step, with the moments carried over and what is lost by it fed back. P has orthonormal
// columns; proj(A) = A P (right) or P^T A (left), back its transpose. Primes are the new ones, m^
// and v^ the old moments, corrected; at a parameter's first update P is given and the old moments
// are 0.
//   A = grad_factor * g + e
//   P' = orth(B (B^T P)), B = rho * back(m^) + (1 - rho) * A   (left; right: of the transposes)
//     method svd: P' = the first r singular vectors of B
//   T = P'^T P;  m' = T m;  v' = |(T.T)(v^ - m^.m^) + (T m^).(T m^)|, uncorrected again
//   g' = proj'(A);  m <- m_decay * m' + m_gain * g';  v <- v_decay * v' + v_gain * g'.g'
//   e <- A - back'(g' + k m') + k back(old m),  k = beta1 / (1 - beta1)
//   W <- decay_after * (decay_before * W - step_size * back'(m_scale m / (sqrt(v) v_scale + eps)))
// What is kept is not e but `error` = e + k back(m): all that no update has taken in yet. From it
// A' = grad_factor * g + error = A + k back(m), and everything else takes fewer products:
//   V = B^T P = a A'^T P + d m^T,  B V = a A' V + d P (m V),  a = 1 - rho,  d = rho / bc1 - a k
//   h = proj'(A') = g' + k m',  error <- A' - back'(h - k m)
// 10 m n r flops (8 without error feedback, where k = 0) instead of the published 16, and no
// temporary of the weight's size. Where V or B V is zero, not finite, or its columns depend on each
// other, P stays and refused += 1; else refreshes += 1. svd forms B, in memory of the weight's
// size, and decomposes the Gram matrix of its shorter side in float64; where that is the other
// side, its vectors u give B u, whose columns are made orthonormal. Signs do not matter.
#pragma once

#include <tuple>

#include "core/field.h"
#include "kernels/check.h"

namespace lean {

// How the basis follows B.
enum class Following : int32_t { power_iteration, svd };
inline constexpr std::string_view kFollowingNames[] = {"powerIteration", "svd"};
inline constexpr std::span<const std::string_view> choice_names(Following) {
  return kFollowingNames;
}

struct LdadamStep {
  static constexpr std::string_view name = "ldadamStep";

  Tensor param;       // m x n, float32 | bfloat16 | float16
  Tensor grad;        // m x n, the type of param or float32
  Tensor exp_avg;     // right: m x r; left: r x n; float32 | bfloat16
  Tensor exp_avg_sq;  // the same shape, float32
  Tensor basis;       // k x r, k = n (right) or m (left); float32 | bfloat16, orthonormal columns
  Tensor error;       // m x n, float32 | bfloat16, rounded stochastically; or no feedback
  Tensor scalars;     // StepScalars
  Tensor counters;    // Counters
  Side side = Side::right;
  Following method = Following::power_iteration;
  double beta1 = 0;
  double beta2 = 0;
  double rho = 0;
  Rounding rounding = Rounding::nearest;
  int64_t seed = 0;
  int64_t stream = 0;
  void* workspace = nullptr;

  static constexpr auto fields() {
    return std::tuple{
        field("param", &LdadamStep::param),     field("grad", &LdadamStep::grad),
        field("expAvg", &LdadamStep::exp_avg),  field("expAvgSq", &LdadamStep::exp_avg_sq),
        field("basis", &LdadamStep::basis),     optional_field("error", &LdadamStep::error),
        field("scalars", &LdadamStep::scalars), field("counters", &LdadamStep::counters),
        field("side", &LdadamStep::side),       field("method", &LdadamStep::method),
        field("beta1", &LdadamStep::beta1),     field("beta2", &LdadamStep::beta2),
        field("rho", &LdadamStep::rho),         field("rounding", &LdadamStep::rounding),
        field("seed", &LdadamStep::seed),       field("stream", &LdadamStep::stream),
    };
  }

  constexpr int64_t rank() const { return basis.shape[1]; }
  // Length of the projected lines, and how many there are.
  constexpr int64_t projected() const { return side == Side::right ? param.cols() : param.rows(); }
  constexpr int64_t others() const { return side == Side::right ? param.rows() : param.cols(); }

  constexpr bool decomposes() const { return method == Following::svd; }
  // Whether the other side is the shorter one, whose vectors come first.
  constexpr bool is_beyond() const { return projected() > others(); }

  // V, B V, the new basis's transpose and r x r matrices in float32; the Gram matrix in float64.
  // svd: and B.
  int64_t workspace_bytes() const {
    const int64_t target = decomposes() ? param.numel() : 0;
    const int64_t lines = others() + projected() + (side == Side::right ? projected() : 0);
    return 4 * rank() * (lines + 2 * rank()) + 8 * rank() * rank() + 4 * target + 64 * 7;
  }

  void check() const {
    require_weights(param, grad);
    require_blas_sizes(param, "param");
    require_scalars(scalars, counters);
    require(basis.ndim == 2 && is_state_type(basis.dtype),
            "basis must be a float32 or bfloat16 matrix");
    require(rank() > 0 && rank() <= projected() && basis.shape[0] == projected(),
            "basis must be projected side x rank");
    require(is_state_type(exp_avg.dtype), kDTypeError, "exp_avg must be float32 or bfloat16");
    require_type(exp_avg_sq, DType::float32, "exp_avg_sq");
    require(exp_avg.numel() == others() * rank() && exp_avg_sq.numel() == exp_avg.numel(),
            "exp_avg and exp_avg_sq must have the shape of the projected gradient");
    require(!error || is_state_type(error.dtype), kDTypeError, "error must be float32 or bfloat16");
    require(!error || error.numel() == param.numel(), "error must have the shape of param");
    require(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, "betas must be in [0, 1)");
    require(rho >= 0 && rho < 1, "rho must be in [0, 1)");
  }
};

}  // namespace lean
