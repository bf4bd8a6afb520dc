// One parallel_for over the tiles of many items, so that a step of a thousand small tensors costs
// no more than one of a few large ones.
#pragma once

#include <cstdint>
#include <span>

#include "cpu/context.h"

namespace lean::cpu::LEAN_ISA {

// About how many elements a tile has: enough to hide what a tile costs (the pool hands it out, its
// first lines miss every cache), few enough that no thread waits long for another at the end.
inline constexpr int64_t kTileElements = 32768;

constexpr int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

constexpr int64_t clamp(int64_t x, int64_t low, int64_t high) {
  return x < low ? low : x > high ? high : x;
}

// Calls body(item, tile, worker) for tile = 0 .. tiles(item) - 1 of every item. Where the tiles of
// an item begin is kept on the stack; an array too long for it is taken in batches.
template <class Item, class Tiles, class Body>
void for_each_tile(std::span<const Item> items, Context& context, Tiles tiles, Body body) {
  constexpr size_t kBatch = 1024;
  int64_t first[kBatch + 1];
  for (size_t start = 0; start < items.size(); start += kBatch) {
    const Item* batch = items.data() + start;
    const size_t left = items.size() - start;
    const size_t count = left < kBatch ? left : kBatch;
    first[0] = 0;
    for (size_t i = 0; i < count; ++i) first[i + 1] = first[i] + tiles(batch[i]);
    parallel_for(context, first[count], [&](int64_t tile, int worker) {
      size_t low = 0, high = count;  // first[low] <= tile < first[high]
      while (high - low > 1) {
        const size_t middle = (low + high) / 2;
        (first[middle] <= tile ? low : high) = middle;
      }
      body(batch[low], tile - first[low], worker);
    });
  }
}

}  // namespace lean::cpu::LEAN_ISA
