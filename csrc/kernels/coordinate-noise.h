// Counts the coordinates of a batch's gradient by how noisy they are: the coordinate-wise norm test
// asks of each that its noise be at most eta^2 (AdAdaGrad, arXiv 2402.11215). With S the sum of the
// gradients of K groups and Q that of their squares, as Accumulate has them:
//   noise = (K Q - S^2) / ((K - 1) S^2): the mean gradient's variance over its square
//   counts[bin(noise)] += 1, bins a quarter of a binade wide; S = Q = 0 is not counted
// Items may share their counts, which start from zero in every run.
#pragma once

#include <tuple>

#include "core/field.h"
#include "kernels/check.h"
#include "kernels/pieces.h"
#include "math/coordinate-noise.h"

namespace lean {

struct CoordinateNoise {
  static constexpr std::string_view name = "coordinateNoise";

  Tensor sum;      // m x n, float32
  Tensor squares;  // m x n, float32
  Tensor groups;   // float64, 1: K - 1, the number of the last group
  Tensor counts;   // int32, kNoiseBins

  static constexpr auto fields() {
    return std::tuple{
        field("sum", &CoordinateNoise::sum),
        field("squares", &CoordinateNoise::squares),
        field("groups", &CoordinateNoise::groups),
        field("counts", &CoordinateNoise::counts),
    };
  }

  // The elements of a tile.
  static constexpr int64_t kTile = 32768;
  constexpr int64_t tiles() const { return (sum.numel() + kTile - 1) / kTile; }

  void check() const {
    require_type(sum, DType::float32, "sum");
    require_type(squares, DType::float32, "squares");
    require_type(groups, DType::float64, "groups");
    require_type(counts, DType::int32, "counts");
    require(squares.numel() == sum.numel(), "squares must have the shape of sum");
    require(groups.numel() == 1, "groups has one entry");
    require(counts.numel() == kNoiseBins, "counts must have one entry for each bin");
  }
};

}  // namespace lean
