// The choices that more than one kernel has, with the words their users write.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace lean {

// How the elements of a weight share second moments.
//   none         no second moment
//   elementwise  one each
//   rows         one for each row            columns      one for each column
//   blocks       one for each run of `block` elements in row-major order; the last may be shorter
//   whole        one for the tensor
enum class Partition : int32_t { none, elementwise, rows, columns, blocks, whole };
inline constexpr std::string_view kPartitionNames[] = {"none",    "elementwise", "rows",
                                                       "columns", "blocks",      "whole"};
inline constexpr std::span<const std::string_view> choice_names(Partition) {
  return kPartitionNames;
}

// Where a projected weight W (m x n) is compressed. right: R = G B, B (n x r), R (m x r).
// left: R = B^T G, B (m x r), R (r x n).
enum class Side : int32_t { right, left };
inline constexpr std::string_view kSideNames[] = {"right", "left"};
inline constexpr std::span<const std::string_view> choice_names(Side) { return kSideNames; }

// Which lines of a weight an index selects: rows of W, R = W[index, :], or columns.
enum class Axis : int32_t { rows, columns };
inline constexpr std::string_view kAxisNames[] = {"rows", "columns"};
inline constexpr std::span<const std::string_view> choice_names(Axis) { return kAxisNames; }

// What becomes of the momentum when its basis is replaced.
//   restart    M = 0, and its bias correction starts again
//   rotate     M is carried over by the r x r transfer between the bases
//   keep       the coordinates stay as they are
//   published  (compat) the old coordinates are used once in the new basis, then dropped
enum class OnRefresh : int32_t { restart, rotate, keep, published };
inline constexpr std::string_view kOnRefreshNames[] = {"restart", "rotate", "keep", "published"};
inline constexpr std::span<const std::string_view> choice_names(OnRefresh) {
  return kOnRefreshNames;
}

// What a backend with matrix units for 16-bit operands may round in the matrix products of a step;
// sums stay in float32.
//   highest  nothing: float32 products and sums
//   high     operands to the sum of two bfloat16, hi + lo, and of their products lo lo
//   medium   operands to 16 bits (float16 gradients: float16; everything else: bfloat16)
enum class Precision : int32_t { highest, high, medium };
inline constexpr std::string_view kPrecisionNames[] = {"highest", "high", "medium"};
inline constexpr std::span<const std::string_view> choice_names(Precision) {
  return kPrecisionNames;
}

// How a 16-bit weight is rounded when it is stored. stochastic: up or down with the probability
// that keeps the mean, for bfloat16 alone.
enum class Rounding : int32_t { nearest, stochastic };
inline constexpr std::string_view kRoundingNames[] = {"nearest", "stochastic"};
inline constexpr std::span<const std::string_view> choice_names(Rounding) { return kRoundingNames; }

}  // namespace lean
