// Newton-Schulz iterations (math/newton-schulz.h) of a k x l matrix X, or l x k, with k <= l. Where
// l >= 2 k they run on the Gram matrix A = X X^T instead: with P = a + b A + c A^2, Q <- P Q and
// A <- P A P cost k^3 where X <- P X costs k^2 l, and all of them are polynomials of one symmetric
// matrix, so that half of each product is enough. (Gram-Newton-Schulz, Dao et al. 2025.) A loses
// what of X is below the root of float32's precision, and errors there grow: after three steps it
// is formed anew from X <- Q X.
#pragma once

#include <utility>

#include "cpu/lanes.h"
#include "cpu/symmetric-product.h"
#include "math/newton-schulz.h"

namespace lean::cpu::LEAN_ISA {

// The nearest bfloat16.
inline Lanes rounded_lanes(const Lanes& x) { return widen(narrow(x, bfloat16{}), bfloat16{}); }

class NewtonSchulzIteration {
 public:
  // x is the matrix; `other` has room for another one, each of `square` for one of order k.
  // `rounded`: every product is rounded to bfloat16, and none is on a Gram matrix alone.
  NewtonSchulzIteration(Context& context, bool wide, bool rounded, int64_t k, int64_t l, float* x,
                        float* other, float* const (&square)[4])
      : context_(context), wide_(wide), rounded_(rounded), k_(k), l_(l), x_(x), other_(other) {
    for (int i = 0; i < 4; ++i) square_[i] = {square[i], k};
  }

  // Returns where the result is: one of the two.
  float* run(NewtonSchulz schedule, int64_t steps) {
    const int64_t segment = l_ >= 2 * k_ && !rounded_ ? kSegment : 1;
    for (int64_t i = 0; i < steps; i += segment) {
      const int64_t end = clamp(i + segment, 0, steps);
      form_gram();
      QuinticStep step = {};
      for (int64_t j = i; j < end; ++j) {
        step = quintic_step(schedule, j, steps);
        form_polynomial(step);
        if (j > i) multiply_symmetric(p_, q_, spare_), std::swap(q_, spare_);
        if (j + 1 < end) move_gram();
        if (j == i) std::swap(p_, q_);
      }
      apply(q_, rounded_ ? step.a : 0);
    }
    return x_;
  }

 private:
  static constexpr int64_t kSegment = 3;
  static constexpr int64_t kRows = kProductRows;  // of X to a tile

  using Matrix = Block<float>;

  static Block<const float> read(Matrix m) { return {m.data, m.ld}; }
  Matrix& a_ = square_[0];
  Matrix& p_ = square_[1];
  Matrix& q_ = square_[2];
  Matrix& spare_ = square_[3];

  void form_gram() {
    const Block<const float> x{x_, wide_ ? l_ : k_};
    multiply_lower(context_, wide_ ? Op::plain : Op::transposed, wide_ ? Op::transposed : Op::plain,
                   k_, l_, x, x, a_);
    mirror(context_, k_, a_);
    if (rounded_) round(a_.data, k_ * k_);
  }

  // p <- a + b A + c A^2; rounded, a is added to X instead.
  void form_polynomial(const QuinticStep& step) {
    multiply_lower(context_, Op::plain, Op::plain, k_, k_, read(a_), read(a_), p_);
    const Matrix gram = a_, squared = p_;
    const float diagonal = rounded_ ? 0 : step.a;
    fill_symmetric(context_, k_, p_, [=](int64_t i, int64_t j) {
      const float x = step.b * gram.data[i * gram.ld + j] + step.c * squared.data[i * gram.ld + j];
      return i == j ? x + diagonal : x;
    });
    if (rounded_) round(p_.data, k_ * k_);
  }

  // to <- left right, which commute
  void multiply_symmetric(Matrix left, Matrix right, Matrix to) {
    multiply_lower(context_, Op::plain, Op::plain, k_, k_, read(left), read(right), to);
    mirror(context_, k_, to);
  }

  // A <- P A P. Where the first step of a segment has no Q yet, its memory is free.
  void move_gram() {
    multiply_symmetric(p_, a_, spare_);
    multiply_symmetric(spare_, p_, a_);
  }

  // X <- Q X + gain X
  void apply(Matrix q, float gain) {
    const int64_t rows = wide_ ? k_ : l_, cols = wide_ ? l_ : k_;
    const Block<const float> x{x_, cols};
    parallel_for(context_, divide_up(rows, kRows), [&](int64_t tile, int worker) {
      const int64_t begin = tile * kRows;
      const int64_t count = clamp(rows - begin, 0, kRows);
      const Matrix to{other_ + begin * cols, cols};
      float* memory = product_memory(context_, worker);
      if (wide_) {
        multiply(Op::plain, Op::plain, count, cols, k_, 1, read(q.at(begin, 0)), x, to, memory);
      } else {
        multiply(Op::plain, Op::plain, count, cols, k_, 1, x.at(begin, 0), read(q), to, memory);
      }
      if (gain != 0) add(x_ + begin * cols, gain, to.data, count * cols);
    });
    if (rounded_) round(other_, rows * cols);
    std::swap(x_, other_);
  }

  // to <- to + gain x
  static void add(const float* x, float gain, float* to, int64_t size) {
    for (int64_t i = 0; i < size; i += kLanes) {
      const int count = static_cast<int>(clamp(size - i, 0, kLanes));
      store(to + i, multiply_add(load(x + i, count), gain, load(to + i, count)), count);
    }
  }

  void round(float* x, int64_t size) {
    parallel_for(context_, divide_up(size, kTileElements), [&](int64_t tile, int) {
      const int64_t end = clamp((tile + 1) * kTileElements, 0, size);
      for (int64_t i = tile * kTileElements; i < end; i += kLanes) {
        const int count = static_cast<int>(clamp(end - i, 0, kLanes));
        store(x + i, rounded_lanes(load(x + i, count)), count);
      }
    });
  }

  Context& context_;
  bool wide_;
  bool rounded_;
  int64_t k_, l_;
  float* x_;
  float* other_;
  Matrix square_[4];
};

}  // namespace lean::cpu::LEAN_ISA
