// BLAS and LAPACK of the host, for float and double alike. Matrices are column-major and compact:
// as many entries from column to column as there are rows.
#pragma once

#include <cstdint>
#include <vector>

namespace lean::simt {

// c <- alpha op(a) op(b) + beta c, where op(a) is m x k and c is m x n.
template <class T>
void gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, T alpha,
          const std::vector<T>& a, const std::vector<T>& b, T beta, std::vector<T>& c);

// b <- alpha op(a)^-1 b, or b op(a)^-1 on the right, with a triangular.
template <class T>
void trsm(bool right, bool upper, bool transpose, bool unit, int64_t m, int64_t n, T alpha,
          const std::vector<T>& a, std::vector<T>& b);

// Each returns LAPACK's info: 0, or which step has failed.
template <class T>
int svd(int64_t m, int64_t n, std::vector<T> a, std::vector<T>& s, std::vector<T>& u,
        std::vector<T>& vt, bool full);
template <class T>
int eigen(bool vectors, bool upper, int64_t n, std::vector<T>& a, std::vector<T>& w);
template <class T>
int cholesky(bool upper, int64_t n, std::vector<T>& a);
template <class T>
int triangular_inverse(bool upper, bool unit, int64_t n, std::vector<T>& a);
template <class T>
int qr(int64_t m, int64_t n, std::vector<T>& a, std::vector<T>& tau);
template <class T>
int qr_basis(int64_t m, int64_t n, int64_t k, std::vector<T>& a, const std::vector<T>& tau);

}  // namespace lean::simt
