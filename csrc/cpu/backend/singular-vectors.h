// Singular vectors of a gradient, computed in float64.
#pragma once

#include "core/tensor.h"
#include "cpu/context.h"
#include "kernels/choices.h"

namespace lean::cpu {

// Both write the vectors of the `count` largest singular values, right (right) or left (left) ones,
// as the first columns of `vectors` in descending order, its rows `ld` apart; count <= min(m, n).
// False when LAPACK fails. Their work arrays live for the call alone.

// As eigenvectors of a^T a (right) or a a^T (left): a square matrix of that order.
bool gram_vectors(Context& context, const Tensor& a, Side side, int64_t count, float* vectors,
                  int64_t ld);

// By a thin singular value decomposition: a copy of a, and both sides' vectors.
bool svd_vectors(const Tensor& a, Side side, int64_t count, float* vectors, int64_t ld);

}  // namespace lean::cpu
