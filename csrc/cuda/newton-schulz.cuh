// Newton-Schulz iterations (math/newton-schulz.h) as products of which each waits for those before
// it: what cpu/newton-schulz.h does one matrix at a time, laid out so that the t-th products of all
// matrices are one launch. In the workspace both sides of a matrix are rounded up to eight, with
// zeros beyond, so that all operands lie in whole aligned octets; the zeros stay what they are.
//
// Operands of tensor cores are stored in their type. That is float16 rather than bfloat16: nothing
// here exceeds some hundreds, and the iterations on a Gram matrix need its three bits more.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "cuda/device/operand.cuh"
#include "math/newton-schulz.h"

namespace lean::cuda {

// An operand in the workspace.
struct Stored {
  const void* data;
  int32_t lines;
  int32_t depth;
  bool along_rows;

  __device__ Operand operand(DType type) const { return {data, type, lines, depth, along_rows}; }
};

// to <- product_gain * a . b + addend_gain * addend, and `diagonal` more where row and column are
// the same.
struct Multiplication {
  uint32_t item;
  bool symmetric;  // one triangle of tiles is computed, the other mirrored
  DType type;      // of all matrices
  Stored a, b;
  void* to;  // absent: the result is the orthogonal factor
  const void* addend = nullptr;
  float product_gain = 1;
  float addend_gain = 0;
  float diagonal = 0;

  constexpr int64_t tiles() const {
    return symmetric ? symmetric_tiles(a.lines) : product_tiles(a.lines, b.lines);
  }

  __device__ Product product() const { return {a.operand(type), b.operand(type)}; }
};

// Products of any number of matrices, in the order of their launches.
using Rounds = std::vector<std::vector<Multiplication>>;

class NewtonSchulzPlan {
 public:
  NewtonSchulzPlan(int64_t rows, int64_t cols, DType type)
      : type_(type),
        wide_(rows <= cols),
        by_gram_(std::max(rows, cols) >= 2 * std::min(rows, cols)),
        rows_(in_octets(rows)),
        cols_(in_octets(cols)) {}

  // Of X.
  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }

  size_t bytes() const { return 2 * matrix_bytes() + squares() * square_bytes(); }

  // Appends the products of one matrix, X at the beginning of `memory`, from the first round on.
  void append(Rounds& rounds, uint32_t item, std::byte* memory, NewtonSchulz schedule,
              int64_t steps) {
    rounds_ = &rounds;
    item_ = item;
    round_ = 0;
    x_ = memory;
    other_ = memory + matrix_bytes();
    for (size_t i = 0; i < squares(); ++i) {
      square_[i] = memory + 2 * matrix_bytes() + i * square_bytes();
    }
    const int64_t segment = by_gram_ ? kSegment : 1;
    for (int64_t i = 0; i < steps; i += segment) {
      run_segment(schedule, i, std::min(i + segment, steps), steps);
    }
  }

 private:
  static constexpr int64_t kSegment = 3;  // until the Gram matrix is formed anew

  static constexpr int64_t in_octets(int64_t side) { return (side + kOctet - 1) / kOctet * kOctet; }

  int64_t shorter() const { return wide_ ? rows_ : cols_; }
  int64_t longer() const { return wide_ ? cols_ : rows_; }

  size_t aligned_bytes(int64_t elements) const {
    constexpr size_t kLine = 128;
    return (static_cast<size_t>(elements) * size_of(type_) + kLine - 1) / kLine * kLine;
  }
  size_t matrix_bytes() const { return aligned_bytes(rows_ * cols_); }
  size_t square_bytes() const { return aligned_bytes(shorter() * shorter()); }
  size_t squares() const { return by_gram_ ? 5 : 2; }

  std::byte*& a_ = square_[0];
  std::byte*& p_ = square_[1];
  std::byte*& q_ = square_[2];
  std::byte*& next_q_ = square_[3];
  std::byte*& moved_ = square_[4];

  // The steps [first, end), on one Gram matrix.
  void run_segment(NewtonSchulz schedule, int64_t first, int64_t end, int64_t steps) {
    add(gram());
    const bool alone = end == first + 1;
    for (int64_t i = first; i < end; ++i) {
      const QuinticStep step = quintic_step(schedule, i, steps);
      add(polynomial(step, alone));
      if (alone) return add(apply(p_, step.a, end == steps));
      const bool last = i + 1 == end;
      if (i > first) put(square(p_, q_, next_q_));
      if (!last) put(square(p_, a_, moved_));
      ++round_;
      if (!last) add(square(moved_, p_, a_));
      std::swap(q_, i > first ? next_q_ : p_);
    }
    add(apply(q_, 0, end == steps));
  }

  // Into the round that is open; and closes it.
  void put(const Multiplication& product) {
    if (rounds_->size() == round_) rounds_->emplace_back();
    (*rounds_)[round_].push_back(product);
  }
  void add(const Multiplication& product) {
    put(product);
    ++round_;
  }

  static Stored stored(const void* data, int64_t lines, int64_t depth, bool along_rows) {
    return {data, static_cast<int32_t>(lines), static_cast<int32_t>(depth), along_rows};
  }
  // A symmetric matrix has its lines along rows and columns alike.
  Stored symmetric(const void* data) const { return stored(data, shorter(), shorter(), true); }
  // X, of which lines are as long as its longer or its shorter side.
  Stored long_lines() const { return stored(x_, shorter(), longer(), wide_); }
  Stored short_lines() const { return stored(x_, longer(), shorter(), !wide_); }

  Multiplication gram() const { return {item_, true, type_, long_lines(), long_lines(), a_}; }

  // Of two polynomials of one matrix.
  Multiplication square(const void* left, const void* right, void* to) const {
    return {item_, true, type_, symmetric(left), symmetric(right), to};
  }

  // P <- a + b A + c A^2, without a where it is added to X itself.
  Multiplication polynomial(const QuinticStep& step, bool alone) const {
    Multiplication made = square(a_, a_, p_);
    made.addend = a_;
    made.product_gain = step.c;
    made.addend_gain = step.b;
    made.diagonal = alone ? 0 : step.a;
    return made;
  }

  // X <- (left + gain) X
  Multiplication apply(const void* left, float gain, bool last) {
    const Stored other = symmetric(left), x = short_lines();
    Multiplication made = {
        item_, false, type_, wide_ ? other : x, wide_ ? x : other, last ? nullptr : other_};
    if (gain != 0) made.addend = x_, made.addend_gain = gain;
    std::swap(x_, other_);
    return made;
  }

  DType type_;
  bool wide_;
  bool by_gram_;
  int64_t rows_, cols_;
  uint32_t item_ = 0;
  size_t round_ = 0;
  Rounds* rounds_ = nullptr;
  std::byte* x_ = nullptr;
  std::byte* other_ = nullptr;
  std::byte* square_[5] = {};
};

}  // namespace lean::cuda
