// Per-element rules of the optimizer family, for any real type V that has arithmetic and
// square_root(): a float, or a vector of floats. Registers only; shared by every backend, which is
// why the tests compare backends with float64 oracles and not with each other.
#pragma once

#include "core/step-scalars.h"

namespace lean {

// a * b + c, rounded once where the processor can. A V that must not leave it to the compiler which
// of a rule's products are fused has its own.
template <class V, class C>
constexpr V multiply_add(const V& a, float b, C c) {
  return a * b + c;
}

// G = grad_factor * g + l2 * W
template <class V>
constexpr V scaled_gradient(const V& grad, const V& param, const StepScalars& s) {
  return multiply_add(param, s.l2, grad * s.grad_factor);
}

// m <- m_decay * m + m_gain * x
template <class V>
constexpr V next_momentum(const V& m, const V& x, const StepScalars& s) {
  return multiply_add(m, s.m_decay, x * s.m_gain);
}

// N = n_grad * G + m_scale * m
template <class V>
constexpr V numerator(const V& m, const V& grad, const StepScalars& s) {
  return multiply_add(grad, s.n_grad, m * s.m_scale);
}

// What a sum of squares of `size` elements is multiplied by: one of gradients that are not
// `scaled`, as scaled_gradient() makes them, lacks grad_factor.
constexpr double square_factor(const StepScalars& s, bool scaled, bool mean, int64_t size) {
  const double factor = scaled ? 1 : static_cast<double>(s.grad_factor) * s.grad_factor;
  return mean ? factor / static_cast<double>(size) : factor;
}

// v <- v_decay * v + v_gain * q
template <class V>
constexpr V next_second_moment(const V& v, const V& q, const StepScalars& s) {
  return multiply_add(v, s.v_decay, q * s.v_gain);
}

// sqrt(v) * v_scale + eps
template <class V>
constexpr V denominator(const V& v, const StepScalars& s) {
  return multiply_add(square_root(v), s.v_scale, s.eps);
}

// W <- decay_after * (decay_before * W - step_size * ratio), ratio = N / denominator
template <class V>
constexpr V next_param(const V& param, const V& ratio, const StepScalars& s) {
  const float kept = s.decay_before * s.decay_after;
  const float step = s.step_size * s.decay_after;
  return multiply_add(ratio, -step, param * kept);
}

}  // namespace lean
