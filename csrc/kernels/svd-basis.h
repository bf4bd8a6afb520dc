// A new basis from the singular vectors of the gradient that belong to its r largest singular
// values: right ones (right) or left ones (left).
//   gram: eigenvectors of G^T G (right) or G G^T (left), formed and decomposed in float64
//   full: a thin singular value decomposition in float64
//   auto: by a committed table of shapes (csrc/cpu/svd-basis.cpp), never timed at run time
// Signs are LAPACK's; nothing here depends on them.
#pragma once

#include <tuple>

#include "kernels/basis.h"

namespace lean {

enum class SvdMethod : int32_t { automatic, gram, full };
inline constexpr std::string_view kSvdMethodNames[] = {"auto", "gram", "full"};
inline constexpr std::span<const std::string_view> choice_names(SvdMethod) {
  return kSvdMethodNames;
}

struct SvdBasis : BasisTarget {
  static constexpr std::string_view name = "svdBasis";

  SvdMethod method = SvdMethod::automatic;
  void* workspace = nullptr;

  static constexpr auto fields() {
    return std::tuple_cat(basis_fields<SvdBasis>(),
                          std::tuple{field("method", &SvdBasis::method)});
  }

  // Old and new basis and the transfer between them. LAPACK's own work arrays (full: the matrix in
  // float64; gram: a projected x projected one, twice) live for the decomposition alone.
  int64_t workspace_bytes() const {
    return 4 * 2 * rank() * projected() + 8 * rank() * rank() + 64 * 3;
  }

  void check() const { check_target(); }
};

}  // namespace lean
