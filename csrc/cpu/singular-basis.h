// The singular vectors of a matrix as the first columns of a basis.
#pragma once

#include "cpu/backend/singular-vectors.h"
#include "cpu/gradient-product.h"

namespace lean::cpu::LEAN_ISA {

// From the Gram matrix of the shorter side. Where that is the other side, its vectors u give this
// one's: A^T u (right) or A u (left), up to their lengths.
inline bool columns_from_gram(Context& context, const Tensor& a, Side side, int64_t rank,
                              int64_t count, float scale, float* basis, float* others) {
  const bool right = side == Side::right;
  if (right ? a.cols() <= a.rows() : a.rows() <= a.cols()) {
    return gram_vectors(context, a, side, count, basis, rank);
  }
  if (!gram_vectors(context, a, right ? Side::left : Side::right, count, others, count)) {
    return false;
  }
  multiply_gradient(context, a, right ? Op::transposed : Op::plain, scale,
                    Block<const float>{others, count}, count, {basis, rank});
  return true;
}

// Of `basis`, which has `rank` columns, as many as `a` has directions; returns their number, or 0
// where nothing converges. By its Gram matrix, and where that fails or is not wanted by a
// decomposition of `a` itself. `scale` brings the largest element of `a` to about 1; `others` is
// scratch memory for as many vectors of the other side, if that is the shorter one.
inline int64_t singular_columns(Context& context, const Tensor& a, Side side, int64_t rank,
                                bool by_gram, float scale, float* basis, float* others) {
  const int64_t count = clamp(rank, 0, a.rows() < a.cols() ? a.rows() : a.cols());
  if (by_gram && columns_from_gram(context, a, side, rank, count, scale, basis, others)) {
    return count;
  }
  return svd_vectors(a, side, count, basis, rank) ? count : 0;
}

}  // namespace lean::cpu::LEAN_ISA
