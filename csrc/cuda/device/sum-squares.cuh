// Sums of squares of consecutive elements: float32 over a few elements at a time, float64 beyond.
// A sum that overflows float32 is taken again in float64, so that it is non-finite exactly where an
// element is.
#pragma once

#include "cuda/device/octet.cuh"
#include "cuda/device/reduce.cuh"
#include "cuda/device/unaligned.cuh"
#include "math/moments.h"

namespace lean::cuda {

// What is squared: a gradient as it is or, with `decay`, grad_factor * g + l2 * W.
struct Squared {
  const void* grad;
  DType grad_type;
  bool decay = false;
  const void* param = nullptr;
  DType param_type = DType::float32;
  StepScalars scalars = {};

  __device__ Octet load(int64_t i, int count, bool whole = false) const {
    return with_decay(
        [&](const void* from, DType type) { return cuda::load(from, type, i, count, whole); });
  }

  // The same where octets may lie across aligned ones (unaligned.cuh).
  __device__ Octet load_any(int64_t i, int count, bool whole, bool inner) const {
    return with_decay([&](const void* from, DType type) {
      return cuda::load_any(from, type, i, count, whole, inner);
    });
  }

 private:
  template <class Load>
  __device__ Octet with_decay(Load load) const {
    Octet g = widen(load(grad, grad_type), grad_type);
    if (!decay) return g;
    const Octet w = widen(load(param, param_type), param_type);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) g.x[k] = scaled_gradient(g.x[k], w.x[k], scalars);
    return g;
  }
};

__device__ inline int octet_count(int64_t i, int64_t end) {
  return end - i < kOctet ? static_cast<int>(end - i) : kOctet;
}

// One of the threads that share a sum.
struct Member {
  int rank;
  int size;
};

// A member's share of the squares of [begin, end). Octets begin where 16 bytes of the gradient do;
// the few elements before that go to the first members.
__device__ inline double sum_squares(const Squared& x, int64_t begin, int64_t end, Member member) {
  constexpr int kRun = 4;  // octets to a sum in float32
  const int bytes = is_wide(x.grad_type) ? 4 : 2;
  const auto address = reinterpret_cast<uintptr_t>(element(x.grad, x.grad_type, begin));
  const int64_t left = end - begin;
  int64_t head = static_cast<int64_t>((16 - address % 16) % 16) / bytes;
  if (head > left) head = left;
  double total = 0;
  for (int64_t i = member.rank; i < head; i += member.size) {
    const double y = x.load(begin + i, 1).x[0].x;
    total += y * y;
  }
  const int64_t stride = static_cast<int64_t>(member.size) * kOctet;
  int64_t i = begin + head + static_cast<int64_t>(member.rank) * kOctet;
  while (i < end) {
    const int64_t first = i;
    float even = 0, odd = 0;
    for (int run = 0; run < kRun && i < end; ++run, i += stride) {
      // The same for all lanes of a warp.
      const bool whole = member.size >= kWarp &&
                         i + (kWarp - member.rank % kWarp) * static_cast<int64_t>(kOctet) <= end;
      const Octet y = x.load(i, octet_count(i, end), whole);
#pragma unroll
      for (int k = 0; k < kOctet; k += 2) {
        even = fmaf(y.x[k].x, y.x[k].x, even);
        odd = fmaf(y.x[k + 1].x, y.x[k + 1].x, odd);
      }
    }
    const float sum = even + odd;
    if (isfinite(sum)) {
      total += sum;
      continue;
    }
    for (int64_t j = first; j < i; j += stride) {
      const Octet y = x.load(j, octet_count(j, end));
      for (int k = 0; k < kOctet; ++k) total += static_cast<double>(y.x[k].x) * y.x[k].x;
    }
  }
  return total;
}

__device__ inline double sum_squares_by_block(const Squared& x, int64_t begin, int64_t end) {
  return sum_over_block(sum_squares(x, begin, end, {static_cast<int>(threadIdx.x), kThreads}));
}

// The segments [first, last) of `length` consecutive elements each, of a tensor of `numel`: calls
// body(segment, sum) once for each, in one thread. Short segments are a thread's, longer ones a
// warp's, the longest the block's.
template <class Body>
__device__ inline void for_each_segment(const Squared& x, int64_t first, int64_t last,
                                        int64_t length, int64_t numel, Body body) {
  constexpr int64_t kOfThread = 64;
  constexpr int64_t kOfWarp = 8192;
  const auto end_of = [&](int64_t s) { return min((s + 1) * length, numel); };
  if (length <= kOfThread) {
    for (int64_t s = first + threadIdx.x; s < last; s += kThreads) {
      body(s, sum_squares(x, s * length, end_of(s), {0, 1}));
    }
  } else if (length <= kOfWarp) {
    const int lane = threadIdx.x % kWarp;
    for (int64_t s = first + threadIdx.x / kWarp; s < last; s += kWarps) {
      const double sum = sum_over_warp(sum_squares(x, s * length, end_of(s), {lane, kWarp}));
      if (lane == 0) body(s, sum);
    }
  } else {
    for (int64_t s = first; s < last; ++s) {
      const double sum = sum_squares_by_block(x, s * length, end_of(s));
      if (threadIdx.x == 0) body(s, sum);
    }
  }
}

}  // namespace lean::cuda
