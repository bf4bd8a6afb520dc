// Second moments of a weight's subsets, for the kernels that step weights: brought up to date, and
// handed out as denominators of runs of elements. Item is any with the fields of DenseStep.
#pragma once

#include "cpu/column-sums.h"
#include "cpu/weight-update.h"

namespace lean::cpu::LEAN_ISA {

template <class Item>
const StepScalars& scalars_of(const Item& item) {
  return *item.scalars.template as<StepScalars>();
}

// What a sum of squares is multiplied by: sums of a Plain gradient lack grad_factor.
inline double square_factor(const StepScalars& s, bool mean, int64_t size) {
  const double factor = s.l2 != 0 ? 1 : static_cast<double>(s.grad_factor) * s.grad_factor;
  return mean ? factor / static_cast<double>(size) : factor;
}

// v[i] <- v_decay * v[i] + v_gain * q[i] for i < count, and the new ones.
inline Lanes update_moments(float* v, Lanes q, int count, const StepScalars& s) {
  const Lanes next = next_second_moment(load(v, count), q, s);
  store(v, next, count);
  return next;
}

// --- columns: brought up to date before any weight is touched ---------------------------------

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
// StepScalars.
template <class Item, class Scalars>
void update_column_moments(std::span<const Item> items, Context& context, Scalars scalars) {
  for_column_sums(
      items, context,
      [&](const Item& item) {
        const bool wanted = item.partition == Partition::columns && !item.moment_given &&
                            scalars(item).active != 0;
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
      });
}

// --- the others: brought up to date on the way ------------------------------------------------

// Elements to a tile of a weight: whole subsets, where their sums are taken on the way.
template <class Item>
int64_t tile_elements(const Item& item) {
  const auto whole = [](int64_t subset, int64_t elements) {
    return subset * clamp(elements / subset, 1, elements);
  };
  if (item.param.numel() == 0) return kTileElements;
  // A tile begins with the inverses of all columns' denominators: make them few to a weight.
  if (item.partition == Partition::columns) return whole(item.param.cols(), 2 * kTileElements);
  if (item.moment_given) return kTileElements;
  if (item.partition == Partition::rows) return whole(item.param.cols(), kTileElements);
  if (item.partition == Partition::blocks) return whole(item.block, kTileElements);
  return kTileElements;
}

// Floats of scratch memory that for_each_run needs for an item.
template <class Item>
int64_t run_scratch(const Item& item) {
  return item.partition == Partition::columns ? item.param.cols() : 0;
}

// Up to sixteen subsets of `length` consecutive elements each, of which the first is number `first`:
// their moments, brought up to date unless they are given.
template <class W, class G, class Item>
Lanes moments_of_segments(const Item& item, const StepScalars& s, int64_t length, int64_t first,
                          int count) {
  float* v = item.exp_avg_sq.template as<float>() + first;
  if (item.moment_given) return load(v, count);
  const W* w = item.param.template as<W>();
  const G* g = item.grad.template as<G>();
  float q[kLanes] = {};
  for (int k = 0; k < count; ++k) {
    const int64_t begin = (first + k) * length;
    const int64_t end = clamp(begin + length, 0, item.param.numel());  // a last block may be shorter
    const double sum = s.l2 == 0 ? sum_squares(Plain<G>{g}, begin, end)
                                 : sum_squares(WithDecay<W, G>{w, g, s}, begin, end);
    q[k] = static_cast<float>(sum * square_factor(s, item.mean, end - begin));
  }
  return update_moments(v, load(q), count, s);
}

// Elements to a subset whose elements are consecutive.
template <class Item>
int64_t segment_length(const Item& item) {
  if (item.partition == Partition::rows) return item.param.cols();
  if (item.partition == Partition::blocks) return item.block;
  return item.param.numel();
}

// The runs of subsets of `length` consecutive elements.
template <class W, class G, class Item, class Run>
void for_each_segment(const Item& item, const StepScalars& s, int64_t length, int64_t begin,
                      int64_t end, Run run) {
  // Short ones are taken sixteen at a time: a square root and a division cost the same for all. The
  // shortest make one run, since a run of its own costs each more than a denominator of its own.
  constexpr int64_t kElements = 2048;
  constexpr int64_t kShortest = 4 * kLanes;
  const int64_t group = clamp(kElements / length, 1, kLanes);
  // Where sums are taken, a group's gradients are in a cache by the time that its weights are
  // updated, and those of the next group are asked for meanwhile.
  const int64_t bytes = group * length * static_cast<int64_t>(sizeof(G));
  const int64_t ahead = item.moment_given || bytes > (256 << 10) ? kAhead : bytes;
  for (int64_t first = begin / length; first * length < end; first += group) {
    const int count = static_cast<int>(clamp(divide_up(end, length) - first, 0, group));
    const Lanes moments = moments_of_segments<W, G>(item, s, length, first, count);
    float inverses[kLanes];
    store(inverses, inverse_denominators(moments, s));
    if (length < kShortest) {
      float each[kShortest * kLanes];
      for (int64_t k = 0; k < count; ++k) {
        for (int64_t i = 0; i < length; ++i) each[k * length + i] = inverses[k];
      }
      const int64_t low = clamp(first * length, begin, end);
      const int64_t high = clamp((first + count) * length, begin, end);
      run(low, high, ManyDenominators{each + (low - first * length)});
      continue;
    }
    for (int k = 0; k < count; ++k) {
      const int64_t low = (first + k) * length;
      run(clamp(low, begin, end), clamp(low + length, begin, end),
          OneDenominator{inverses[k], ahead});
    }
  }
}

// Cuts the elements [begin, end) of a weight, a tile or a part of one, into runs whose denominators
// are alike, and calls run(begin, end, denominators) for each, in order.
template <class W, class G, class Item, class Run>
void for_each_run(const Item& item, const StepScalars& s, int64_t begin, int64_t end,
                  float* scratch, Run run) {
  const int64_t cols = item.param.cols();
  float* v = item.exp_avg_sq.template as<float>();
  switch (item.partition) {
    case Partition::none:
      return run(begin, end, OneDenominator{1});
    case Partition::elementwise:
      return run(begin, end, ElementDenominators{v + begin, item.moment_given});
    case Partition::rows:
    case Partition::blocks:
    case Partition::whole:
      return for_each_segment<W, G>(item, s, segment_length(item), begin, end, run);
    case Partition::columns:
      for (int64_t c = 0; c < cols; c += kLanes) {
        const int count = static_cast<int>(clamp(cols - c, 0, kLanes));
        store(scratch + c, inverse_denominators(load(v + c, count), s), count);
      }
      for (; begin < end; begin += cols) run(begin, begin + cols, ManyDenominators{scratch});
  }
}

}  // namespace lean::cpu::LEAN_ISA
