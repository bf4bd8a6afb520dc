#include "cpu/backend/select-lines.h"

#include <algorithm>
#include <numeric>

namespace lean::cpu {
namespace {

template <class Before>
void select(int64_t n, int64_t count, int32_t* order, int32_t* index, Before before) {
  std::iota(order, order + n, 0);
  std::nth_element(order, order + count - 1, order + n, before);
  std::copy(order, order + count, index);
  std::sort(index, index + count);
}

}  // namespace

void select_largest(const double* norms, int64_t n, int64_t count, int32_t* order, int32_t* index) {
  select(n, count, order, index,
         [&](int32_t a, int32_t b) { return norms[a] != norms[b] ? norms[a] > norms[b] : a < b; });
}

void select_smallest(const uint64_t* keys, int64_t n, int64_t count, int32_t* order,
                     int32_t* index) {
  select(n, count, order, index,
         [&](int32_t a, int32_t b) { return keys[a] != keys[b] ? keys[a] < keys[b] : a < b; });
}

bool are_distinct(const int32_t* index, int64_t count, int64_t n, int32_t* sorted) {
  std::copy(index, index + count, sorted);
  std::sort(sorted, sorted + count);
  return sorted[0] >= 0 && sorted[count - 1] < n &&
         std::adjacent_find(sorted, sorted + count) == sorted + count;
}

}  // namespace lean::cpu
