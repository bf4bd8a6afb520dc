// How blocks share a weight whose columns they keep to: panels of so many rows of at most 32 octets
// of a row (row-octets.cuh), a lane to an octet.
#pragma once

#include "cuda/device/reduce.cuh"
#include "cuda/device/row-octets.cuh"
#include "cuda/subset-moments.cuh"

namespace lean::cuda {

inline constexpr int kStepThreads =
    128;  // that step weights: of more, too few would find registers
inline constexpr int kPanelOctets = kTileElements / kOctet;

struct Panels {
  int64_t rows;
  int64_t cols;

  constexpr explicit Panels(const Tensor& param) : rows(param.rows()), cols(param.cols()) {}

  // Octets across a panel: those of a warp, or, of a narrow weight, of one row.
  constexpr int width() const {
    const int64_t octets = octets_across(cols);
    return octets < kWarp ? static_cast<int>(octets) : kWarp;
  }
  constexpr int height() const { return kPanelOctets / width(); }
  constexpr int64_t across() const { return divide_up(octets_across(cols), width()); }
  constexpr int64_t count() const {
    return rows * cols == 0 ? 0 : across() * divide_up(rows, height());
  }

  // Whether lanes are paired (octet.cuh): then all of a warp have octets of one row.
  constexpr bool are_paired() const { return width() == kWarp && is_paired(cols); }

  struct Place {
    int64_t row, octet;  // the first ones
    int64_t end_row;
  };
  constexpr Place operator[](uint32_t panel) const {
    const int64_t row = panel / across() * height();
    const int64_t end = row + height();
    return {row, panel % across() * width(), end < rows ? end : rows};
  }
};

}  // namespace lean::cuda
