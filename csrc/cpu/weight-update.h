// How a run of weights is updated, shared by the kernels that step weights: the rules of
// math/moments.h, sixteen elements at a time, with numerator and denominator taken from wherever
// the kernel has them.
//
//   update_weights(w, g, count, element, GradientPlus{back}, OneDenominator{inverse}, s, rounder);
//
// updates w[0 .. count) with N = G + back[i], divided by one denominator for the run.
#pragma once

#include "cpu/lanes.h"
#include "math/moments.h"

namespace lean::cpu::LEAN_ISA {

// What is in the loop is always inlined: compilers find it large where lanes take several
// registers, and a call would move them all through memory.

// --- numerators: N of the `count` elements from i on, whose gradient is G ---------------------

struct GradientNumerator {
  [[gnu::always_inline]] Lanes at(int64_t, int, const Lanes& grad, const StepScalars&) const {
    return grad;
  }
};

// G + x, x in scratch memory.
struct GradientPlus {
  const float* x;
  [[gnu::always_inline]] Lanes at(int64_t i, int count, const Lanes& grad,
                                  const StepScalars&) const {
    return grad + load(x + i, count);
  }
};

// G * factor + x: one factor for the run, or one for each element of it.
struct ScaledGradientPlus {
  const float* x;
  float factor;
  [[gnu::always_inline]] Lanes at(int64_t i, int count, const Lanes& grad,
                                  const StepScalars&) const {
    return multiply_add(grad, factor, load(x + i, count));
  }
};
struct ScaledGradientsPlus {
  const float* x;
  const float* factors;
  [[gnu::always_inline]] Lanes at(int64_t i, int count, const Lanes& grad,
                                  const StepScalars&) const {
    return multiply_add(grad, load(factors + i, count), load(x + i, count));
  }
};

// N in scratch memory.
struct GivenNumerator {
  const float* n;
  [[gnu::always_inline]] Lanes at(int64_t i, int count, const Lanes&, const StepScalars&) const {
    return load(n + i, count);
  }
};

// m <- m_decay * m + m_gain * G; N = n_grad * G + m_scale * m; m <- 0 where it is dropped after
// use.
template <class M>
struct MomentumNumerator {
  M* m;
  bool drop;
  [[gnu::always_inline]] Lanes at(int64_t i, int count, const Lanes& grad,
                                  const StepScalars& s) const {
    prefetch_ahead(m + i);
    const Lanes next = next_momentum(load(m + i, count), grad, s);
    store(m + i, drop ? Lanes{} : next, count);
    return numerator(next, grad, s);
  }
};

// --- denominators: N / (sqrt(v) * v_scale + eps), or N where there is no second moment --------
// What the elements of a run share of it is a factor of the step; `divide` does the rest. `from(i)`
// is the same for the run that begins at its element i. `ahead` bytes from where it is, the loop
// will next want a gradient that is not in a cache.

// One for the run (it lies in one row or block): its inverse; or none: 1. Where the sum was taken
// just before, the run's own gradient is at hand, and the next run's is what to ask for.
struct OneDenominator {
  float inverse;
  int64_t ahead = kAhead;
  float factor() const { return inverse; }
  OneDenominator from(int64_t) const { return *this; }
  [[gnu::always_inline]] Lanes divide(int64_t, int, const Lanes& n, const Lanes&,
                                      const StepScalars&) const {
    return n;
  }
};

// One for each element of the run (its columns): their inverses.
struct ManyDenominators {
  static constexpr int64_t ahead = kAhead;
  const float* inverse;
  static float factor() { return 1; }
  ManyDenominators from(int64_t i) const { return {inverse + i}; }
  [[gnu::always_inline]] Lanes divide(int64_t i, int count, const Lanes& n, const Lanes&,
                                      const StepScalars&) const {
    return n * load(inverse + i, count);
  }
};

// A second moment for each element, brought up to date here unless it is given.
struct ElementDenominators {
  static constexpr int64_t ahead = kAhead;
  float* v;
  bool given;
  static float factor() { return 1; }
  ElementDenominators from(int64_t i) const { return {v + i, given}; }
  [[gnu::always_inline]] Lanes divide(int64_t i, int count, const Lanes& n, const Lanes& grad,
                                      const StepScalars& s) const {
    prefetch_ahead(v + i);
    Lanes moment = load(v + i, count);
    if (!given) {
      moment = next_second_moment(moment, grad * grad, s);
      store(v + i, moment, count);
    }
    return n / denominator(moment, s);
  }
};

inline Lanes inverse_denominators(const Lanes& v, const StepScalars& s) {
  return splat(1) / denominator(v, s);
}

inline float inverse_denominator(float v, const StepScalars& s) {
  return inverse_denominators(splat(v), s)[0];
}

// --- the update -------------------------------------------------------------------------------

template <class W, class G, class Numerator, class Denominator>
[[gnu::always_inline]] inline void update_lanes(W* w, const G* g, int64_t i, int count,
                                                int64_t element, Numerator numerator,
                                                Denominator denominator, const StepScalars& s,
                                                const Rounder& rounder) {
  prefetch_ahead(w + i);
  prefetch_ahead(g + i, denominator.ahead);
  const Lanes param = load(w + i, count);
  const Lanes grad = scaled_gradient(load(g + i, count), param, s);
  const Lanes n = numerator.at(i, count, grad, s);
  const Lanes ratio = denominator.divide(i, count, n, grad, s);
  store_weights(w + i, next_param(param, ratio, s), count, element + i, rounder);
}

// Updates `count` consecutive weights; w[0] is number `element` of its tensor. Scalars and rounder
// are copies, so that the compiler sees that no store changes them. Never inlined: the kernels
// share these loops.
template <class W, class G, class Numerator, class Denominator>
[[gnu::noinline]] inline void update_weights(W* w, const G* g, int64_t count, int64_t element,
                                             Numerator numerator, Denominator denominator,
                                             StepScalars s, Rounder rounder) {
  s.step_size *= denominator.factor();
  const int64_t whole = count - count % kLanes;
  for (int64_t i = 0; i < whole; i += kLanes) {
    update_lanes(w, g, i, kLanes, element, numerator, denominator, s, rounder);
  }
  if (whole < count) {
    update_lanes(w, g, whole, static_cast<int>(count - whole), element, numerator, denominator, s,
                 rounder);
  }
}

}  // namespace lean::cpu::LEAN_ISA
