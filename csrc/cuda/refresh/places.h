// Room for gradients that stay while a basis is computed beside the steps: no more of it than stays
// at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
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

// Whether they ever stay at once. What their beginnings are apart is, sooner or later, every number
// with the same remainder by the periods' common divisor.
constexpr bool meet(const Stay& a, const Stay& b) {
  const int64_t divisor = std::gcd(a.period, b.period);
  const int64_t later = ((b.first - a.first) % divisor + divisor) % divisor;
  return later < a.length || (divisor - later) % divisor < b.length;
}

struct PlacePlan {
  std::vector<size_t> bytes;     // of each place
  std::vector<size_t> place_of;  // of each stay
};

// Gives each stay a place that nobody else has in the meantime, as long as all weights count the
// same calls: the largest first, so that none has to grow.
inline PlacePlan plan_places(std::span<const Stay> stays) {
  std::vector<size_t> order(stays.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order,
                           [&](size_t a, size_t b) { return stays[a].bytes > stays[b].bytes; });
  PlacePlan plan = {{}, std::vector<size_t>(stays.size())};
  std::vector<std::vector<size_t>> guests;  // of each place
  for (const size_t i : order) {
    const auto room = std::ranges::find_if(guests, [&](const std::vector<size_t>& present) {
      return std::ranges::none_of(present, [&](size_t k) { return meet(stays[i], stays[k]); });
    });
    plan.place_of[i] = static_cast<size_t>(room - guests.begin());
    if (room == guests.end()) {
      guests.emplace_back();
      plan.bytes.push_back(stays[i].bytes);
    }
    guests[plan.place_of[i]].push_back(i);
  }
  return plan;
}

}  // namespace lean::cuda
