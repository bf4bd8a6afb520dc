// Room for gradients that stay while a basis is computed beside the steps: no more of it than stays
// at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace lean::cuda {

// A gradient's, again and again: from call `first` on, every `period`, for `length` calls.
struct Stay {
  int64_t first;
  int64_t period;
  int64_t length;
  size_t bytes;
};

// The sizes of places such that each stay finds one that is free and large enough, as long as all
// weights count the same calls. One that begins in the call in which another ends takes its place.
inline std::vector<size_t> plan_places(std::span<const Stay> stays) {
  // By then everything repeats where there is one period; where there are several, their
  // coincidences are found as far as these calls go.
  constexpr int64_t kMostOfOne = 1024;
  int64_t last = 0;
  for (const Stay& stay : stays) last = std::max(last, stay.first + 2 * stay.period);
  struct Guest {
    int64_t call, until;
    size_t bytes;
  };
  std::vector<Guest> guests;
  for (const Stay& stay : stays) {
    for (int64_t i = 0; i < kMostOfOne && stay.first + i * stay.period <= last; ++i) {
      const int64_t call = stay.first + i * stay.period;
      guests.push_back({call, call + stay.length, stay.bytes});
    }
  }
  // Of those in one call the largest first, which has the least choice.
  std::ranges::stable_sort(guests, [](const Guest& a, const Guest& b) {
    return a.call != b.call ? a.call < b.call : a.bytes > b.bytes;
  });
  struct Room {
    size_t bytes;
    int64_t free_from;
  };
  std::vector<Room> rooms;
  for (const Guest& guest : guests) {
    // The one that wastes least, or else that has to grow least.
    Room* best = nullptr;
    for (Room& room : rooms) {
      if (room.free_from > guest.call) continue;
      const bool fits = room.bytes >= guest.bytes;
      const bool best_fits = best != nullptr && best->bytes >= guest.bytes;
      const bool better = best == nullptr || (fits != best_fits ? fits
                                              : fits            ? room.bytes < best->bytes
                                                                : room.bytes > best->bytes);
      if (better) best = &room;
    }
    if (best == nullptr) best = &rooms.emplace_back(Room{0, 0});
    best->bytes = std::max(best->bytes, guest.bytes);
    best->free_from = guest.until;
  }
  std::vector<size_t> sizes;
  for (const Room& room : rooms) sizes.push_back(room.bytes);
  std::ranges::sort(sizes);
  return sizes;
}

}  // namespace lean::cuda
