// SubspaceStep with a coordinate subspace: the momentum covers the rows or columns of W named by
// `index` (uniform and topK projectors), R = W[index, :] or W[:, index].
//   on a line in index:   M <- m_decay * M + m_gain * G;  N = m_scale * M
//   on any other:         N = G
//   v and W as in SubspaceStep
#pragma once

#include <tuple>

#include "core/field.h"
#include "kernels/check.h"

namespace lean {

struct LineStep {
  static constexpr std::string_view name = "lineStep";
  static constexpr bool coupled_decay = false;  // what is projected is the gradient alone

  Tensor param;       // m x n, float32 | bfloat16 | float16
  Tensor grad;        // m x n, the type of param or float32
  Tensor exp_avg;     // rows: r x n; columns: m x r; float32 | bfloat16
  Tensor exp_avg_sq;  // float32, one for each subset, or absent
  Tensor index;       // int32, r distinct line numbers; M's k-th line is that of W's line index[k]
  Tensor scalars;     // StepScalars
  Tensor counters;    // Counters
  Axis axis = Axis::rows;
  Partition partition = Partition::none;
  int64_t block = 0;
  bool moment_given = false;  // as in DenseStep
  bool mean = false;
  Rounding rounding = Rounding::nearest;
  int64_t seed = 0;
  int64_t stream = 0;

  static constexpr auto fields() {
    return std::tuple{
        field("param", &LineStep::param),
        field("grad", &LineStep::grad),
        field("expAvg", &LineStep::exp_avg),
        optional_field("expAvgSq", &LineStep::exp_avg_sq),
        field("index", &LineStep::index),
        field("scalars", &LineStep::scalars),
        field("counters", &LineStep::counters),
        field("axis", &LineStep::axis),
        field("partition", &LineStep::partition),
        field("block", &LineStep::block),
        field("momentGiven", &LineStep::moment_given),
        field("mean", &LineStep::mean),
        field("rounding", &LineStep::rounding),
        field("seed", &LineStep::seed),
        field("stream", &LineStep::stream),
    };
  }

  void check() const {
    require_weights(param, grad);
    require_scalars(scalars, counters);
    require_second_moment(exp_avg_sq, param, partition, block);
    require_type(index, DType::int32, "index");
    require(is_state_type(exp_avg.dtype), kDTypeError, "exp_avg must be float32 or bfloat16");
    const bool rows = axis == Axis::rows;
    const int64_t rank = index.numel();
    require(rank > 0 && rank <= (rows ? param.rows() : param.cols()),
            "index must not name more lines than there are");
    require(exp_avg.ndim == 2 && exp_avg.shape[0] == (rows ? rank : param.rows()) &&
                exp_avg.shape[1] == (rows ? param.cols() : rank),
            "exp_avg must have the shape of the selected lines");
    require(partition != Partition::whole || moment_given,
            "a moment of the whole tensor must be given");
  }
};

}  // namespace lean
