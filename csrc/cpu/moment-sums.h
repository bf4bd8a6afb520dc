// From a sum of squares to a second moment.
#pragma once

#include "cpu/lanes.h"
#include "math/moments.h"

namespace lean::cpu::LEAN_ISA {

template <class Item>
const StepScalars& scalars_of(const Item& item) {
  return *item.scalars.template as<StepScalars>();
}

// What a sum of squares is multiplied by: sums of a Plain gradient lack grad_factor.
inline double square_factor(const StepScalars& s, bool mean, int64_t size) {
  return lean::square_factor(s, s.l2 != 0, mean, size);
}

// v[i] <- v_decay * v[i] + v_gain * q[i] for i < count, and the new ones.
inline Lanes update_moments(float* v, const Lanes& q, int count, const StepScalars& s) {
  const Lanes next = next_second_moment(load(v, count), q, s);
  store(v, next, count);
  return next;
}

}  // namespace lean::cpu::LEAN_ISA
