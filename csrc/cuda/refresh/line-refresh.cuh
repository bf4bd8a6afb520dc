// What the kernels that choose lines do with them (kernels/basis.h), all items at once in one
// cooperative launch:
//   measure   what the lines are chosen by, where that takes reading gradients: tiles of all items
//   choose    a block for each item: the new index, and where its lines were before
//   move      the momentum: tiles of all items
//   conclude  a block for each item: the index and the counters
// A step that refreshes nothing returns at once.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "core/random.h"
#include "cuda/partial-sums.h"
#include "cuda/recorder.h"
#include "cuda/refresh/grid.cuh"
#include "cuda/refresh/move-lines.cuh"
#include "cuda/refresh/select-lines.cuh"
#include "cuda/subset-moments.cuh"
#include "kernels/basis.h"

namespace lean::cuda {

enum class Chosen : int32_t { nothing, lines, refused };

// Scratch memory of a launch.
struct LineMemory {
  // Of all items; an item's are at its offset.
  uint64_t* keys;        // a number for each line
  int32_t* index;        // the new one
  int32_t* from;         // where its lines were before, or -1
  const int64_t* lines;  // offsets of keys
  const int64_t* ranks;  // offsets of index and from
  Chosen* chosen;        // of each item
  double* sums;          // topKLines: sums of squares of parts of lines
  const int64_t* parts;  // offsets of sums
};

// One item's.
class LineRefresh {
 public:
  const LineTarget& item;
  Bases bases;
  uint64_t* keys;
  int32_t* index;
  int32_t* from;
  Chosen& chosen;

  __device__ LineRefresh(const LineTarget& target, const LineMemory& memory, int64_t number,
                         Bases table)
      : item(target),
        bases(table),
        keys(memory.keys + memory.lines[number]),
        index(memory.index + memory.ranks[number]),
        from(memory.from + memory.ranks[number]),
        chosen(memory.chosen[number]) {}

  __device__ Counters& counters() const { return *at<Counters>(item.counters, bases); }
  __device__ bool has_basis() const { return counters().has_basis != kNoBasis; }
  __device__ uint64_t key() const { return random_key(item.seed, item.stream, counters().calls); }
  __device__ int32_t* old_index() const { return at<int32_t>(item.index, bases); }
  __device__ bool moves() const {
    return chosen == Chosen::lines && has_basis() &&
           (item.on_refresh == OnRefresh::restart || item.on_refresh == OnRefresh::rotate);
  }

  // By one block, after `index`. The keys have been used: their room holds where each line was.
  __device__ void match() const {
    if (!has_basis() || item.on_refresh != OnRefresh::rotate) return;
    auto* places = reinterpret_cast<int32_t*>(keys);
    __syncthreads();
    for (int64_t i = threadIdx.x; i < item.lines(); i += kThreads) places[i] = -1;
    __syncthreads();
    const int32_t* old = old_index();
    for (int64_t k = threadIdx.x; k < item.rank(); k += kThreads) {
      // The old index is the caller's state: it may be anything.
      if (old[k] >= 0 && old[k] < item.lines()) places[old[k]] = static_cast<int32_t>(k);
    }
    __syncthreads();
    for (int64_t i = threadIdx.x; i < item.rank(); i += kThreads) from[i] = places[index[i]];
  }

  // By one block: tile number `tile` of the momentum.
  __device__ void move(int64_t tile) const {
    const MovingLines lines = {at<void>(item.exp_avg, bases), item.exp_avg.dtype, from, item.rank(),
                               item.line_length()};
    if (item.on_refresh == OnRefresh::restart) {
      clear(lines, tile);
    } else if (item.axis == Axis::rows) {
      const int64_t column = (tile * kThreads + threadIdx.x) * kOctet;
      if (column < lines.length) lines.move_columns(column, octet_count(column, lines.length));
    } else {
      const int64_t end = min((tile + 1) * rows_of_tile(item), lines.length);
      int64_t row = tile * rows_of_tile(item) + threadIdx.x / kWarp;
      for (; row < end; row += kWarps) lines.move_row(row);
    }
  }

  static constexpr int64_t tiles(const LineTarget& item) {
    const int64_t count = item.exp_avg.numel();
    if (item.on_refresh == OnRefresh::restart) return divide_up(count, kTileElements);
    if (item.on_refresh != OnRefresh::rotate) return 0;
    return item.axis == Axis::rows ? divide_up(item.line_length(), kThreads * kOctet)
                                   : divide_up(item.line_length(), rows_of_tile(item));
  }

  // By one block.
  __device__ void conclude() const {
    const bool had = has_basis();
    __syncthreads();
    if (chosen == Chosen::lines || !had) {
      int32_t* to = old_index();
      for (int64_t i = threadIdx.x; i < item.rank(); i += kThreads) {
        to[i] = chosen == Chosen::lines ? index[i] : static_cast<int32_t>(i);
      }
    }
    if (threadIdx.x != 0) return;
    Counters& c = counters();
    if (chosen == Chosen::refused) {
      ++c.refused;
      if (!had) c.has_basis = kBasis;
      return;
    }
    c.has_basis = had && item.on_refresh == OnRefresh::published ? kBasisPublished : kBasis;
    if (item.on_refresh == OnRefresh::restart) c.since_basis = 0;
    ++c.refreshes;
  }

 private:
  static constexpr int64_t rows_of_tile(const LineTarget& item) {
    const int64_t fit = kTileElements / item.rank();
    return fit < kWarps ? kWarps : fit;
  }

  __device__ void clear(const MovingLines& lines, int64_t tile) const {
    const int64_t count = lines.rank * lines.length;
    const int64_t end = min((tile + 1) * kTileElements, count);
    int64_t i = tile * kTileElements + threadIdx.x * kOctet;
    for (; i < end; i += kThreads * kOctet) {
      store(lines.momentum, lines.type, i, octet_count(i, end), Bits{});
    }
  }
};

// What tells the kernels apart. An item of the kind is due where scalars say so and
// Way::is_ready(item, bases).
//   Way::measure(item, tile, sums)            by one block; may be absent, then there are no tiles
//   Way::choose(item, refresh, sums, shared)  by one block: refresh.index, or false to refuse
template <class Item, class Way>
__device__ bool lines_are_due(const Item& item, Bases bases) {
  const StepScalars s = scalars_at(item.scalars, bases);
  return s.active != 0 && s.refresh != 0 && Way::is_ready(item, bases);
}

template <class Item, class Way>
__global__ void __launch_bounds__(kThreads, 2)
    refresh_lines(const Item* items, int64_t count, Tiles measured, Tiles moved, LineMemory memory,
                  Bases bases) {
  __shared__ SelectLines::Shared shared;
  bool any = false;
  for (int64_t i = threadIdx.x; i < count; i += kThreads) {
    any = any || lines_are_due<Item, Way>(items[i], bases);
  }
  if (!__syncthreads_or(any)) return;

  Grid::blocks(static_cast<int64_t>(measured.count), [&](int64_t t) {
    const Tile tile = measured.data[t];
    const Item& item = items[tile.item];
    if (!lines_are_due<Item, Way>(item, bases)) return;
    Way::measure(item, tile.index, memory.sums + memory.parts[tile.item], bases);
    __syncthreads();  // shared memory may be used again
  });
  if (measured.count > 0) Grid::sync();

  Grid::blocks(count, [&](int64_t i) {
    const LineRefresh refresh(items[i], memory, i, bases);
    Chosen chosen = Chosen::nothing;
    if (lines_are_due<Item, Way>(items[i], bases)) {
      const double* sums = memory.sums == nullptr ? nullptr : memory.sums + memory.parts[i];
      chosen = Way::choose(items[i], refresh, sums, shared) ? Chosen::lines : Chosen::refused;
      if (chosen == Chosen::lines) refresh.match();
      __syncthreads();
    }
    if (threadIdx.x == 0) refresh.chosen = chosen;
  });
  Grid::sync();

  Grid::blocks(static_cast<int64_t>(moved.count), [&](int64_t t) {
    const Tile tile = moved.data[t];
    const LineRefresh refresh(items[tile.item], memory, tile.item, bases);
    if (refresh.moves()) refresh.move(tile.index);
  });
  Grid::sync();

  Grid::blocks(count, [&](int64_t i) {
    const LineRefresh refresh(items[i], memory, i, bases);
    if (refresh.chosen != Chosen::nothing) refresh.conclude();
  });
}

template <class Item, class Way>
void record_lines(std::span<const Item> items, Recorder& recorder) {
  if (items.empty()) return;
  std::vector<int64_t> lines, ranks, parts;
  int64_t all_lines = 0, all_ranks = 0, all_parts = 0;
  for (const Item& item : items) {
    lines.push_back(all_lines);
    ranks.push_back(all_ranks);
    parts.push_back(all_parts);
    all_lines += item.lines();
    all_ranks += item.rank();
    all_parts += Way::parts(item);
  }
  LineMemory memory = {};
  memory.keys = recorder.scratch<uint64_t>(all_lines);
  memory.index = recorder.scratch<int32_t>(all_ranks);
  memory.from = recorder.scratch<int32_t>(all_ranks);
  memory.lines = recorder.upload(std::span<const int64_t>(lines));
  memory.ranks = recorder.upload(std::span<const int64_t>(ranks));
  memory.chosen = recorder.scratch<Chosen>(static_cast<int64_t>(items.size()));
  if (all_parts > 0) {
    memory.sums = recorder.scratch<double>(all_parts);
    memory.parts = recorder.upload(std::span<const int64_t>(parts));
  }
  const Tiles measured = recorder.tiles(items, Way::tiles);
  const Tiles moved = recorder.tiles(items, [](const Item& i) { return LineRefresh::tiles(i); });
  recorder.launch_together(refresh_lines<Item, Way>,
                           std::max({items.size(), measured.count, moved.count}), kThreads,
                           recorder.upload(items), static_cast<int64_t>(items.size()), measured,
                           moved, memory, recorder.bases());
}

}  // namespace lean::cuda
