// Adds up the pieces of all gradients, in order, and files the sums under a number that the caller
// sends along with the run.
//   result[row, j] = sum over i of partials[i, j]
#pragma once

#include <tuple>

#include "core/field.h"
#include "kernels/check.h"

namespace lean {

struct SumPartials {
  static constexpr std::string_view name = "sumPartials";

  Tensor partials;  // float64, pieces x width
  Tensor row;       // float64, 1: a whole number; of rows that are not there nothing is written
  Tensor result;    // float64, rows x width

  static constexpr auto fields() {
    return std::tuple{
        field("partials", &SumPartials::partials),
        field("row", &SumPartials::row),
        field("result", &SumPartials::result),
    };
  }

  constexpr int64_t pieces() const { return partials.shape[0]; }
  constexpr int64_t width() const { return partials.shape[1]; }
  constexpr bool has_row(double number) const {
    return number >= 0 && number < static_cast<double>(result.shape[0]);
  }

  void check() const {
    require_type(partials, DType::float64, "partials");
    require_type(row, DType::float64, "row");
    require_type(result, DType::float64, "result");
    require(partials.ndim == 2 && result.ndim == 2 && partials.shape[1] == result.shape[1],
            "partials and result must have one width");
    require(row.numel() == 1, "row has one entry");
  }
};

}  // namespace lean
