// Adds the gradient g (m x n) of one group of samples, a micro-batch or a rank's share, to a sum
// S, and takes what tests of the batch size want to know of both in the same read:
//   S <- S + g, or g where `groups` is 0: the first of a batch
//   Q <- Q + g^2, element by element, or g^2                             (where there is a Q)
//   partials[2 i] = sum of g^2,  partials[2 i + 1] = sum of S^2, over the i-th piece, in float64
// An absent gradient is one of zeros.
#pragma once

#include <tuple>

#include "core/field.h"
#include "kernels/check.h"
#include "kernels/pieces.h"

namespace lean {

struct Accumulate {
  static constexpr std::string_view name = "accumulate";

  Tensor grad;      // m x n; float32 | bfloat16 | float16
  Tensor sum;       // m x n, float32
  Tensor squares;   // m x n, float32, or absent
  Tensor partials;  // float64, pieces x 2
  Tensor groups;    // float64, 1: how many the sum holds already

  static constexpr auto fields() {
    return std::tuple{
        field("grad", &Accumulate::grad),
        field("sum", &Accumulate::sum),
        optional_field("squares", &Accumulate::squares),
        field("partials", &Accumulate::partials),
        field("groups", &Accumulate::groups),
    };
  }

  constexpr int64_t pieces() const { return partials.shape[0]; }
  constexpr int64_t begin_of(int64_t piece) const {
    return aligned_piece_begin(grad.numel(), pieces(), piece);
  }

  void check() const {
    require(grad.ndim == 2 && is_weight_type(grad.dtype), "grad must be a matrix of weights");
    require_type(sum, DType::float32, "sum");
    require_type(squares, DType::float32, "squares");
    require_type(partials, DType::float64, "partials");
    require_type(groups, DType::float64, "groups");
    require(sum.numel() == grad.numel(), "sum must have the shape of grad");
    require(!squares || squares.numel() == grad.numel(), "squares must have the shape of grad");
    require(partials.ndim == 2 && partials.shape[0] > 0 && partials.shape[1] == 2,
            "partials must have two entries for each piece");
    require(groups.numel() == 1, "groups has one entry");
  }
};

}  // namespace lean
