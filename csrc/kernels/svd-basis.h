// A new basis from the singular vectors of the gradient that belong to its r largest singular
// values: right ones (right) or left ones (left).
//   gram: eigenvectors of G^T G or G G^T, whichever is smaller, formed and decomposed in float64
//   full: a thin singular value decomposition in float64, by the driver that the backend prefers
//   gesvd, gesvdp, gesvdr: the same by that driver of cuSOLVER, of which gesvdr is randomized and
//     for small ranks; a backend that has no such drivers takes `full`
//   auto: the fastest of the exact ones, by a rule that each backend commits; never timed at run
//     time
// Signs are the library's; nothing here depends on them. Where r is above the rank of G, random
// directions complete the basis.
#pragma once

#include <tuple>

#include "kernels/basis.h"

namespace lean {

enum class SvdMethod : int32_t { automatic, gram, full, gesvd, gesvdp, gesvdr };
inline constexpr std::string_view kSvdMethodNames[] = {"auto",  "gram",   "full",
                                                       "gesvd", "gesvdp", "gesvdr"};
inline constexpr std::span<const std::string_view> choice_names(SvdMethod) {
  return kSvdMethodNames;
}

struct SvdBasis : BasisTarget {
  static constexpr std::string_view name = "svdBasis";

  SvdMethod method = SvdMethod::automatic;
  void* workspace = nullptr;

  static constexpr auto fields() {
    return std::tuple_cat(basis_fields<SvdBasis>(), next_fields<SvdBasis>(),
                          std::tuple{field("method", &SvdBasis::method)});
  }

  // Entries of the other side's vectors, which are found first where that side is the shorter one.
  int64_t other_vectors() const {
    return others() < projected() ? others() * (rank() < others() ? rank() : others()) : 0;
  }

  // The new basis, the other side's vectors, and the Gram matrix of the basis or the transfer. The
  // decomposition's own arrays (full: the matrix in float64 and the vectors of both sides; gram: a
  // matrix of the shorter side's order and its vectors) live for the decomposition alone.
  int64_t workspace_bytes() const {
    return 4 * (rank() * projected() + other_vectors()) + 8 * rank() * rank() + 64 * 3;
  }

  void check() const { check_target(); }
};

}  // namespace lean
