// Rules of steps whose direction is scaled by norms in a subspace: kernels/low-rank-step.h.
// Templates, so that host and device share what calls the library's functions.
#pragma once

#include <cmath>

#include "kernels/low-rank-step.h"
#include "math/moments.h"

namespace lean {

// N = m_scale * m / (sqrt(v) * v_scale + eps)
template <class V>
constexpr V adam_direction(const V& m, const V& v, const StepScalars& s) {
  return m * s.m_scale / denominator(v, s);
}

// |N| / (|R| + 1e-8), of squares.
template <class Real>
constexpr Real norm_ratio(Real direction, Real projection) {
  return std::sqrt(direction) / (std::sqrt(projection) + static_cast<Real>(1e-8));
}

// Of a line, the square of what is multiplied by its factor, from those of G_j and R_j.
template <class Item, class Real>
constexpr Real scaled_square(const Item& item, Real gradient, Real projection) {
  const Real outside = gradient - projection;
  if (item.direction == Direction::gradient) return gradient;
  return outside < 0 ? 0 : outside;
}

// How much of a norm is left by a limit on its growth from the last one: 0 there is none yet.
template <class Real>
constexpr Real growth_limit(Real norm, Real last, Real max_growth) {
  const Real most = max_growth * last;
  return max_growth > 0 && last > 0 && norm > most ? most / norm : 1;
}

}  // namespace lean
