// Sixteen floats at a time, in the registers of whatever instruction set this file is compiled for:
// one zmm, two ymm or four xmm. The width does not depend on the instruction set, so that AVX2 and
// AVX-512 reduce in the same order and give the same bits.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

#include "core/dtype.h"
#include "core/half.h"
#include "core/random.h"
#include "cpu/native.h"
#include "kernels/choices.h"

namespace lean::cpu::LEAN_ISA {

inline constexpr int kLanes = 16;

// Structs, not vectors of 64 bytes, for two reasons: compilers keep such a vector in memory where
// the registers are narrower, and a type of this namespace keeps the templates of math/ apart for
// each instruction set.
template <class Native>
struct LanesOf {
  static constexpr int kParts = kLanes / kNativeLanes;
  using Part = Native;
  Native part[kParts];

  auto operator[](int i) const { return part[i / kNativeLanes][i % kNativeLanes]; }
};

using Lanes = LanesOf<NativeFloat>;
using Lanes32 = LanesOf<NativeBits>;
using Lanes16 = LanesOf<NativeHalf>;

// f of the parts, which are named one by one because a loop over them might not be unrolled.
template <class Result, class F>
inline Result each_part(F f) {
  return [&]<int... I>(std::integer_sequence<int, I...>) { return Result{{f(I)...}}; }
  (std::make_integer_sequence<int, Result::kParts>());
}

template <class F>
inline void for_each_part(F f) {
  [&]<int... I>(std::integer_sequence<int, I...>) { (f(I), ...); }
  (std::make_integer_sequence<int, Lanes::kParts>());
}

// How many of the first `count` elements are in part i.
inline int in_part(int i, int count) {
  const int left = count - i * kNativeLanes;
  return left < 0 ? 0 : left < kNativeLanes ? left : kNativeLanes;
}

inline Lanes splat(float x) {
  return each_part<Lanes>([&](int) { return x - NativeFloat{}; });
}

inline Lanes operator+(const Lanes& a, const Lanes& b) {
  return each_part<Lanes>([&](int i) { return a.part[i] + b.part[i]; });
}
inline Lanes operator-(const Lanes& a, const Lanes& b) {
  return each_part<Lanes>([&](int i) { return a.part[i] - b.part[i]; });
}
inline Lanes operator*(const Lanes& a, const Lanes& b) {
  return each_part<Lanes>([&](int i) { return a.part[i] * b.part[i]; });
}
inline Lanes operator/(const Lanes& a, const Lanes& b) {
  return each_part<Lanes>([&](int i) { return a.part[i] / b.part[i]; });
}
inline Lanes operator+(const Lanes& a, float b) { return a + splat(b); }
inline Lanes operator-(const Lanes& a, float b) { return a - splat(b); }
inline Lanes operator*(const Lanes& a, float b) { return a * splat(b); }
inline Lanes operator/(const Lanes& a, float b) { return a / splat(b); }
inline Lanes& operator+=(Lanes& a, const Lanes& b) { return a = a + b; }
inline Lanes& operator-=(Lanes& a, const Lanes& b) { return a = a - b; }
inline Lanes& operator*=(Lanes& a, const Lanes& b) { return a = a * b; }
inline Lanes& operator*=(Lanes& a, float b) { return a = a * b; }

// a * b + c in one rounding where the instruction set has that. (Whether and where compilers
// contract the plain expression depends on their tuning for the instruction set, and with it the
// result.)
inline Lanes multiply_add(const Lanes& a, const Lanes& b, const Lanes& c) {
  return each_part<Lanes>(
      [&](int i) { return native_multiply_add(a.part[i], b.part[i], c.part[i]); });
}
inline Lanes multiply_add(const Lanes& a, float b, const Lanes& c) {
  return multiply_add(a, splat(b), c);
}
inline Lanes multiply_add(const Lanes& a, float b, float c) {
  return multiply_add(a, splat(b), splat(c));
}

inline Lanes square_root(const Lanes& x) {
  return each_part<Lanes>([&](int i) { return native_sqrt(x.part[i]); });
}

inline Lanes magnitude(const Lanes& x) {
  return each_part<Lanes>(
      [&](int i) { return (NativeFloat)((NativeBits)x.part[i] & 0x7fffffffu); });
}

inline float square_root(float x) { return __builtin_sqrtf(x); }

// The sum of the lanes, in a fixed tree: the halves, their halves, ...
inline float sum(const Lanes& x) {
  using Eight = float __attribute__((vector_size(32)));
  using Four = float __attribute__((vector_size(16)));
  Eight a[2];
  std::memcpy(a, &x, sizeof a);
  const Eight b = a[0] + a[1];
  Four c[2];
  std::memcpy(c, &b, sizeof c);
  const Four d = c[0] + c[1];
  return (d[0] + d[2]) + (d[1] + d[3]);
}

// --- loads and stores -------------------------------------------------------------------------
// Part by part, or compilers assemble sixteen elements on the stack first. With a count, only the
// first `count` elements are touched; the others read as zero.

inline const float* raw(const float* p) { return p; }
inline float* raw(float* p) { return p; }
template <class T>
inline const uint16_t* raw(const T* p) {
  return &p->bits;
}
template <class T>
inline uint16_t* raw(T* p) {
  return &p->bits;
}

template <class Result, class T>
inline Result load_parts(const T* p) {
  return each_part<Result>([&](int i) {
    typename Result::Part part;
    std::memcpy(&part, p + i * kNativeLanes, sizeof part);
    return part;
  });
}

template <class Result, class T>
inline Result load_parts(const T* p, int count) {
  return each_part<Result>(
      [&](int i) { return native_load(raw(p + i * kNativeLanes), in_part(i, count)); });
}

template <class Source, class T>
inline void store_parts(T* p, const Source& x) {
  for_each_part([&](int i) { std::memcpy(p + i * kNativeLanes, &x.part[i], sizeof x.part[i]); });
}

template <class Source, class T>
inline void store_parts(T* p, const Source& x, int count) {
  for_each_part(
      [&](int i) { native_store(raw(p + i * kNativeLanes), x.part[i], in_part(i, count)); });
}

inline Lanes widen(const Lanes& x, float) { return x; }

inline Lanes widen(const Lanes16& bits, bfloat16) {
  return each_part<Lanes>([&](int i) { return native_widen_bfloat16(bits.part[i]); });
}

inline Lanes widen(const Lanes16& bits, float16) {
  return each_part<Lanes>([&](int i) { return native_widen_float16(bits.part[i]); });
}

// To the nearest, ties to even. A NaN must be quiet, as the results of arithmetic are: it loses the
// lower half of its bits.
inline Lanes narrow(const Lanes& x, float) { return x; }

inline Lanes16 narrow(const Lanes& x, bfloat16) {
  return each_part<Lanes16>([&](int i) {
    const NativeBits bits = (NativeBits)x.part[i];
    const NativeBits half = ((bits >> 16) & 1u) + 0x7fffu;
    return native_upper_halves(bits + (x.part[i] == x.part[i] ? half : NativeBits{}));
  });
}

inline Lanes16 narrow(const Lanes& x, float16) {
  return each_part<Lanes16>([&](int i) { return native_narrow_float16(x.part[i]); });
}

// What sixteen elements of type T are in memory.
template <class T>
using LanesIn = decltype(narrow(Lanes{}, T{}));

template <class T>
inline Lanes load(const T* p) {
  return widen(load_parts<LanesIn<T>>(p), T{});
}

template <class T>
inline Lanes load(const T* p, int count) {
  return count == kLanes ? load(p) : widen(load_parts<LanesIn<T>>(p, count), T{});
}

template <class T>
inline void store(T* p, const Lanes& x) {
  store_parts(p, narrow(x, T{}));
}

template <class T>
inline void store(T* p, const Lanes& x, int count) {
  if (count == kLanes) return store(p, x);
  store_parts(p, narrow(x, T{}), count);
}

// Asks for what will be needed: `ahead` bytes from here. Processors see a stream coming by
// themselves, but not far enough: 2 KiB gain a tenth where four streams are read, a third with one.
inline constexpr int64_t kAhead = 2048;

// Always inlined: GCC drops calls of functions that do nothing else, as having no effect.
template <class T>
[[gnu::always_inline]] inline void prefetch_ahead(const T* p, int64_t ahead = kAhead) {
  __builtin_prefetch(reinterpret_cast<const char*>(p) + ahead);
}

// --- stochastic rounding to bfloat16 ----------------------------------------------------------

// Adds 16 random bits below the kept ones and truncates: x rounds up with probability equal to its
// distance from the lower neighbour. Infinities and NaNs stay what they are.
inline Lanes16 narrow_stochastic(const Lanes& x, const Lanes32& random) {
  return each_part<Lanes16>([&](int i) {
    const NativeBits bits = (NativeBits)x.part[i];
    const NativeBits up = random.part[i] & 0xffffu;
    const auto finite = (bits & 0x7f800000u) != 0x7f800000u;
    return native_upper_halves(bits + (finite ? up : NativeBits{}));
  });
}

// Where and how a step stores weights: nearest or stochastic, the random bits keyed by the
// element's number in its tensor.
struct Rounder {
  bool stochastic = false;
  uint64_t key = 0;

  Lanes32 random(int64_t element) const {
    const uint64_t k = key + (static_cast<uint64_t>(element) >> 32) * 0x9e3779b97f4a7c15u;
    constexpr uint32_t kIota[kLanes] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    Lanes32 iota;
    std::memcpy(&iota, kIota, sizeof iota);
    return each_part<Lanes32>([&](int i) {
      return random_bits32(iota.part[i] + static_cast<uint32_t>(element), static_cast<uint32_t>(k),
                           static_cast<uint32_t>(k >> 32));
    });
  }
};

// Stores `count` weights whose first is number `element` of its tensor.
template <class T>
inline void store_weights(T* p, const Lanes& x, int count, int64_t, const Rounder&) {
  store(p, x, count);
}

template <>
inline void store_weights<bfloat16>(bfloat16* p, const Lanes& x, int count, int64_t element,
                                    const Rounder& rounder) {
  if (!rounder.stochastic) return store(p, x, count);
  const Lanes16 bits = narrow_stochastic(x, rounder.random(element));
  if (count == kLanes) return store_parts(p, bits);
  store_parts(p, bits, count);
}

template <class Item>
inline Rounder rounder_of(const Item& item) {
  const bool stochastic =
      item.rounding == Rounding::stochastic && item.param.dtype == DType::bfloat16;
  const int64_t calls = item.counters.template as<int64_t>()[0];
  return {stochastic, stochastic ? random_key(item.seed, item.stream, calls) : 0};
}

}  // namespace lean::cpu::LEAN_ISA
