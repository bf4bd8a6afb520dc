// The inner product of the gradient g (m x n) of one group of samples with the sum S of all.
//   partials[i] = sum of g * S over the i-th piece, in float64
// An absent gradient is one of zeros.
#pragma once

#include <tuple>

#include "core/field.h"
#include "kernels/check.h"
#include "kernels/pieces.h"

namespace lean {

struct GradientDot {
  static constexpr std::string_view name = "gradientDot";

  Tensor grad;      // m x n; float32 | bfloat16 | float16
  Tensor sum;       // m x n, float32
  Tensor partials;  // float64, one for each piece

  static constexpr auto fields() {
    return std::tuple{
        field("grad", &GradientDot::grad),
        field("sum", &GradientDot::sum),
        field("partials", &GradientDot::partials),
    };
  }

  constexpr int64_t begin_of(int64_t piece) const {
    return aligned_piece_begin(grad.numel(), partials.numel(), piece);
  }

  void check() const {
    require(grad.ndim == 2 && is_weight_type(grad.dtype), "grad must be a matrix of weights");
    require_type(sum, DType::float32, "sum");
    require_type(partials, DType::float64, "partials");
    require(sum.numel() == grad.numel(), "sum must have the shape of grad");
    require(partials.numel() > 0, "partials must have one entry for each piece");
  }
};

}  // namespace lean
