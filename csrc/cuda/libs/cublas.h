// What is called of cuBLAS. Prototypes are our own, with int for its enumerations: the headers are
// no part of every toolkit. libs/header-check.cpp compares the two where they are.
#pragma once

#include <cuda_runtime_api.h>

#include "cuda/libs/library.h"

namespace lean::cuda {

// cublasOperation_t, cublasFillMode_t
inline constexpr int kBlasPlain = 0, kBlasTransposed = 1;
inline constexpr int kBlasLower = 0, kBlasUpper = 1;

struct Cublas {
  Library library;
  int (*create)(void** handle) = nullptr;
  int (*destroy)(void* handle) = nullptr;
  int (*set_stream)(void* handle, cudaStream_t stream) = nullptr;
  // c (n x n, one triangle) <- alpha a a^T + beta c, a n x k; transposed: a^T a, a k x n.
  int (*dsyrk)(void* handle, int triangle, int op, int n, int k, const double* alpha,
               const double* a, int lda, const double* beta, double* c, int ldc) = nullptr;
};

// Opened by the first call.
const Cublas& cublas();

}  // namespace lean::cuda
