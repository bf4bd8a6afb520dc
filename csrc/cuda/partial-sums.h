// Memory between two launches of a call: a run of floats for each item.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cuda/recorder.h"

namespace lean::cuda {

struct PartialSums {
  float* data;             // on the device
  const int64_t* offsets;  // of each item's, on the device
};

template <class Item, class Count>
PartialSums partial_sums(std::span<const Item> items, Recorder& recorder, Count count) {
  std::vector<int64_t> offsets;
  int64_t total = 0;
  for (const Item& item : items) {
    offsets.push_back(total);
    total += count(item);
  }
  if (total == 0) return {};
  return {recorder.scratch<float>(total), recorder.upload(std::span<const int64_t>(offsets))};
}

}  // namespace lean::cuda
