// native.h for AVX2 with FMA and F16C.
#pragma once

#include <immintrin.h>

#include "cpu/native-some.h"

namespace lean::cpu::LEAN_ISA {

inline NativeFloat native_multiply_add(NativeFloat a, NativeFloat b, NativeFloat c) {
  return _mm256_fmadd_ps(a, b, c);
}

inline NativeFloat native_sqrt(NativeFloat x) { return _mm256_sqrt_ps(x); }

inline NativeFloat native_widen_bfloat16(NativeHalf bits) {
  return (NativeFloat)_mm256_slli_epi32(_mm256_cvtepu16_epi32((__m128i)bits), 16);
}

inline NativeHalf native_upper_halves(NativeBits bits) {
  const __m256i x = _mm256_srli_epi32((__m256i)bits, 16);
  return (NativeHalf)_mm_packus_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
}

inline NativeFloat native_widen_float16(NativeHalf bits) { return _mm256_cvtph_ps((__m128i)bits); }

inline NativeHalf native_narrow_float16(NativeFloat x) {
  return (NativeHalf)_mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT);
}

}  // namespace lean::cpu::LEAN_ISA
