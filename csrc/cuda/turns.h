// Scratch memory between the launches of a call that its items share in turns: what all layers of a
// large model hand from one launch to the next would take more than their whole state. Items are
// done one group after another, in as many groups as the recorder's bound asks for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "cuda/recorder.h"

namespace lean::cuda {

// Consecutive items whose scratch memory exists at the same time.
struct Group {
  size_t first, count;

  template <class Item>
  std::span<const Item> of(std::span<const Item> items) const {
    return items.subspan(first, count);
  }
};

struct TurnPlan {
  std::vector<Group> groups;
  std::vector<int64_t> offsets;  // of each item's part in the memory, in bytes
  int64_t bytes;
};

// bytes_of(item) is what an item needs; each part begins at a multiple of a sector.
template <class Item, class Bytes>
TurnPlan plan_turns(std::span<const Item> items, size_t bound, Bytes bytes_of) {
  constexpr size_t kSector = 32;
  TurnPlan plan = {};
  size_t used = 0, most = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    const size_t bytes =
        (static_cast<size_t>(bytes_of(items[i])) + kSector - 1) / kSector * kSector;
    if (plan.groups.empty() || (used > 0 && used + bytes > bound)) {
      plan.groups.push_back({i, 0});
      used = 0;
    }
    ++plan.groups.back().count;
    plan.offsets.push_back(static_cast<int64_t>(used));
    used += bytes;
    most = std::max(most, used);
  }
  plan.bytes = static_cast<int64_t>(most);
  return plan;
}

struct Turns {
  std::vector<Group> groups;
  std::byte* data;         // on the device
  const int64_t* offsets;  // on the device
};

template <class Item, class Bytes>
Turns take_turns(std::span<const Item> items, Recorder& recorder, Bytes bytes_of) {
  const TurnPlan plan = plan_turns(items, recorder.scratch_bytes(), bytes_of);
  return {plan.groups, recorder.scratch<std::byte>(plan.bytes),
          recorder.upload(std::span<const int64_t>(plan.offsets))};
}

}  // namespace lean::cuda
