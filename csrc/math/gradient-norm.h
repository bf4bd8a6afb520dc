// From the sum of all squares to the norm and the clipping factor.
#pragma once

#include <cmath>

namespace lean {

// hyper is {grad_scale, max_grad_norm}; result as GradientNorm has it.
template <class Real>
constexpr void write_norm(Real norm2, bool bad, const Real* hyper, Real* result) {
  const Real norm = std::sqrt(norm2) / hyper[0];
  const Real clip = hyper[1] > 0 ? hyper[1] / (norm + 1e-6) : 1;
  result[0] = norm;
  result[1] = bad ? 1 : 0;
  result[2] = clip > 1 ? 1 : clip;  // NaN where the norm is, as clip_grad_norm_ of torch
}

}  // namespace lean
