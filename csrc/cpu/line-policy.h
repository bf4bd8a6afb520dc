// What the kernels that choose lines do with them: kernels/basis.h.
#pragma once

#include "cpu/refresh.h"

namespace lean::cpu::LEAN_ISA {

// from[i] <- the place in the old index of the line that is i-th in the new one, or -1.
inline void match_lines(const int32_t* old_index, const int32_t* index, int64_t rank,
                        int32_t* from) {
  int64_t k = 0;
  for (int64_t i = 0; i < rank; ++i) {
    while (k < rank && old_index[k] < index[i]) ++k;
    from[i] = k < rank && old_index[k] == index[i] ? static_cast<int32_t>(k) : -1;
  }
}

// copy(to, from) for every line that is kept, clear(to) for every other. Both indexes ascend, so
// lines do not overtake each other: those that move down are moved first to last, those that move
// up last to first, and none lands on one that has yet to move.
template <class Copy, class Clear>
void move_lines(const int32_t* from, int64_t rank, Copy copy, Clear clear) {
  for (int64_t i = 0; i < rank; ++i) {
    if (from[i] > i) copy(i, from[i]);
  }
  for (int64_t i = rank - 1; i >= 0; --i) {
    if (from[i] >= 0 && from[i] < i) copy(i, from[i]);
  }
  for (int64_t i = 0; i < rank; ++i) {
    if (from[i] < 0) clear(i);
  }
}

template <class M>
void move_momentum(Context& context, const LineTarget& item, const int32_t* from) {
  const int64_t rank = item.rank(), length = item.line_length();
  if (length == 0) return;
  const int64_t size = clamp(kTileElements / rank, 64, length);
  M* m = item.exp_avg.as<M>();
  parallel_for(context, divide_up(length, size), [&](int64_t tile, int) {
    const int64_t begin = tile * size;
    const int64_t end = clamp(begin + size, 0, length);
    if (item.axis == Axis::rows) {
      const size_t bytes = static_cast<size_t>(end - begin) * sizeof(M);
      const auto at = [&](int64_t line) { return m + line * length + begin; };
      move_lines(
          from, rank, [&](int64_t to, int64_t line) { std::memcpy(at(to), at(line), bytes); },
          [&](int64_t to) { std::memset(at(to), 0, bytes); });
    } else {
      for (M* row = m + begin * rank; row < m + end * rank; row += rank) {
        move_lines(
            from, rank, [&](int64_t to, int64_t line) { row[to] = row[line]; },
            [&](int64_t to) { row[to] = M{}; });
      }
    }
  });
}

// Puts `index` in the place of the old one. `from` is scratch memory for r numbers.
inline void adopt(Context& context, const LineTarget& item, const int32_t* index, int32_t* from) {
  auto* old_index = item.index.as<int32_t>();
  if (has_basis(item) && item.on_refresh == OnRefresh::restart) clear(context, item.exp_avg);
  if (has_basis(item) && item.on_refresh == OnRefresh::rotate) {
    match_lines(old_index, index, item.rank(), from);
    dispatch_state(item.exp_avg.dtype, [&]<class M>() { move_momentum<M>(context, item, from); });
  }
  std::memcpy(old_index, index, static_cast<size_t>(item.index.bytes()));
  count_refresh(item);
}

// Keeps what there is, or takes the first lines where there is nothing.
inline void refuse(const LineTarget& item) {
  ++counters_of(item).refused;
  if (has_basis(item)) return;
  for (int64_t i = 0; i < item.rank(); ++i) item.index.as<int32_t>()[i] = static_cast<int32_t>(i);
  counters_of(item).has_basis = kBasis;
}

}  // namespace lean::cpu::LEAN_ISA
