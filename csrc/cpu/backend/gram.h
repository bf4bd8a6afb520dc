// Gram matrices in float64.
#pragma once

#include "core/tensor.h"
#include "cpu/context.h"
#include "kernels/choices.h"

namespace lean::cpu {

// out <- a^T a (right) or a a^T (left): the upper triangle of a symmetric matrix, row-major, whose
// order is a's number of columns or rows. Products of float32 are exact in float64, so out is as
// good as a itself allows; condition numbers of up to 1e7 survive being squared.
void gram(Context& context, const Tensor& a, Side side, double* out);

}  // namespace lean::cpu
