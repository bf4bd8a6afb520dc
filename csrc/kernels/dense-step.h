// One step of a weight whose momentum, if any, has the weight's own shape.
//   G = grad_factor * g + l2 * W
//   m <- m_decay * m + m_gain * G;  N = n_grad * G + m_scale * m   (no exp_avg: N = G)
//   v <- v_decay * v + v_gain * q, q = G^2 summed (mean: averaged) over each subset
//   W <- decay_after * (decay_before * W - step_size * N / (sqrt(v) * v_scale + eps))
// Covers SGD, AdamW, RMSprop, AdaGrad (algorithms of torch.optim), AdaGrad-Norm, and Subset-Norm
// (arXiv 2411.07120, algorithm 1).
#pragma once

#include <tuple>

#include "core/field.h"
#include "kernels/check.h"

namespace lean {

struct DenseStep {
  static constexpr std::string_view name = "denseStep";
  static constexpr bool coupled_decay = true;  // G contains l2 * W

  Tensor param;       // m x n, float32 | bfloat16 | float16
  Tensor grad;        // m x n, the type of param or float32
  Tensor exp_avg;     // m x n, float32 | bfloat16, or absent
  Tensor exp_avg_sq;  // float32, one for each subset, or absent
  Tensor scalars;     // StepScalars
  Tensor counters;    // Counters; `calls` keys the stochastic rounding
  Partition partition = Partition::none;
  int64_t block = 0;
  // true: exp_avg_sq was brought up to date before this step (subsetMoment); false: it is done
  // here.
  bool moment_given = false;
  bool mean = false;
  Rounding rounding = Rounding::nearest;
  int64_t seed = 0;
  int64_t stream = 0;

  static constexpr auto fields() {
    return std::tuple{
        field("param", &DenseStep::param),
        field("grad", &DenseStep::grad),
        optional_field("expAvg", &DenseStep::exp_avg),
        optional_field("expAvgSq", &DenseStep::exp_avg_sq),
        field("scalars", &DenseStep::scalars),
        field("counters", &DenseStep::counters),
        field("partition", &DenseStep::partition),
        field("block", &DenseStep::block),
        field("momentGiven", &DenseStep::moment_given),
        field("mean", &DenseStep::mean),
        field("rounding", &DenseStep::rounding),
        field("seed", &DenseStep::seed),
        field("stream", &DenseStep::stream),
    };
  }

  void check() const {
    require_weights(param, grad);
    require_scalars(scalars, counters);
    require_second_moment(exp_avg_sq, param, partition, block);
    require(!exp_avg || exp_avg.numel() == param.numel(), "exp_avg must have the shape of param");
    require(!exp_avg || is_state_type(exp_avg.dtype), kDTypeError,
            "exp_avg must be float32 or bfloat16");
    require(partition != Partition::whole || moment_given,
            "a moment of the whole tensor must be given");
  }
};

}  // namespace lean
