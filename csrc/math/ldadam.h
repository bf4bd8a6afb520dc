// LDAdam's rules for numbers and single elements, for any real type V as in moments.h.
#pragma once

#include "math/moments.h"
#include "math/scalars.h"

namespace lean {

// What carries the moments of the last update over to this one's subspace.
struct Transport {
  bool first;       // there is no last update
  float old_share;  // of m^ in B: rho; of A: new_share = 1 - rho
  float new_share;
  float m_scale;  // m^ = m_scale * m
  float v_scale;  // v^ = v_scale * v, and back
  float v_back;
  float feedback;  // beta1 / (1 - beta1)
};

// Item is an LdadamStep; `updates` counts this one.
template <class Item>
constexpr Transport transport_of(const Item& item, int64_t updates) {
  const bool first = updates <= 1;
  const double bc1 = first ? 1 : bias_correction(item.beta1, updates - 1);
  const double bc2 = first ? 1 : bias_correction(item.beta2, updates - 1);
  return {first,
          static_cast<float>(item.rho),
          static_cast<float>(1 - item.rho),
          static_cast<float>(1 / bc1),
          static_cast<float>(1 / bc2),
          static_cast<float>(bc2),
          static_cast<float>(item.beta1 / (1 - item.beta1))};
}

// v^ - m^.m^, which T.T carries over.
template <class V>
constexpr V old_variance(const V& m, const V& v, const Transport& t) {
  const V corrected = m * t.m_scale;
  return v * t.v_scale - corrected * corrected;
}

// v' from the variance and the momentum in the new coordinates. The map of the variances does not
// keep what belongs to them positive.
template <class V>
constexpr V carried_second_moment(const V& variance, const V& m, const Transport& t) {
  const V corrected = m * t.m_scale;
  return magnitude(variance + corrected * corrected) * t.v_back;
}

// The key of the error's random numbers, beside those of the weight.
constexpr uint64_t error_key(int64_t seed, int64_t stream, int64_t calls) {
  return mix64(random_key(seed, stream, calls));
}

}  // namespace lean
