// Second moments from sums taken beforehand: v <- v_decay * v + v_gain * q, with
//   q[s] = grad_factor^2 * sums[s], divided by the subset's size where `mean` is set.
// For the whole tensor q is the sum of the gradient's `partials`, in order.
#pragma once

#include <tuple>

#include "core/field.h"
#include "kernels/check.h"

namespace lean {

struct SubsetMoment {
  static constexpr std::string_view name = "subsetMoment";

  Tensor sums;        // float32, one for each subset (rows, columns, blocks), or absent
  Tensor partials;    // float64, the pieces of GradientStats (whole), or absent
  Tensor exp_avg_sq;  // float32, one for each subset
  Tensor scalars;     // StepScalars
  Partition partition = Partition::rows;
  int64_t block = 0;
  int64_t rows = 0;  // of the weight
  int64_t cols = 0;
  bool mean = false;

  static constexpr auto fields() {
    return std::tuple{
        optional_field("sums", &SubsetMoment::sums),
        optional_field("partials", &SubsetMoment::partials),
        field("expAvgSq", &SubsetMoment::exp_avg_sq),
        field("scalars", &SubsetMoment::scalars),
        field("partition", &SubsetMoment::partition),
        field("block", &SubsetMoment::block),
        field("rows", &SubsetMoment::rows),
        field("cols", &SubsetMoment::cols),
        field("mean", &SubsetMoment::mean),
    };
  }

  // Elements of a subset, but for a last block, which may be shorter.
  constexpr int64_t subset_size() const {
    switch (partition) {
      case Partition::rows:
        return cols;
      case Partition::columns:
        return rows;
      case Partition::blocks:
        return block;
      default:
        return rows * cols;
    }
  }

  void check() const {
    require_type(exp_avg_sq, DType::float32, "exp_avg_sq");
    require_type(scalars, DType::float32, "scalars");
    require(scalars.numel() == kScalarCount, "scalars must have one entry for each name");
    require(partition != Partition::none && partition != Partition::elementwise,
            "only subsets have sums");
    require(exp_avg_sq.numel() == subset_count(partition, rows, cols, block),
            "exp_avg_sq must have one entry for each subset");
    if (partition == Partition::whole) {
      require_type(partials, DType::float64, "partials");
      require(partials.numel() > 0, "partials must not be empty");
    } else {
      require_type(sums, DType::float32, "sums");
      require(sums.numel() == exp_avg_sq.numel(), "sums must have one entry for each subset");
    }
  }
};

}  // namespace lean
