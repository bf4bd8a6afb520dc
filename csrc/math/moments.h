// Per-element rules of the optimizer family, for any real type V that has arithmetic and
// square_root(): a float, or a vector of floats. Registers only; shared by every backend, which is
// why the tests compare backends with float64 oracles and not with each other.
#pragma once

#include "core/step-scalars.h"

namespace lean {

// G = grad_factor * g + l2 * W
template <class V>
inline V scaled_gradient(V grad, V param, const StepScalars& s) {
  return grad * s.grad_factor + param * s.l2;
}

// m <- m_decay * m + m_gain * x
template <class V>
inline V next_momentum(V m, V x, const StepScalars& s) {
  return m * s.m_decay + x * s.m_gain;
}

// N = n_grad * G + m_scale * m
template <class V>
inline V numerator(V m, V grad, const StepScalars& s) {
  return grad * s.n_grad + m * s.m_scale;
}

// v <- v_decay * v + v_gain * q
template <class V>
inline V next_second_moment(V v, V q, const StepScalars& s) {
  return v * s.v_decay + q * s.v_gain;
}

// sqrt(v) * v_scale + eps
template <class V>
inline V denominator(V v, const StepScalars& s) {
  return square_root(v) * s.v_scale + s.eps;
}

// W <- decay_after * (decay_before * W - step_size * ratio), ratio = N / denominator
template <class V>
inline V next_param(V param, V ratio, const StepScalars& s) {
  return (param * s.decay_before - ratio * s.step_size) * s.decay_after;
}

}  // namespace lean
