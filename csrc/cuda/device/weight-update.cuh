// How eight weights are updated: the rules of math/moments.h. Item is any with the fields of
// DenseStep.
#pragma once

#include "cuda/device/octet.cuh"
#include "cuda/device/rounder.cuh"
#include "math/moments.h"

namespace lean::cuda {

inline constexpr int kTileElements = 16384;  // of a weight, to a block

// N / (sqrt(v) * v_scale + eps), of the octet that begins with element i, whose second moments were
// loaded from v: brought up to date on the way unless they are `given`.
__device__ inline Octet divide_elements(float* v, const Bits& loaded, bool given, const Octet& n,
                                        const Octet& grad, int64_t i, int count, bool whole,
                                        const StepScalars& s) {
  Octet moment = widen(loaded, DType::float32);
  if (!given) {
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      moment.x[k] = next_second_moment(moment.x[k], grad.x[k] * grad.x[k], s);
    }
    store(v, DType::float32, i, count, narrow(moment, DType::float32), whole);
  }
  Octet ratio;
#pragma unroll
  for (int k = 0; k < kOctet; ++k) ratio.x[k] = n.x[k] / denominator(moment.x[k], s);
  return ratio;
}

// Second moments of single elements, or none.
class ElementDenominators {
 public:
  template <class Item>
  __device__ ElementDenominators(const Item& item, int64_t, Bases bases)
      : v_(at<float>(item.exp_avg_sq, bases)), given_(item.moment_given) {}

  __device__ Bits load(int64_t i, int count, bool whole) const {
    return v_ == nullptr ? Bits{} : cuda::load(v_, DType::float32, i, count, whole);
  }

  __device__ Octet divide(const Octet& n, const Octet& grad, const Bits& loaded, int64_t i,
                          int count, bool whole, const StepScalars& s) const {
    if (v_ == nullptr) return n;
    return divide_elements(v_, loaded, given_, n, grad, i, count, whole, s);
  }

 private:
  float* v_;
  bool given_;
};

// Second moments of subsets of consecutive elements, which are up to date.
class SubsetDenominators {
 public:
  // `inverses` of the denominators may be at hand, from the subset on that the tile begins in.
  template <class Item>
  __device__ SubsetDenominators(const Item& item, int64_t begin, Bases bases,
                                const float* inverses = nullptr)
      : v_(at<const float>(item.exp_avg_sq, bases)),
        inverses_(inverses),
        length_(item.param.numel()),
        begin_(begin) {
    if (item.partition == Partition::rows) length_ = item.param.cols();
    if (item.partition == Partition::blocks) length_ = item.block;
    first_ = begin / length_;
    position_ = begin - first_ * length_;
  }

  __device__ Bits load(int64_t, int, bool) const { return {}; }

  __device__ Octet divide(const Octet& n, const Octet&, const Bits&, int64_t i, int count, bool,
                          const StepScalars& s) const {
    int64_t place = position_ + (i - begin_);
    int64_t ended = 0;  // subsets that ended in the tile before this octet
    if (length_ >= kTileElements) {
      ended = place >= length_ ? 1 : 0;  // no tile holds the ends of two
    } else {
      ended = static_cast<uint32_t>(place) / static_cast<uint32_t>(length_);
    }
    place -= ended * length_;
    return divide_segments(n, first_ + ended, place, count, s);
  }

 private:
  __device__ Real inverse(int64_t subset, const StepScalars& s) const {
    if (inverses_ != nullptr) return {inverses_[subset - first_]};
    return Real{1} / denominator(Real{v_[subset]}, s);
  }

  // The octet begins with element `place` of a subset of consecutive elements.
  __device__ Octet divide_segments(const Octet& n, int64_t subset, int64_t place, int count,
                                   const StepScalars& s) const {
    Octet ratio = n;
    Real factor = inverse(subset, s);
    if (place + kOctet <= length_) {
#pragma unroll
      for (int k = 0; k < kOctet; ++k) ratio.x[k] = n.x[k] * factor;
      return ratio;
    }
    replace_each(ratio, [&](Real x, int k) {
      if (k >= count) return x;
      if (place == length_) {
        place = 0;
        factor = inverse(++subset, s);
      }
      ++place;
      return x * factor;
    });
    return ratio;
  }

  const float* v_;
  const float* inverses_;
  int64_t length_;    // of a subset
  int64_t begin_;     // of the tile
  int64_t first_;     // the subset (columns: row) that it begins in,
  int64_t position_;  // and the element of it
};

}  // namespace lean::cuda
