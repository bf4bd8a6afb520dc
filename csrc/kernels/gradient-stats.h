// One read of a gradient g (m x n) for all that a step wants to know of it beforehand.
//   sums[s] = sum over subset s of g^2          (partition none, elementwise, whole: not written)
//   partials[i] = sum of g^2 over the i-th piece of the tensor, in float64
//   non_finite[i] = 1 when that piece holds an infinity or a NaN, else 0
// The pieces are the tensor cut into partials.numel() nearly equal runs of whole subsets (elements,
// where there are no sums): a function of the shapes, so that sums do not depend on threads.
// An absent gradient leaves zeros.
#pragma once

#include <tuple>

#include "core/field.h"
#include "kernels/check.h"
#include "kernels/pieces.h"

namespace lean {

struct GradientStats {
  static constexpr std::string_view name = "gradientStats";

  Tensor grad;        // m x n; float32 | bfloat16 | float16
  Tensor sums;        // float32, one for each subset, or absent
  Tensor partials;    // float64, one for each piece
  Tensor non_finite;  // int32, one for each piece
  Partition partition = Partition::none;
  int64_t block = 0;

  static constexpr auto fields() {
    return std::tuple{
        field("grad", &GradientStats::grad),
        optional_field("sums", &GradientStats::sums),
        field("partials", &GradientStats::partials),
        field("nonFinite", &GradientStats::non_finite),
        field("partition", &GradientStats::partition),
        field("block", &GradientStats::block),
    };
  }

  constexpr bool has_sums() const {
    return partition == Partition::rows || partition == Partition::columns ||
           partition == Partition::blocks;
  }

  struct Subsets {
    int64_t count;
    int64_t length;
  };

  // How many subsets (elements, where there are no sums) the gradient has, and how many elements
  // are in one.
  constexpr Subsets subsets() const {
    const int64_t numel = grad.numel();
    switch (partition) {
      case Partition::rows:
        return {grad.rows(), grad.cols()};
      case Partition::columns:
        return {grad.cols(), grad.rows()};
      case Partition::blocks:
        return {(numel + block - 1) / block, block};
      default:
        return {numel, 1};
    }
  }

  // The first subset of a piece, of which there is one for each partial sum; of the piece after the
  // last: their number.
  constexpr int64_t first_subset(int64_t piece) const {
    return piece_begin(subsets().count, partials.numel(), piece);
  }

  void check() const {
    require(grad.ndim == 2 && is_weight_type(grad.dtype), "grad must be a matrix of weights");
    require_type(sums, DType::float32, "sums");
    require_type(partials, DType::float64, "partials");
    require_type(non_finite, DType::int32, "non_finite");
    require(partition != Partition::blocks || block > 0, "block must be positive");
    require(!has_sums() || sums.numel() == subset_count(partition, grad.rows(), grad.cols(), block),
            "sums must have one entry for each subset");
    require(partials.numel() == non_finite.numel() && partials.numel() > 0,
            "partials and non_finite must have one entry for each piece");
  }
};

}  // namespace lean
