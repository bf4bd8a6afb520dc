// Memory of a warp's lanes that is one run of bytes, lane after lane: it can be read and written
// as a whole.
#pragma once

#include <cstring>

#include "simt/machine/columns.h"
#include "simt/memory/access.h"

namespace lean::simt {

inline bool is_run(const HostPointers& host, uint64_t bytes) {
  const auto first = reinterpret_cast<uint64_t>(host[0]);
  uint64_t difference = 0;
  for (uint64_t i = 0; i < kLanes; ++i) {
    difference |= reinterpret_cast<uint64_t>(host[i]) ^ (first + i * bytes);
  }
  return difference == 0;
}

// Lane i's element k is at from[i * vector + k].
template <uint32_t vector, class T>
void read_run(Warp& warp, const Column* to, const std::byte* from) {
  std::array<T, vector * kLanes> elements;
  std::memcpy(elements.data(), from, sizeof elements);
  for (uint32_t k = 0; k < vector; ++k) {
    Lanes<T> lanes;
    for (size_t i = 0; i < kLanes; ++i) lanes[i] = elements[i * vector + k];
    write(warp, to[k], lanes, kAllLanes);
  }
}

template <uint32_t vector, class T>
void write_run(const Warp& warp, const Column* from, std::byte* to) {
  std::array<T, vector * kLanes> elements;
  for (uint32_t k = 0; k < vector; ++k) {
    const Lanes<T> lanes = read<T>(warp, from[k]);
    for (size_t i = 0; i < kLanes; ++i) elements[i * vector + k] = lanes[i];
  }
  std::memcpy(to, elements.data(), sizeof elements);
}

}  // namespace lean::simt
