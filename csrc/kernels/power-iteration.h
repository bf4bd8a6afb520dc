// A new basis by block power iteration, from the old one or, for the first, from a random one:
//   Z = G P (right), G^T P (left);  Y = G^T Z (right), G Z (left);  P <- orth(Y)
//   warm_passes times from the old basis, cold_passes times from noise
// orth is Cholesky-QR from a float64 Gram matrix Y^T Y = R^T R, P = Y R^-1, which holds to
// condition numbers of 3e6, where a float32 Gram breaks down at 2e4; where it fails, Householder
// QR.
// Only span(P) matters to Subspace-Momentum, so no singular vectors are computed.
#pragma once

#include <tuple>

#include "kernels/basis.h"

namespace lean {

struct PowerIteration : BasisTarget {
  static constexpr std::string_view name = "powerIteration";

  // Z is formed for so many columns of P at a time, and needs no more room.
  static constexpr int64_t kWidth = 256;

  int64_t warm_passes = 2;
  int64_t cold_passes = 3;
  void* workspace = nullptr;

  static constexpr auto fields() {
    return std::tuple_cat(basis_fields<PowerIteration>(), next_fields<PowerIteration>(),
                          std::tuple{field("warmPasses", &PowerIteration::warm_passes),
                                     field("coldPasses", &PowerIteration::cold_passes)});
  }

  int64_t width() const { return rank() < kWidth ? rank() : kWidth; }

  // The new basis and a slice of Z in float32; the Gram matrix in float64, whose room the transfer
  // between the bases takes over.
  int64_t workspace_bytes() const {
    return 4 * (rank() * projected() + width() * others()) + 8 * rank() * rank() + 64 * 3;
  }

  void check() const {
    check_target();
    require(warm_passes > 0 && cold_passes > 0, "passes must be positive");
  }
};

}  // namespace lean
