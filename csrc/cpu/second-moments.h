// Second moments of a weight's subsets as the kernels that step weights want them: brought up to
// date and handed out as denominators of runs of elements. Item is any with the fields of
// DenseStep.
#pragma once

#include "cpu/column-moments.h"
#include "cpu/weight-update.h"

namespace lean::cpu::LEAN_ISA {

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

template <class Item>
int64_t weight_tiles(const Item& item) {
  const bool any = item.grad && scalars_of(item).active != 0;
  return any ? divide_up(item.param.numel(), tile_elements(item)) : 0;
}

// The elements of a tile, from `begin` to before `end`.
struct TileRange {
  int64_t begin;
  int64_t end;
};

template <class Item>
TileRange tile_range(const Item& item, int64_t tile) {
  // After the sums of columns, the rows read last come first: they are still in a cache.
  if (item.partition == Partition::columns) tile = weight_tiles(item) - 1 - tile;
  const int64_t begin = tile * tile_elements(item);
  return {begin, clamp(begin + tile_elements(item), 0, item.param.numel())};
}

// Floats of scratch memory that for_each_run needs for an item.
template <class Item>
int64_t run_scratch(const Item& item) {
  return item.partition == Partition::columns ? item.param.cols() : 0;
}

// Up to sixteen subsets of `length` consecutive elements each, of which the first is number
// `first`: their moments, brought up to date unless they are given.
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
    const int64_t end =
        clamp(begin + length, 0, item.param.numel());  // a last block may be shorter
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
