// A new basis from approximate singular vectors (Halko, Martinsson, Tropp 2011, algorithms 4.4 and
// 5.1), from noise at every refresh. With l = min(r + oversample, projected side) and A = G
// (right), G^T (left):
//   Q <- orth(A^T N), N Gaussian noise of l columns;   power_passes times: Q <- orth(A^T (A Q))
//   P <- Q V, V the eigenvectors of the r largest eigenvalues of (A Q)^T (A Q), descending
// orth as power-iteration.h has it; products in float32, Gram matrices and eigenvectors in float64.
// Each column of P has a positive sum against random signs of the same stream (probe_sign), so that
// signs are the same on every device. Where r is above the rank of G, directions that complete the
// basis come last; should an eigensolver fail, P is the first r columns of Q.
#pragma once

#include <tuple>

#include "core/random.h"
#include "kernels/basis.h"

namespace lean {

// The sign that entry i of a column of P is summed with.
constexpr double probe_sign(uint64_t key, int64_t i) {
  return (random_bits(mix64(key), static_cast<uint64_t>(i)) & 1) != 0 ? -1 : 1;
}

struct RandomizedSvd : BasisTarget {
  static constexpr std::string_view name = "randomizedSvd";

  int64_t power_passes = 1;
  int64_t oversample = 8;
  void* workspace = nullptr;

  static constexpr auto fields() {
    return std::tuple_cat(basis_fields<RandomizedSvd>(),
                          std::tuple{field("powerPasses", &RandomizedSvd::power_passes),
                                     field("oversample", &RandomizedSvd::oversample)});
  }

  // Of Q: l.
  constexpr int64_t columns() const {
    return projected() - rank() < oversample ? projected() : rank() + oversample;
  }

  // Q, A Q or P, the Gram matrix (whose room the transfer takes over) and the eigenvectors.
  int64_t workspace_bytes() const {
    const int64_t longer = others() > projected() ? others() : projected();
    return 4 * columns() * (projected() + longer) + 8 * columns() * (columns() + rank()) + 64 * 4;
  }

  void check() const {
    check_target();
    require(power_passes >= 0, "power_passes must not be negative");
    require(oversample >= 0, "oversample must not be negative");
  }
};

}  // namespace lean
