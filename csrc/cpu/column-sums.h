// Sums of squares down the columns of row-major matrices, reading them once, in the order of
// memory: tiles of whole rows leave a partial sum for each column in float32, then tiles of columns
// add those in float64. (Panels of columns that stay in a cache would save a second read of the
// gradient to the kernels that go on to use it, but they touch a new page in every row: on the
// machines measured they take twice as long.)
#pragma once

#include "cpu/sum-squares.h"
#include "cpu/tiles.h"

namespace lean::cpu::LEAN_ISA {

struct MatrixShape {
  int64_t rows = 0;
  int64_t cols = 0;

  // Rows to a tile: partial sums are 1/64 of a large matrix, and no sum has more than 256 terms.
  int64_t tile_rows() const { return clamp(8 * kTileElements / clamp(cols, 1, 1 << 20), 16, 256); }
  int64_t tiles() const { return divide_up(rows, tile_rows()); }
  int64_t partials() const { return tiles() * cols; }
};

// sums[c] <- the squares of x[rows begin ... begin + kRows, column c], or += them.
template <int kRows, class Source>
inline void sum_squares_of_rows(const Source& x, int64_t begin, int64_t cols, bool add,
                                float* sums) {
  const auto sum = [&](int64_t c, int count) {
    Lanes total = {};
    for (int k = 0; k < kRows; ++k) {
      const Lanes y = x.at((begin + k) * cols + c, count);
      total = multiply_add(y, y, total);
    }
    store(sums + c, add ? load(sums + c, count) + total : total, count);
  };
  const int64_t whole = cols - cols % kLanes;
  for (int64_t c = 0; c < whole; c += kLanes) sum(c, kLanes);
  if (whole < cols) sum(whole, static_cast<int>(cols - whole));
}

// sums[c] <- the squares of x[rows begin ... end, column c].
template <class Source>
inline void sum_squares_of_rows(const Source& x, int64_t begin, int64_t end, int64_t cols,
                                float* sums) {
  constexpr int kRows = 4;  // go into a sum each time that it is in a register
  int64_t row = begin;
  for (; row + kRows <= end; row += kRows) {
    sum_squares_of_rows<kRows>(x, row, cols, row > begin, sums);
  }
  for (; row < end; ++row) sum_squares_of_rows<1>(x, row, cols, row > begin, sums);
}

// The partial sums of one matrix.
struct ColumnSums {
  const float* partials;
  MatrixShape shape;

  static constexpr int64_t kColumns = 256;  // at a time

  // totals[i] <- the sum for column first + i, i < count <= kColumns.
  template <class Source>
  void total(const Source& x, int64_t first, int64_t count, double* totals) const {
    for (int64_t i = 0; i < count; ++i) totals[i] = 0;
    for (int64_t tile = 0; tile < shape.tiles(); ++tile) {
      const float* partial = partials + tile * shape.cols + first;
      for (int64_t i = 0; i < count; ++i) totals[i] += partial[i];
    }
    for (int64_t i = 0; i < count; ++i) {
      if (is_finite(totals[i])) continue;
      totals[i] = slow_sum_squares(x, first + i, shape.rows * shape.cols, shape.cols);
    }
  }
};

// For every item of a shape that is not empty: add(item, begin, end, sums) has to call
// sum_squares_of_rows, and then finish(item, piece, sums) is called for every piece < pieces(item).
// Items are taken a few at a time, and done(items) is called after each few: their sums are
// finished and, as far as a shared cache can hold 16 MiB, what was read for them is still in it.
template <class Item, class Shape, class Add, class Pieces, class Finish, class Done>
void for_column_sums(std::span<const Item> items, Context& context, Shape shape_of, Add add,
                     Pieces pieces, Finish finish, Done done) {
  constexpr int64_t kElements = 4 << 20;
  constexpr size_t kMost = 1024;
  int64_t offset[kMost];  // of each item's partial sums
  for (size_t start = 0; start < items.size();) {
    int64_t elements = 0;
    int64_t floats = 0;
    size_t count = 0;
    for (; start + count < items.size() && count < kMost; ++count) {
      const MatrixShape shape = shape_of(items[start + count]);
      elements += shape.rows * shape.cols;
      if (count > 0 && elements > kElements) break;
      offset[count] = floats;
      floats += shape.partials();
    }
    const std::span<const Item> few = items.subspan(start, count);
    start += count;
    if (floats > 0) {
      // The caller's own scratch memory serves all workers: no tile below asks for more.
      auto* memory = static_cast<float*>(context.scratch(0, static_cast<size_t>(floats) * 4));
      for_each_tile(
          few, context, [&](const Item& item) { return shape_of(item).tiles(); },
          [&](const Item& item, int64_t tile, int) {
            const MatrixShape shape = shape_of(item);
            const int64_t begin = tile * shape.tile_rows();
            const int64_t end = clamp(begin + shape.tile_rows(), 0, shape.rows);
            add(item, begin, end, memory + offset[&item - few.data()] + tile * shape.cols);
          });
      for_each_tile(
          few, context,
          [&](const Item& item) { return shape_of(item).partials() > 0 ? pieces(item) : 0; },
          [&](const Item& item, int64_t piece, int) {
            finish(item, piece, ColumnSums{memory + offset[&item - few.data()], shape_of(item)});
          });
    }
    done(few);
  }
}

}  // namespace lean::cpu::LEAN_ISA
