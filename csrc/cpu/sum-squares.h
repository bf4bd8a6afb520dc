// Sums of squares that are accurate, and the same for any number of threads: float lanes over
// chunks of 1024 elements, then float64. A sum that overflows float32 is taken again in float64, so
// that it is non-finite exactly where an element is.
#pragma once

#include "cpu/lanes.h"
#include "math/moments.h"

namespace lean::cpu::LEAN_ISA {

// What is squared: a gradient as it is ...
template <class G>
struct Plain {
  const G* g;
  Lanes at(int64_t i, int count) const {
    prefetch_ahead(g + i);
    return load(g + i, count);
  }
};

// ... or grad_factor * g + l2 * W.
template <class W, class G>
struct WithDecay {
  const W* w;
  const G* g;
  StepScalars s;
  Lanes at(int64_t i, int count) const {
    prefetch_ahead(w + i);
    prefetch_ahead(g + i);
    return scaled_gradient(load(g + i, count), load(w + i, count), s);
  }
};

inline bool is_finite(double x) {
  return x - x == 0;  // std::isfinite might be shared with other instruction sets
}

inline constexpr int64_t kSumChunk = 1024;

// The square of x[i], x[i + stride], ... in float64.
template <class Source>
[[gnu::noinline]] double slow_sum_squares(const Source& x, int64_t i, int64_t end, int64_t stride) {
  double total = 0;
  for (; i < end; i += stride) {
    const double y = x.at(i, 1)[0];
    total += y * y;
  }
  return total;
}

// The squares of x[begin ... end), at most a chunk. Four sums at a time, because an addition waits
// for the one before it.
template <class Source>
inline double sum_squares_of_chunk(const Source& x, int64_t begin, int64_t end) {
  Lanes a[4] = {};
  int64_t i = begin;
  for (; i + 4 * kLanes <= end; i += 4 * kLanes) {
    for (int k = 0; k < 4; ++k) {
      const Lanes y = x.at(i + k * kLanes, kLanes);
      a[k] = multiply_add(y, y, a[k]);
    }
  }
  for (; i < end; i += kLanes) {
    const Lanes y = x.at(i, end - i < kLanes ? static_cast<int>(end - i) : kLanes);
    a[0] = multiply_add(y, y, a[0]);
  }
  const float total = sum((a[0] + a[1]) + (a[2] + a[3]));
  return is_finite(total) ? total : slow_sum_squares(x, begin, end, 1);
}

// The squares of x[begin ... end). Never inlined: the kernels share it.
template <class Source>
[[gnu::noinline]] double sum_squares(const Source& x, int64_t begin, int64_t end) {
  double total = 0;
  for (; begin < end; begin += kSumChunk) {
    total += sum_squares_of_chunk(x, begin, end - begin < kSumChunk ? end : begin + kSumChunk);
  }
  return total;
}

}  // namespace lean::cpu::LEAN_ISA
