// One step of a weight whose momentum lives in a low-rank subspace, with plain SGD in the
// complement (Subspace-Momentum, arXiv 2411.07120, algorithm 2; with a subset second moment:
// AdamSNSM). B has orthonormal columns; proj(G) = G B (right) or B^T G (left), back its transpose.
//   G = grad_factor * g;  R = proj(G);  M <- m_decay * M + m_gain * R
//   N = G + back(m_scale * M - R)
//   v <- v_decay * v + v_gain * q, q = G^2 summed (mean: averaged) over each subset
//   W <- decay_after * (decay_before * W - step_size * N / (sqrt(v) * v_scale + eps))
// and M <- 0 afterwards where drop_momentum is set. N is the published P M + (G - P P^T G) with one
// back-projection less: 4 m n r multiply-adds' flops instead of 6.
#pragma once

#include <tuple>

#include "core/field.h"
#include "kernels/check.h"

namespace lean {

struct SubspaceStep {
  static constexpr std::string_view name = "subspaceStep";
  static constexpr bool coupled_decay = false;  // what is projected is the gradient alone

  Tensor param;       // m x n, float32 | bfloat16 | float16
  Tensor grad;        // m x n, the type of param or float32
  Tensor exp_avg;     // right: m x r; left: r x n; float32 | bfloat16
  Tensor exp_avg_sq;  // float32, one for each subset, or absent
  Tensor basis;       // right: n x r; left: m x r; float32 | bfloat16, orthonormal columns
  Tensor scalars;     // StepScalars
  Tensor counters;    // Counters
  Side side = Side::right;
  Partition partition = Partition::none;
  int64_t block = 0;
  bool moment_given = false;  // as in DenseStep
  bool mean = false;
  Precision precision = Precision::highest;
  Rounding rounding = Rounding::nearest;
  int64_t seed = 0;
  int64_t stream = 0;

  static constexpr auto fields() {
    return std::tuple{
        field("param", &SubspaceStep::param),
        field("grad", &SubspaceStep::grad),
        field("expAvg", &SubspaceStep::exp_avg),
        optional_field("expAvgSq", &SubspaceStep::exp_avg_sq),
        field("basis", &SubspaceStep::basis),
        field("scalars", &SubspaceStep::scalars),
        field("counters", &SubspaceStep::counters),
        field("side", &SubspaceStep::side),
        field("partition", &SubspaceStep::partition),
        field("block", &SubspaceStep::block),
        field("momentGiven", &SubspaceStep::moment_given),
        field("mean", &SubspaceStep::mean),
        field("precision", &SubspaceStep::precision),
        field("rounding", &SubspaceStep::rounding),
        field("seed", &SubspaceStep::seed),
        field("stream", &SubspaceStep::stream),
    };
  }

  // Row panels own whole rows and column panels whole columns; sums over anything else cross panels
  // and must be taken beforehand.
  static constexpr bool sums_fit(Side side, Partition partition) {
    return partition == Partition::none || partition == Partition::elementwise ||
           (partition == Partition::rows && side == Side::right) ||
           (partition == Partition::columns && side == Side::left);
  }

  void check() const {
    require_weights(param, grad);
    require_blas_sizes(param, "param");
    require_scalars(scalars, counters);
    require_second_moment(exp_avg_sq, param, partition, block);
    require(basis.ndim == 2 && is_state_type(basis.dtype),
            "basis must be a float32 or bfloat16 matrix");
    require(is_state_type(exp_avg.dtype), kDTypeError, "exp_avg must be float32 or bfloat16");
    const int64_t rank = basis.shape[1];
    const bool right = side == Side::right;
    require(rank > 0 && rank <= basis.shape[0], "basis must not have more columns than rows");
    require(basis.shape[0] == (right ? param.cols() : param.rows()),
            "basis must have one row for each line of the projected side");
    require(exp_avg.ndim == 2 && exp_avg.shape[0] == (right ? param.rows() : rank) &&
                exp_avg.shape[1] == (right ? rank : param.cols()),
            "exp_avg must have the shape of the projected gradient");
    require(moment_given || sums_fit(side, partition),
            "this partition's sums cross panels: the moment must be given");
  }
};

}  // namespace lean
