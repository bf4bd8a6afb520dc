// From a sum of squares to a second moment.
#pragma once

#include "cuda/device/real.cuh"
#include "math/moments.h"

namespace lean::cuda {

// What a sum of squares is multiplied by: sums of plain gradients lack grad_factor.
__device__ inline double square_factor(const StepScalars& s, bool decayed, bool mean,
                                       int64_t size) {
  const double factor = decayed ? 1 : static_cast<double>(s.grad_factor) * s.grad_factor;
  return mean ? factor / static_cast<double>(size) : factor;
}

// v <- v_decay * v + v_gain * q
__device__ inline void update_moment(float& v, float q, const StepScalars& s) {
  v = next_second_moment(Real{v}, Real{q}, s).x;
}

}  // namespace lean::cuda
