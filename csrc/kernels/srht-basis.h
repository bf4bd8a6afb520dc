// A random basis by the subsampled randomized Hadamard transform (Ailon, Chazelle 2006; Tropp
// 2011) along the projected side, of length k:
//   P[i][j] = d_i H[s_j][i] / sqrt(n)
// with H the Hadamard matrix of the smallest order n >= k that math/hadamard.h has, d random signs
// and s_0 < s_1 < ... r of its rows, all functions of (seed, stream, calls): with random_bits of
// that key, d_i is the lowest bit of number n + i (1: negative), and s the rows with the smallest
// numbers 0 ... n - 1. Where n = k, P^T P = I, entry for entry the same on every device. Elsewhere
// P <- orth(P), its diagonal in P = Q R positive. The gradient's values are not read.
#pragma once

#include <tuple>

#include "kernels/basis.h"
#include "math/hadamard.h"

namespace lean {

struct SrhtBasis : BasisTarget {
  static constexpr std::string_view name = "srhtBasis";

  void* workspace = nullptr;

  static constexpr auto fields() { return basis_fields<SrhtBasis>(); }

  constexpr Hadamard transform() const { return Hadamard::at_least(projected()); }

  // The new basis, the Gram matrix or the transfer, and keys, order and numbers of the rows.
  int64_t workspace_bytes() const {
    return 4 * rank() * projected() + 8 * rank() * rank() + 12 * transform().order + 4 * rank() +
           64 * 5;
  }

  void check() const {
    check_target();
    require(transform().order <= INT32_MAX, "no Hadamard matrix has that many rows");
  }
};

}  // namespace lean
