// What all kernels that compute a new basis have in common: kernels/basis.h. Target is BasisTarget
// or LineTarget.
#pragma once

#include <chrono>
#include <cstring>

#include "core/random.h"
#include "cpu/tiles.h"
#include "kernels/basis.h"

namespace lean::cpu::LEAN_ISA {

template <class Target>
Counters& counters_of(const Target& item) {
  return *item.counters.template as<Counters>();
}

template <class Target>
bool refresh_is_due(const Target& item) {
  const auto& s = *item.scalars.template as<StepScalars>();
  return s.active != 0 && s.refresh != 0;
}

template <class Target>
bool has_basis(const Target& item) {
  return counters_of(item).has_basis != kNoBasis;
}

template <class Target>
uint64_t random_key_of(const Target& item) {
  return random_key(item.seed, item.stream, counters_of(item).calls);
}

// Counts a basis that has taken the old one's place.
template <class Target>
void count_refresh(const Target& item) {
  Counters& counters = counters_of(item);
  const bool published = item.on_refresh == OnRefresh::published && has_basis(item);
  counters.has_basis = published ? kBasisPublished : kBasis;
  if (item.on_refresh == OnRefresh::restart) counters.since_basis = 0;
  ++counters.refreshes;
}

// Notes how long a basis's refresh has taken, unless the report's time is negative: then nobody
// wants to know, and what a refresh writes is a function of what it reads.
class Stopwatch {
 public:
  explicit Stopwatch(const BasisTarget& item) : report_(item.report.as<RefreshReport>()) {}
  ~Stopwatch() {
    if (report_ == nullptr || report_->milliseconds < 0) return;
    const std::chrono::duration<double, std::milli> taken = Clock::now() - start_;
    report_->milliseconds = taken.count();
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  RefreshReport* report_;
  Clock::time_point start_ = Clock::now();
};

inline void clear(Context& context, const Tensor& t) {
  constexpr int64_t kBytes = 1 << 20;
  parallel_for(context, divide_up(t.bytes(), kBytes), [&](int64_t tile, int) {
    const int64_t begin = tile * kBytes;
    std::memset(t.as<char>() + begin, 0, static_cast<size_t>(clamp(t.bytes() - begin, 0, kBytes)));
  });
}

}  // namespace lean::cpu::LEAN_ISA
