// When a basis that follows its drift is refreshed next (Q-GaLore's idea, arXiv 2407.08296, with
// the overlap of whole subspaces in the place of one vector's cosine, and a way back).
#pragma once

#include <cstdint>

namespace lean {

// Lives with the state (saved in checkpoints). One for each parameter whose gap is not fixed.
struct Schedule {
  int64_t gap;  // steps between refreshes; 0 before the first basis
  int64_t due;  // the call at which the basis is refreshed next
};

inline constexpr int kScheduleCount = sizeof(Schedule) / sizeof(int64_t);

// After a refresh in call `calls`. Target is a BasisTarget. `overlap` is ||P_old^T P||^2 / r, 1 for
// the same subspace; negative where there was no basis to compare with, or no new one (then the gap
// stays). A subspace that has turned by at most `drift` doubles the gap, another halves it.
template <class Target>
constexpr void plan_refresh(const Target& target, double overlap, int64_t calls,
                            Schedule& schedule) {
  if (schedule.gap == 0) {
    schedule.gap = target.min_gap;
    const int64_t first = 1 + target.offset;  // spreads the parameters' refreshes
    schedule.due = first > calls ? first : calls + schedule.gap;
    return;
  }
  if (overlap >= 0) {
    const bool is_near = overlap >= 1 - target.drift;
    int64_t& gap = schedule.gap;
    gap = !is_near ? gap / 2 : gap > target.max_gap / 2 ? target.max_gap : 2 * gap;
    if (gap < target.min_gap) gap = target.min_gap;
  }
  schedule.due = calls + schedule.gap;
}

}  // namespace lean
