// A random basis: Gaussian noise from (seed, stream, calls), whose columns are made orthonormal
// (P <- orth(N), its diagonal in N = P R positive), or else scaled as APOLLO has them, to entries
// of variance 1/r, so that R = G P keeps the lengths of lines on average. The latter is not for
// momenta that take P^T P = I for granted. The gradient's values are not read.
#pragma once

#include <tuple>

#include "kernels/basis.h"

namespace lean {

struct GaussianBasis : BasisTarget {
  static constexpr std::string_view name = "gaussianBasis";

  bool orthonormal = true;
  void* workspace = nullptr;

  static constexpr auto fields() {
    return std::tuple_cat(basis_fields<GaussianBasis>(),
                          std::tuple{field("orthonormal", &GaussianBasis::orthonormal)});
  }

  // The new basis, and the Gram matrix or the transfer.
  int64_t workspace_bytes() const {
    return 4 * rank() * projected() + 8 * rank() * rank() + 64 * 2;
  }

  void check() const {
    check_target();
    require(orthonormal || on_refresh != OnRefresh::rotate,
            "coordinates in bases that are not orthonormal cannot be rotated");
  }
};

}  // namespace lean
