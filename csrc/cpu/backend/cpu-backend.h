// The CPU as a backend: which instruction set its kernels use, and its pool of threads.
#pragma once

#include <string>
#include <string_view>

#include "core/backend.h"

namespace lean::cpu {

// 0 baseline, 1 AVX2 + FMA + F16C, 2 AVX-512 (F, BW, CD, DQ, VL): the highest that this processor
// has, or a lower one named by LEAN_OPTIM_ISA=baseline|avx2|avx512.
int isa_level();
std::string_view isa_name();

// Threads that a step uses: LEAN_OPTIM_THREADS, else every processor the process may run on.
int threads();
// Takes effect with the next run. n < 1: as at the start.
void set_threads(int n);

}  // namespace lean::cpu
