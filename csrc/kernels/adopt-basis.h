// A basis that the caller gives (projector `given`): checked for orthonormal columns (to 1e-3 in
// the largest entry of P^T P - I; anything else is refused, refused += 1) and put in the old one's
// place as kernels/basis.h says. The gradient is not read.
#pragma once

#include <tuple>

#include "kernels/basis.h"

namespace lean {

struct AdoptBasis : BasisTarget {
  static constexpr std::string_view name = "adoptBasis";

  static constexpr double kTolerance = 1e-3;

  Tensor source;  // float32, the shape of basis
  void* workspace = nullptr;

  static constexpr auto fields() {
    return std::tuple_cat(basis_fields<AdoptBasis>(),
                          std::tuple{field("source", &AdoptBasis::source)});
  }

  // P^T P in float64, whose room the transfer takes over, and the random basis of one that is
  // refused before there was any.
  int64_t workspace_bytes() const {
    return 4 * rank() * projected() + 8 * rank() * rank() + 64 * 2;
  }

  void check() const {
    check_target();
    require_type(source, DType::float32, "source");
    require(source.numel() == basis.numel(), "source must have the shape of basis");
  }
};

}  // namespace lean
