// An item of LDAdam's step (kernels/ldadam-step.h) as its stages see it: what they hand to each
// other, and the operands of their products.
#pragma once

#include <algorithm>

#include "cuda/device/float-product.cuh"
#include "cuda/refresh/columns.cuh"
#include "cuda/refresh/largest.cuh"
#include "kernels/ldadam-step.h"
#include "math/gradient-scale.h"
#include "math/ldadam.h"

namespace lean::cuda::ldadam {

constexpr int64_t kElements = 4096;  // to a block that goes through them one by one

constexpr int64_t aligned(int64_t floats) { return (floats + 7) / 8 * 8; }  // to 32 bytes

constexpr int64_t coordinates(const LdadamStep& item) { return item.others() * item.rank(); }

// Three times the coordinates; in their place, before there are any, what orthonormal columns take.
constexpr int64_t coordinate_floats(const LdadamStep& item) {
  constexpr int64_t kDouble = sizeof(double) / sizeof(float);
  return std::max(3 * aligned(coordinates(item)),
                  aligned(kDouble * Columns::memory_doubles(item.rank())));
}

constexpr int64_t scratch_floats(const LdadamStep& item) {
  return coordinate_floats(item) + aligned(item.projected() * item.rank()) +
         2 * aligned(item.rank() * item.rank());
}

// What stages find out about an item for those that follow.
struct Found {
  Transport transport;
  uint32_t largest_v;  // bits of the largest magnitude in V,
  uint32_t largest_y;  // and in B V
  uint32_t largest_b;  // and in B, where it is decomposed
  uint32_t has_moved;  // whether there is a new basis

  __device__ float scale_of_v() const { return scale_for(__uint_as_float(largest_v)); }
  __device__ float scale_of_b() const { return scale_for(__uint_as_float(largest_b)); }
  __device__ float scale_of_y() const { return scale_for(__uint_as_float(largest_y)); }
};

// Of a group of items (turns.h).
struct Scratch {
  std::byte* data;
  const int64_t* offsets;  // bytes
  Found* found;
  Columns* columns;  // of each item's basis
};

__device__ inline uint32_t largest_bits(uint32_t most, const Octet& octet, int count) {
#pragma unroll
  for (int k = 0; k < kOctet; ++k) {
    if (k < count) most = max(most, __float_as_uint(octet.x[k].x) & 0x7fffffffu);
  }
  return most;
}

// An item as a stage sees it.
struct Step {
  const LdadamStep& item;
  Bases bases;
  Found& found;
  float* v;         // V; then h; then h - k m
  float* carried;   // T m
  float* spread;    // (T.T) of the variance; then the direction
  float* basis;     // B V, then the new basis
  float* transfer;  // m V, then T
  float* squares;   // T.T

  __device__ static Step of(const LdadamStep* items, uint32_t i, const Scratch& scratch,
                            Bases bases) {
    const LdadamStep& item = items[i];
    const int64_t own = aligned(coordinates(item));
    auto* v = reinterpret_cast<float*>(scratch.data + scratch.offsets[i]);
    float* basis = v + coordinate_floats(item);
    float* transfer = basis + aligned(item.projected() * item.rank());
    return {item,  bases,    scratch.found[i],
            v,     v + own,  v + 2 * own,
            basis, transfer, transfer + aligned(item.rank() * item.rank())};
  }

  __device__ bool is_active() const { return cuda::is_active(item, bases); }
  __device__ bool is_first() const { return found.transport.first; }
  // Whether there is a V, or B V, to make a basis of.
  __device__ bool follows() const {
    if (!is_active() || is_first() || item.param.numel() == 0) return false;
    if (is_decomposed()) return found.largest_v != 0;
    return found.scale_of_v() != 0 && found.scale_of_y() != 0;
  }
  // Whether B V is more than A' has of it.
  __device__ bool has_beside() const { return found.transport.m_share != 0 && !is_decomposed(); }
  // Whether its new basis is there without a product.
  __device__ bool is_decomposed() const { return item.decomposes() && !item.is_beyond(); }
  __device__ bool right() const { return item.side == Side::right; }
  __device__ Counters& counters() const { return *at<Counters>(item.counters, bases); }
  // B V, once V is not needed any more.
  __device__ Columns columns() const {
    return {basis, item.projected(), item.rank(),
            random_key(item.seed, item.stream, counters().calls), reinterpret_cast<double*>(v)};
  }

  // A': lines of the others' length, each a vector along the projected side, or the reverse.
  __device__ Operand sum(bool of_others, float factor) const {
    Operand a = {at<const void>(item.grad, bases),
                 DType::float32,
                 of_others ? item.others() : item.projected(),
                 of_others ? item.projected() : item.others(),
                 of_others == right(),
                 true};
    a.addend = {item.grad.dtype, factor, at<const void>(item.error, bases), item.error.dtype};
    return a;
  }
  // Its columns, or its rows.
  __device__ Operand columns(const void* data, DType type) const {
    return {data, type, item.rank(), item.projected(), false};
  }
  __device__ Operand rows(const void* data, DType type) const {
    return {data, type, item.projected(), item.rank(), true};
  }
  __device__ Operand old_columns() const {
    return columns(at<const void>(item.basis, bases), item.basis.dtype);
  }
  __device__ Operand new_columns() const { return columns(basis, DType::float32); }
  // Coordinates: a vector of rank numbers for each of the others, or the reverse.
  __device__ Operand by_other(const void* data, DType type) const {
    return {data, type, item.others(), item.rank(), right()};
  }
  __device__ Operand by_rank(const void* data, DType type) const {
    return {data, type, item.rank(), item.others(), !right()};
  }
  // A matrix of rank x rank, by rows.
  __device__ Operand square(const float* data, bool rows) const {
    return {data, DType::float32, item.rank(), item.rank(), rows};
  }
  // In the order that their results are stored in.
  __device__ Product ordered(const Operand& of_others, const Operand& other) const {
    return right() ? Product{of_others, other} : Product{other, of_others};
  }
};

__device__ inline void store_octet(float* to, int64_t i, int count, bool whole,
                                   const Octet& octet) {
  store(to, DType::float32, i, count, narrow(octet, DType::float32), whole);
}

__device__ inline Octet load_octet(const void* from, DType type, int64_t i, int count, bool whole) {
  return widen(load(from, type, i, count, whole), type);
}

// body(i, count, whole) for the octets of a block's part of `count` elements.
template <class Body>
__device__ void for_each_octet(uint32_t tile, int64_t count, Body body) {
  const int64_t begin = static_cast<int64_t>(tile) * kElements;
  const int64_t end = min(begin + kElements, count);
  constexpr int64_t kStride = static_cast<int64_t>(kThreads) * kOctet;
  for (int64_t first = begin; first < end; first += kStride) {
    const int64_t i = first + threadIdx.x * kOctet;
    const int64_t left = end - i;
    if (left > 0) {
      body(i, left < kOctet ? static_cast<int>(left) : kOctet, first + kStride <= end);
    }
  }
}

}  // namespace lean::cuda::ldadam
