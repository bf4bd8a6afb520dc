// The dense linear algebra that the kernels take from OpenBLAS and LAPACK, for row-major matrices.
// `ld` is the distance between rows. Every call runs on the calling thread alone: the kernels cut
// their work into panels whose size does not depend on the number of threads, so results do not
// either. Dimensions above 2^31 - 1 throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace lean::cpu {

// OpenBLAS's name for the processor whose code it runs: results are bit-equal within one kind.
std::string blas_kind();

// How a product takes an operand.
enum class Op : char { plain = 'N', transposed = 'T' };

// c <- alpha op(a) op(b) + beta c, where op(a) is m x k, op(b) is k x n and c is m x n.
void gemm(Op op_a, Op op_b, int64_t m, int64_t n, int64_t k, double alpha, const double* a,
          int64_t lda, const double* b, int64_t ldb, double beta, double* c, int64_t ldc);

// a <- R in its upper triangle, with R^T R = a (n x n, only the upper triangle is read). Returns an
// estimate of 1 / cond(a), or 0 where a is not positive definite.
double cholesky(int64_t n, double* a, int64_t lda);

// r <- r^-1, upper triangular.
void invert_upper(int64_t n, double* r, int64_t ldr);

// x <- x r for an m x n x and an upper triangular r.
void multiply_by_upper(int64_t m, int64_t n, const double* r, int64_t ldr, double* x, int64_t ldx);

// x <- -r x, the same.
void subtract_upper(int64_t m, int64_t n, const double* r, int64_t ldr, double* x, int64_t ldx);

// a <- an orthonormal basis of the columns of a (m x n, m >= n), by Householder reflections; where
// columns depend on others, they are completed. `work` has householder_work(n) entries.
int64_t householder_work(int64_t n);
void householder(int64_t m, int64_t n, float* a, int64_t lda, float* work);

// The `count` largest eigenvalues' eigenvectors of a symmetric n x n matrix, as the rows of
// `vectors` (count x n), in ascending order of eigenvalue. Overwrites a. False when LAPACK fails.
bool top_eigenvectors(int64_t n, double* a, int64_t count, double* vectors);

// The thin singular value decomposition a = u diag(s) vt of an m x n matrix, k = min(m, n):
// u is m x k, vt is k x n, s descends. Overwrites a. False when LAPACK fails.
bool thin_svd(int64_t m, int64_t n, double* a, double* s, double* u, double* vt);

}  // namespace lean::cpu
