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

struct Turns {
  std::vector<Group> groups;
  std::byte* data;         // on the device
  const int64_t* offsets;  // of each item's part, in bytes; on the device
};

// bytes_of(item) is what an item needs; each part begins at a multiple of a sector.
template <class Item, class Bytes>
Turns take_turns(std::span<const Item> items, Recorder& recorder, Bytes bytes_of) {
  constexpr size_t kSector = 32;
  Turns turns = {};
  std::vector<int64_t> offsets;
  size_t used = 0, most = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    const size_t bytes =
        (static_cast<size_t>(bytes_of(items[i])) + kSector - 1) / kSector * kSector;
    if (turns.groups.empty() || used + bytes > recorder.scratch_bytes()) {
      turns.groups.push_back({i, 0});
      used = 0;
    }
    ++turns.groups.back().count;
    offsets.push_back(static_cast<int64_t>(used));
    used += bytes;
    most = std::max(most, used);
  }
  turns.data = recorder.scratch<std::byte>(static_cast<int64_t>(most));
  turns.offsets = recorder.upload(std::span<const int64_t>(offsets));
  return turns;
}

}  // namespace lean::cuda
