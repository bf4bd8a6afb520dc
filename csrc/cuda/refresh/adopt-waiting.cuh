// Adopts the bases that wait (kernels/basis.h), in a launch of its own before that which computes
// new ones: a graph without delays has none of it.
#pragma once

#include "cuda/refresh/refresh-launch.cuh"
#include "math/counters.h"

namespace lean::cuda {

template <class Item>
__global__ void __launch_bounds__(kThreads)
    adopt_waiting(const Item* items, size_t count, RefreshMemory memory, Bases bases) {
  __shared__ Columns::Shared shared;
  for (size_t i = 0; i < count; ++i) {
    const Item& item = items[i];
    if (item.next.base < 0 || scalars_at(item.scalars, bases).active == 0) continue;
    const BasisRefresh refresh = {item, memory, bases, shared};
    if (!is_adoption_due(item, refresh.next_call(), refresh.counters())) continue;
    refresh.take_waiting();
    refresh.adopt();
    Grid::sync();
    if (Grid::is_first()) refresh.next_call() = 0;
  }
}

// `device_items` are the items, uploaded.
template <class Item>
void record_adoptions(std::span<const Item> items, const Item* device_items,
                      const RefreshMemory& memory, Recorder& recorder) {
  const bool any =
      std::any_of(items.begin(), items.end(), [](const Item& item) { return item.next.base >= 0; });
  if (!any) return;
  recorder.launch_together(adopt_waiting<Item>, refresh_blocks(items), kThreads, device_items,
                           items.size(), memory, recorder.bases());
}

}  // namespace lean::cuda
