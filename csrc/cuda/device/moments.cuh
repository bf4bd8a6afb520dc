// From a sum of squares to a second moment.
#pragma once

#include "cuda/device/real.cuh"
#include "math/moments.h"

namespace lean::cuda {

// v <- v_decay * v + v_gain * q
__device__ inline void update_moment(float& v, float q, const StepScalars& s) {
  v = next_second_moment(Real{v}, Real{q}, s).x;
}

}  // namespace lean::cuda
