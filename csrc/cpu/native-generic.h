// native.h for any instruction set, in terms of the compiler's vectors.
#pragma once

#include "cpu/native-some.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace lean::cpu::LEAN_ISA {

inline NativeFloat native_multiply_add(NativeFloat a, NativeFloat b, NativeFloat c) {
  return a * b + c;
}

inline NativeFloat native_sqrt(NativeFloat x) {
#if defined(__SSE2__)
  return _mm_sqrt_ps(x);
#else
  for (int i = 0; i < kNativeLanes; ++i) x[i] = __builtin_sqrtf(x[i]);
  return x;
#endif
}

inline NativeFloat native_widen_bfloat16(NativeHalf bits) {
  return (NativeFloat)(__builtin_convertvector(bits, NativeBits) << 16);
}

inline NativeHalf native_upper_halves(NativeBits bits) {
  return __builtin_convertvector(bits >> 16, NativeHalf);
}

// Calls, because there is a lot of code to them.
[[gnu::noinline]] inline NativeFloat native_widen_float16(NativeHalf bits) {
  NativeFloat x;
  for (int i = 0; i < kNativeLanes; ++i) x[i] = to_float(float16{bits[i]});
  return x;
}

[[gnu::noinline]] inline NativeHalf native_narrow_float16(NativeFloat x) {
  NativeHalf bits;
  for (int i = 0; i < kNativeLanes; ++i) bits[i] = from_float<float16>(x[i]).bits;
  return bits;
}

}  // namespace lean::cpu::LEAN_ISA
