// Second moments of columns. Their sums cross the tiles that weights are stepped in, so they are
// brought up to date before any weight is touched. Item is any with the fields of DenseStep.
#pragma once

#include "cpu/column-sums.h"
#include "cpu/moment-sums.h"

namespace lean::cpu::LEAN_ISA {

// Calls f with what is squared of the item's gradient.
template <class Item, class F>
void with_gradient(const Item& item, const StepScalars& s, F f) {
  if (s.l2 == 0) {
    dispatch_weight(item.grad.dtype, [&]<class G>() { f(Plain<G>{item.grad.template as<G>()}); });
  } else {
    dispatch_param_grad(item.param.dtype, item.grad.dtype, [&]<class W, class G>() {
      f(WithDecay<W, G>{item.param.template as<W>(), item.grad.template as<G>(), s});
    });
  }
}

template <class Item>
void update_column_moments(const Item& item, const StepScalars& s, int64_t piece,
                           const ColumnSums& sums) {
  const int64_t first = piece * ColumnSums::kColumns;
  const int64_t count = clamp(item.param.cols() - first, 0, ColumnSums::kColumns);
  double totals[ColumnSums::kColumns];
  with_gradient(item, s, [&](const auto& x) { sums.total(x, first, count, totals); });

  const double factor = square_factor(s, item.mean, item.param.rows());
  float q[ColumnSums::kColumns];
  for (int64_t i = 0; i < count; ++i) q[i] = static_cast<float>(factor * totals[i]);
  float* v = item.exp_avg_sq.template as<float>() + first;
  for (int64_t i = 0; i < count; i += kLanes) {
    const int n = static_cast<int>(clamp(count - i, 0, kLanes));
    update_moments(v + i, load(q + i, n), n, s);
  }
}

// For all items that keep moments of columns and were not given them; scalars(item) are its
// StepScalars. done(items) is called for a few at a time, as by for_column_sums.
template <class Item, class Scalars, class Done>
void update_column_moments(std::span<const Item> items, Context& context, Scalars scalars,
                           Done done) {
  for_column_sums(
      items, context,
      [&](const Item& item) {
        const bool wanted = item.grad && item.partition == Partition::columns &&
                            !item.moment_given && scalars(item).active != 0;
        return wanted ? MatrixShape{item.param.rows(), item.param.cols()} : MatrixShape{};
      },
      [&](const Item& item, int64_t begin, int64_t end, float* sums) {
        with_gradient(item, scalars(item), [&](const auto& x) {
          sum_squares_of_rows(x, begin, end, item.param.cols(), sums);
        });
      },
      [](const Item& item) { return divide_up(item.param.cols(), ColumnSums::kColumns); },
      [&](const Item& item, int64_t piece, const ColumnSums& sums) {
        update_column_moments(item, scalars(item), piece, sums);
      },
      done);
}

template <class Item, class Scalars>
void update_column_moments(std::span<const Item> items, Context& context, Scalars scalars) {
  update_column_moments(items, context, scalars, [](std::span<const Item>) {});
}

}  // namespace lean::cpu::LEAN_ISA
