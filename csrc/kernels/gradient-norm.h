// The global gradient norm and what follows from it, from the pieces of GradientStats in order.
//   norm2 = sum of partials;  norm = sqrt(norm2) / grad_scale
//   result[0] = norm
//   result[1] = 1 when a piece is non-finite, else 0
//   result[2] = min(1, max_grad_norm / (norm + 1e-6)), or 1 where max_grad_norm <= 0
// hyper is {grad_scale, max_grad_norm}: gradients arrive multiplied by grad_scale.
#pragma once

#include <tuple>

#include "core/field.h"
#include "kernels/check.h"

namespace lean {

struct GradientNorm {
  static constexpr std::string_view name = "gradientNorm";

  Tensor partials;    // float64, the pieces of all gradients
  Tensor non_finite;  // int32, the same
  Tensor hyper;       // float64, 2
  Tensor result;      // float64, 3

  static constexpr auto fields() {
    return std::tuple{
        field("partials", &GradientNorm::partials),
        field("nonFinite", &GradientNorm::non_finite),
        field("hyper", &GradientNorm::hyper),
        field("result", &GradientNorm::result),
    };
  }

  void check() const {
    require_type(partials, DType::float64, "partials");
    require_type(non_finite, DType::int32, "non_finite");
    require_type(hyper, DType::float64, "hyper");
    require_type(result, DType::float64, "result");
    require(partials.numel() == non_finite.numel(), "one non_finite for each partial");
    require(hyper.numel() == 2 && result.numel() == 3, "hyper has 2 entries, result 3");
  }
};

}  // namespace lean
