// native.h for AVX-512 (F, BW, VL). The zero-masked forms of some intrinsics stand for the plain
// ones, which GCC's headers define by way of an undefined register that it then warns of.
#pragma once

#include <immintrin.h>

namespace lean::cpu::LEAN_ISA {

inline __mmask16 native_mask(int count) { return static_cast<__mmask16>((1u << count) - 1); }

// The first `count` elements (0 ... 16); the others are zero.
inline NativeFloat native_load(const float* p, int count) {
  return _mm512_maskz_loadu_ps(native_mask(count), p);
}

inline NativeHalf native_load(const uint16_t* p, int count) {
  return (NativeHalf)_mm256_maskz_loadu_epi16(native_mask(count), p);
}

inline void native_store(float* p, NativeFloat x, int count) {
  _mm512_mask_storeu_ps(p, native_mask(count), x);
}

inline void native_store(uint16_t* p, NativeHalf x, int count) {
  _mm256_mask_storeu_epi16(p, native_mask(count), (__m256i)x);
}

inline NativeFloat native_multiply_add(NativeFloat a, NativeFloat b, NativeFloat c) {
  return _mm512_fmadd_ps(a, b, c);
}

inline NativeFloat native_sqrt(NativeFloat x) { return _mm512_maskz_sqrt_ps(0xffff, x); }

// One shuffle each way, where a conversion and a shift would take two or three.
inline NativeFloat native_widen_bfloat16(NativeHalf bits) {
  const __m512i spread = _mm512_set_epi16(15, 0, 14, 0, 13, 0, 12, 0, 11, 0, 10, 0, 9, 0, 8, 0, 7,
                                          0, 6, 0, 5, 0, 4, 0, 3, 0, 2, 0, 1, 0, 0, 0);
  return (NativeFloat)_mm512_maskz_permutexvar_epi16(0xaaaaaaaa, spread,
                                                     _mm512_castsi256_si512((__m256i)bits));
}

inline NativeHalf native_upper_halves(NativeBits bits) {
  const __m512i odd = _mm512_set_epi16(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 31, 29, 27,
                                       25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
  const __m512i words = _mm512_maskz_permutexvar_epi16(0xffffffff, odd, (__m512i)bits);
  NativeHalf lower;
  std::memcpy(&lower, &words, sizeof lower);
  return lower;
}

inline NativeFloat native_widen_float16(NativeHalf bits) {
  return _mm512_maskz_cvtph_ps(0xffff, (__m256i)bits);
}

inline NativeHalf native_narrow_float16(NativeFloat x) {
  return (NativeHalf)_mm512_maskz_cvtps_ph(0xffff, x, _MM_FROUND_TO_NEAREST_INT);
}

}  // namespace lean::cpu::LEAN_ISA
