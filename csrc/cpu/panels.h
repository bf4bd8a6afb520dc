// Panels: runs of rows or columns of a matrix, each the work of one tile. Where they begin depends
// on shapes alone, and so do all results.
#pragma once

#include "cpu/tiles.h"

namespace lean::cpu::LEAN_ISA {

struct Range {
  int64_t begin;
  int64_t end;
  int64_t size() const { return end - begin; }
};

struct Panels {
  int64_t lines;
  int64_t count;

  static constexpr int64_t kUnit = 16;  // panels begin at multiples of it
  // Lines to a panel. Products of fewer are slower, of more hardly faster.
  static constexpr int64_t kMost = 256;

  // Panels of a matrix of `lines` lines whose projections have `rank` numbers each.
  static constexpr Panels of(int64_t lines, int64_t rank) {
    // A panel's projection should stay in a second-level cache.
    constexpr int64_t kProjection = 128 << 10;
    const int64_t height = clamp(kProjection / rank, kMost / 4, kMost);
    const int64_t wanted = divide_up(lines, height);
    // Four, eight, ... of equal size are shared evenly by few threads.
    const int64_t even = wanted > 1 ? divide_up(wanted, 4) * 4 : wanted;
    return {lines, clamp(even, 1, divide_up(lines, kUnit))};
  }

  constexpr Range operator[](int64_t i) const { return {begin(i), begin(i + 1)}; }

 private:
  constexpr int64_t begin(int64_t i) const {
    return i == count ? lines : divide_up(lines, kUnit) * i / count * kUnit;
  }
};

}  // namespace lean::cpu::LEAN_ISA
