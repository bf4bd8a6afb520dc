// Records the one cooperative launch of a kernel that refreshes bases.
#pragma once

#include <algorithm>
#include <span>

#include "cuda/recorder.h"
#include "cuda/refresh/basis-refresh.cuh"

namespace lean::cuda {

// Columns that an item works on: its rank, or more where it says so.
template <class Item>
int64_t working_columns(const Item& item) {
  if constexpr (requires { item.columns(); }) {
    return item.columns();
  } else {
    return item.rank();
  }
}

// Room for each item in turn: they refresh one after the other.
template <class Item>
RefreshMemory refresh_memory(std::span<const Item> items, Recorder& recorder) {
  int64_t basis = 0, projections = 0, rank = 0, summed = 0;
  for (const Item& item : items) {
    const int64_t columns = working_columns(item);
    basis = std::max(basis, item.projected() * columns);
    projections = std::max(projections, item.others() * columns);
    rank = std::max(rank, columns);
    summed = std::max({summed, columns * columns, item.others() * columns, item.grad.numel()});
  }
  RefreshMemory memory;
  memory.basis = recorder.scratch<float>(basis);
  memory.projections = recorder.scratch<float>(projections);
  memory.transfer = recorder.scratch<float>(rank * rank);
  memory.largest = recorder.scratch<uint32_t>(1);
  memory.partials = recorder.scratch<double>(summed / BasisRefresh::kChunk + 1);
  memory.orthonormal = recorder.scratch<double>(Columns::memory_doubles(rank));
  return memory;
}

// The same for launches that adopt bases and compute none (BasisRefresh::adopt).
template <class Item>
RefreshMemory adoption_memory(std::span<const Item> items, Recorder& recorder) {
  int64_t basis = 0, projections = 0, rank = 0, summed = 0;
  for (const Item& item : items) {
    basis = std::max(basis, item.basis.numel());
    const bool reports = item.report.base >= 0, rotates = item.on_refresh == OnRefresh::rotate;
    if (reports || rotates) projections = std::max(projections, item.others() * item.rank());
    if (reports || rotates || item.schedule.base >= 0) rank = std::max(rank, item.rank());
    if (reports) summed = std::max({summed, projections, item.grad.numel()});
  }
  RefreshMemory memory = {};
  memory.basis = recorder.scratch<float>(basis);
  memory.projections = recorder.scratch<float>(projections);
  memory.transfer = recorder.scratch<float>(rank * rank);
  memory.partials =
      recorder.scratch<double>(std::max(summed, rank * rank) / BasisRefresh::kChunk + 1);
  return memory;
}

// No more blocks than the largest stage of an item has work for.
template <class Item>
size_t refresh_blocks(std::span<const Item> items) {
  int64_t most = 1;
  for (const Item& item : items) {
    const int64_t columns = working_columns(item);
    const int64_t tiles = (columns + DoubleTile::kSide - 1) / DoubleTile::kSide;
    const int64_t rows = (item.projected() + DoubleTile::kSide - 1) / DoubleTile::kSide;
    most = std::max({most, tiles * (tiles + 1) / 2, rows, product_tiles(item.others(), columns),
                     product_tiles(item.projected(), columns)});
  }
  return static_cast<size_t>(most);
}

}  // namespace lean::cuda
