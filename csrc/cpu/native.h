// The vectors of floats that the instruction set of this file's compilation has, and the few things
// that compilers do not make of plain expressions on them: fused multiply-adds wherever they are
// wanted, square roots, the 16-bit types, and loads and stores of only some elements.
#pragma once

#include <cstdint>
#include <cstring>

#include "core/half.h"

namespace lean::cpu::LEAN_ISA {

#if defined(__AVX512BW__)
inline constexpr int kNativeLanes = 16;
#elif defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
inline constexpr int kNativeLanes = 8;
#else
inline constexpr int kNativeLanes = 4;  // SSE2, NEON, or whatever the compiler makes of it
#endif

using NativeFloat = float __attribute__((vector_size(4 * kNativeLanes)));
using NativeBits = uint32_t __attribute__((vector_size(4 * kNativeLanes)));
using NativeHalf = uint16_t __attribute__((vector_size(2 * kNativeLanes)));  // 16-bit elements

}  // namespace lean::cpu::LEAN_ISA

#if defined(__AVX512BW__)
#include "cpu/native-avx512.h"
#elif defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
#include "cpu/native-avx2.h"
#else
#include "cpu/native-generic.h"
#endif
