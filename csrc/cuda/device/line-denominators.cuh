// Denominators of weights that are visited a row's octet at a time, with second moments of any
// subsets. Those of subsets are up to date; single elements' are brought up to date on the way
// unless they are given. Item is any with the fields of DenseStep.
#pragma once

#include "cuda/device/octet.cuh"
#include "cuda/device/tensor.cuh"
#include "cuda/device/unaligned.cuh"
#include "cuda/device/weight-update.cuh"
#include "kernels/choices.h"
#include "math/moments.h"

namespace lean::cuda {

class LineDenominators {
 public:
  template <class Item>
  __device__ LineDenominators(const Item& item, const StepScalars& s, Bases bases)
      : v_(at<float>(item.exp_avg_sq, bases)),
        partition_(item.partition),
        cols_(item.param.cols()),
        block_(item.block),
        given_(item.moment_given),
        s_(s) {}

  // N / (sqrt(v) * v_scale + eps), of the octet that begins at (row, col), element i. `whole`: as
  // in octet.cuh.
  __device__ Octet divide(const Octet& n, const Octet& grad, int64_t row, int64_t col, int64_t i,
                          int count, bool whole) const {
    if (v_ == nullptr) return n;
    switch (partition_) {
      case Partition::elementwise:
        return divide_elements(v_, load(v_, DType::float32, i, count, whole), given_, n, grad, i,
                               count, whole, s_);
      case Partition::columns:
        return divide_columns(n, col, count, whole);
      case Partition::blocks:
        return divide_blocks(n, i, count);
      default:
        return multiply(n, inverse(partition_ == Partition::rows ? row : 0));
    }
  }

  // The inverse of the denominator that a row, a column or the whole tensor shares.
  __device__ Real inverse(int64_t subset) const {
    return Real{1} / denominator(Real{v_[subset]}, s_);
  }

  // Which of them the results of a tile share: none where each has to look for itself.
  __device__ Partition shared_by() const {
    const bool is_shared =
        v_ != nullptr && (partition_ == Partition::rows || partition_ == Partition::columns);
    return is_shared ? partition_ : Partition::none;
  }

  // Where columns share them, the inverses for an octet of columns, of which a thread that keeps to
  // them needs no more.
  __device__ bool are_of_columns() const {
    return v_ != nullptr && partition_ == Partition::columns;
  }
  __device__ Octet inverses(int64_t col, int count, bool whole) const {
    constexpr DType kType = DType::float32;
    const bool inner = col >= kOctet && col + 2 * kOctet <= cols_;
    const Octet v = widen(load_any(v_, kType, col, count, whole, inner), kType);
    Octet factors;
#pragma unroll
    for (int k = 0; k < kOctet; ++k) factors.x[k] = Real{1} / denominator(v.x[k], s_);
    return factors;
  }

 private:
  __device__ static Octet multiply(const Octet& n, Real factor) {
    Octet ratio;
#pragma unroll
    for (int k = 0; k < kOctet; ++k) ratio.x[k] = n.x[k] * factor;
    return ratio;
  }

  __device__ Octet divide_columns(const Octet& n, int64_t col, int count, bool whole) const {
    const Octet factors = inverses(col, count, whole);
    Octet ratio;
#pragma unroll
    for (int k = 0; k < kOctet; ++k) ratio.x[k] = n.x[k] * factors.x[k];
    return ratio;
  }

  __device__ Octet divide_blocks(const Octet& n, int64_t i, int count) const {
    if (count == 0) return n;
    const int64_t first = i / block_;
    const int64_t left = (first + 1) * block_ - i;  // of the first block
    if (left >= kOctet) return multiply(n, inverse(first));
    Octet ratio = n;
    replace_each(ratio,
                 [&](Real x, int k) { return k < count ? x * inverse((i + k) / block_) : x; });
    return ratio;
  }

  float* v_;
  Partition partition_;
  int64_t cols_;
  int64_t block_;
  bool given_;
  StepScalars s_;
};

}  // namespace lean::cuda
