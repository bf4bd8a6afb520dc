// What is called of cuSOLVER: the 64-bit interface, which every release since CUDA 11.1 has.
// Prototypes as in libs/cublas.h. Matrices are column-major; `host` memory is the host's.
#pragma once

#include <cuda_runtime_api.h>
#include <library_types.h>

#include <cstdint>

#include "cuda/libs/library.h"

namespace lean::cuda {

inline constexpr int kSolverVectors = 1;          // cusolverEigMode_t
inline constexpr int kSolverRangeByIndex = 1002;  // cusolverEigRange_t

struct Cusolver {
  Library library;
  int (*create)(void** handle) = nullptr;
  int (*destroy)(void* handle) = nullptr;
  int (*set_stream)(void* handle, cudaStream_t stream) = nullptr;
  int (*create_params)(void** params) = nullptr;
  int (*destroy_params)(void* params) = nullptr;

  // Eigenvectors first ... last (from 1, by ascending eigenvalue) of a symmetric matrix, which they
  // replace from its first column on.
  int (*syevdx_size)(void* handle, void* params, int job, int range, int triangle, int64_t n,
                     cudaDataType a_type, const void* a, int64_t lda, void* lowest, void* highest,
                     int64_t first, int64_t last, int64_t* found, cudaDataType w_type,
                     const void* w, cudaDataType type, size_t* bytes, size_t* host) = nullptr;
  int (*syevdx)(void* handle, void* params, int job, int range, int triangle, int64_t n,
                cudaDataType a_type, void* a, int64_t lda, void* lowest, void* highest,
                int64_t first, int64_t last, int64_t* found, cudaDataType w_type, void* w,
                cudaDataType type, void* work, size_t bytes, void* host_work, size_t host,
                int* info) = nullptr;

  // a = u s vt for m >= n: 'S': n vectors, 'N': none.
  int (*gesvd_size)(void* handle, void* params, signed char job_u, signed char job_vt, int64_t m,
                    int64_t n, cudaDataType a_type, const void* a, int64_t lda, cudaDataType s_type,
                    const void* s, cudaDataType u_type, const void* u, int64_t ldu,
                    cudaDataType vt_type, const void* vt, int64_t ldvt, cudaDataType type,
                    size_t* bytes, size_t* host) = nullptr;
  int (*gesvd)(void* handle, void* params, signed char job_u, signed char job_vt, int64_t m,
               int64_t n, cudaDataType a_type, void* a, int64_t lda, cudaDataType s_type, void* s,
               cudaDataType u_type, void* u, int64_t ldu, cudaDataType vt_type, void* vt,
               int64_t ldvt, cudaDataType type, void* work, size_t bytes, void* host_work,
               size_t host, int* info) = nullptr;

  // a = u s v^T by a polar decomposition; `economy`: min(m, n) vectors.
  int (*gesvdp_size)(void* handle, void* params, int job, int economy, int64_t m, int64_t n,
                     cudaDataType a_type, const void* a, int64_t lda, cudaDataType s_type,
                     const void* s, cudaDataType u_type, const void* u, int64_t ldu,
                     cudaDataType v_type, const void* v, int64_t ldv, cudaDataType type,
                     size_t* bytes, size_t* host) = nullptr;
  int (*gesvdp)(void* handle, void* params, int job, int economy, int64_t m, int64_t n,
                cudaDataType a_type, void* a, int64_t lda, cudaDataType s_type, void* s,
                cudaDataType u_type, void* u, int64_t ldu, cudaDataType v_type, void* v,
                int64_t ldv, cudaDataType type, void* work, size_t bytes, void* host_work,
                size_t host, int* info, double* error) = nullptr;

  // The k largest singular values and their vectors by random projection onto k + p dimensions.
  int (*gesvdr_size)(void* handle, void* params, signed char job_u, signed char job_v, int64_t m,
                     int64_t n, int64_t k, int64_t p, int64_t iterations, cudaDataType a_type,
                     const void* a, int64_t lda, cudaDataType s_type, const void* s,
                     cudaDataType u_type, const void* u, int64_t ldu, cudaDataType v_type,
                     const void* v, int64_t ldv, cudaDataType type, size_t* bytes,
                     size_t* host) = nullptr;
  int (*gesvdr)(void* handle, void* params, signed char job_u, signed char job_v, int64_t m,
                int64_t n, int64_t k, int64_t p, int64_t iterations, cudaDataType a_type, void* a,
                int64_t lda, cudaDataType s_type, void* s, cudaDataType u_type, void* u,
                int64_t ldu, cudaDataType v_type, void* v, int64_t ldv, cudaDataType type,
                void* work, size_t bytes, void* host_work, size_t host, int* info) = nullptr;
};

// Opened by the first call.
const Cusolver& cusolver();

}  // namespace lean::cuda
