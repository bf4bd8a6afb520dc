// A parameter's StepScalars, from its counters and its group's hyper-parameters.
#pragma once

#include <cmath>

#include "kernels/scalars.h"

namespace lean {

// Templates, though there is one item: so host and device share what calls the library's functions.

template <class Real>
constexpr Real bias_correction(Real beta, int64_t steps) {
  return beta > 0 && beta < 1 ? -std::expm1(static_cast<Real>(steps) * std::log(beta)) : 1;
}

template <class Item>
constexpr void fill_momentum(const Item& item, const Counters& counters, double bc1,
                             StepScalars& s) {
  const bool first = counters.updates == 1;
  s.m_decay = static_cast<float>(item.beta1);
  s.m_gain = static_cast<float>(1 - item.beta1);
  s.m_scale = item.bias == Bias::torch ? static_cast<float>(1 / bc1) : 1.0f;
  s.n_grad = 0;
  if (item.momentum != Momentum::heavy_ball) {
    if (!item.nesterov) return;
    const double correction = item.bias == Bias::torch ? 1 / bc1 : 1;
    s.n_grad = static_cast<float>((1 - item.beta1) * correction);
    s.m_scale = static_cast<float>(item.beta1 * correction);
    return;
  }
  s.m_gain = static_cast<float>(first ? 1 : 1 - item.dampening);
  s.m_scale = static_cast<float>(item.nesterov ? item.beta1 : 1);
  s.n_grad = item.nesterov ? 1 : 0;
}

// Item is a Scalars; group, hyper and result (or nullptr) are what its tensors hold.
template <class Item>
constexpr void fill_scalars(const Item& item, const double* group, const double* hyper,
                            const double* result, Counters& counters, StepScalars& s) {
  ++counters.updates;
  ++counters.since_basis;
  const double weight_decay = group[1];
  const double clip = result != nullptr ? result[2] : 1;

  const double t = static_cast<double>(counters.updates);
  const double lr = group[0] / (1 + (t - 1) * item.lr_decay);
  const int64_t k = item.per_basis ? counters.since_basis : counters.updates;
  const bool moving = item.momentum == Momentum::ema || item.momentum == Momentum::subspace;
  const double bc1 = item.correct_first && moving ? bias_correction(item.beta1, k) : 1;
  const double bc2 =
      item.correct_second && item.second ? bias_correction(item.beta2, counters.updates) : 1;

  s.grad_factor = static_cast<float>(clip / hyper[0]);
  s.l2 = item.decay == Decay::l2 ? static_cast<float>(weight_decay) : 0;
  fill_momentum(item, counters, bc1, s);
  s.v_decay = static_cast<float>(item.beta2);
  s.v_gain = static_cast<float>(item.beta2 == 1 ? 1 : 1 - item.beta2);
  s.v_scale = item.bias == Bias::torch ? static_cast<float>(1 / std::sqrt(bc2)) : 1.0f;
  s.eps = static_cast<float>(item.eps);
  s.step_size = static_cast<float>(item.bias == Bias::hf ? lr * std::sqrt(bc2) / bc1 : lr);
  const float kept = static_cast<float>(1 - lr * weight_decay);
  s.decay_before = item.decay == Decay::before ? kept : 1;
  s.decay_after = item.decay == Decay::after ? kept : 1;
  const bool drops = counters.has_basis == kBasisPublished;
  s.drop_momentum = drops ? 1 : 0;
  if (drops) {
    counters.has_basis = kBasis;
    counters.since_basis = 0;
  }
}

}  // namespace lean
