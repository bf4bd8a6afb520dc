// Which lines of a weight an index names.
#pragma once

#include <cstdint>

#include "cpu/tiles.h"

namespace lean::cpu::LEAN_ISA {

inline bool ascends(const int32_t* index, int64_t rank) {
  for (int64_t i = 1; i < rank; ++i) {
    if (index[i] <= index[i - 1]) return false;
  }
  return true;
}

// An index of distinct lines. Those that projectors choose ascend; a caller's may come in any
// order, and is then searched from end to end.
class Lines {
 public:
  Lines(const int32_t* index, int64_t rank)
      : index_(index), rank_(rank), ascends_(LEAN_ISA::ascends(index, rank)) {}

  // The place of a line in the index, or -1.
  int64_t find(int64_t line) const {
    if (ascends_) {
      const int64_t k = before(line);
      return k < rank_ && index_[k] == line ? k : -1;
    }
    for (int64_t k = 0; k < rank_; ++k) {
      if (index_[k] == line) return k;
    }
    return -1;
  }

  // run(k, count) for every run of places whose lines lie in [begin, end).
  template <class Run>
  void for_each_in(int64_t begin, int64_t end, Run run) const {
    if (ascends_) {
      const int64_t first = before(begin);
      return run(first, before(end) - first);
    }
    for (int64_t k = 0; k < rank_; ++k) {
      if (index_[k] >= begin && index_[k] < end) run(k, 1);
    }
  }

 private:
  // How many lines of an ascending index come before `line`.
  int64_t before(int64_t line) const {
    int64_t low = 0, high = rank_;
    while (low < high) {
      const int64_t middle = (low + high) / 2;
      if (index_[middle] < line) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  const int32_t* index_;
  int64_t rank_;
  bool ascends_;
};

}  // namespace lean::cpu::LEAN_ISA
