#include "simt/libs/lapack.h"

#include <algorithm>
#include <cstddef>
#include <type_traits>

// Fortran passes everything by address, and the lengths of strings after everything else.
extern "C" {
void sgemm_(const char*, const char*, const int*, const int*, const int*, const float*,
            const float*, const int*, const float*, const int*, const float*, float*, const int*,
            size_t, size_t);
void strsm_(const char*, const char*, const char*, const char*, const int*, const int*,
            const float*, const float*, const int*, float*, const int*, size_t, size_t, size_t,
            size_t);
void sgesvd_(const char*, const char*, const int*, const int*, float*, const int*, float*, float*,
             const int*, float*, const int*, float*, const int*, int*, size_t, size_t);
void ssyev_(const char*, const char*, const int*, float*, const int*, float*, float*, const int*,
            int*, size_t, size_t);
void spotrf_(const char*, const int*, float*, const int*, int*, size_t);
void strtri_(const char*, const char*, const int*, float*, const int*, int*, size_t, size_t);
void sgeqrf_(const int*, const int*, float*, const int*, float*, float*, const int*, int*);
void sorgqr_(const int*, const int*, const int*, float*, const int*, const float*, float*,
             const int*, int*);
void dgemm_(const char*, const char*, const int*, const int*, const int*, const double*,
            const double*, const int*, const double*, const int*, const double*, double*,
            const int*, size_t, size_t);
void dtrsm_(const char*, const char*, const char*, const char*, const int*, const int*,
            const double*, const double*, const int*, double*, const int*, size_t, size_t, size_t,
            size_t);
void dgesvd_(const char*, const char*, const int*, const int*, double*, const int*, double*,
             double*, const int*, double*, const int*, double*, const int*, int*, size_t, size_t);
void dsyev_(const char*, const char*, const int*, double*, const int*, double*, double*, const int*,
            int*, size_t, size_t);
void dpotrf_(const char*, const int*, double*, const int*, int*, size_t);
void dtrtri_(const char*, const char*, const int*, double*, const int*, int*, size_t, size_t);
void dgeqrf_(const int*, const int*, double*, const int*, double*, double*, const int*, int*);
void dorgqr_(const int*, const int*, const int*, double*, const int*, const double*, double*,
             const int*, int*);
}

namespace lean::simt {
namespace {

// The routine for a type: pick<T>(sgemm_, dgemm_).
template <class T, class Single, class Double>
auto pick(Single* single, Double* two) {
  if constexpr (std::is_same_v<T, float>) {
    return single;
  } else {
    return two;
  }
}

int to_int(int64_t x) { return static_cast<int>(x); }
int leading(int64_t rows) { return to_int(std::max<int64_t>(1, rows)); }
const char* flag(bool yes, const char* if_yes, const char* if_no) { return yes ? if_yes : if_no; }

// LAPACK's way: called with a length of -1, a routine says how much work space it wants.
template <class T, class Call>
void with_work(Call&& call) {
  T wanted = 0;
  int length = -1;
  call(&wanted, &length);
  length = std::max(1, static_cast<int>(wanted));
  std::vector<T> work(static_cast<size_t>(length));
  call(work.data(), &length);
}

}  // namespace

template <class T>
void gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, T alpha,
          const std::vector<T>& a, const std::vector<T>& b, T beta, std::vector<T>& c) {
  int rows = to_int(m), columns = to_int(n), inner = to_int(k);
  int lda = leading(transpose_a ? k : m), ldb = leading(transpose_b ? n : k), ldc = leading(m);
  pick<T>(sgemm_, dgemm_)(flag(transpose_a, "T", "N"), flag(transpose_b, "T", "N"), &rows, &columns,
                          &inner, &alpha, a.data(), &lda, b.data(), &ldb, &beta, c.data(), &ldc, 1,
                          1);
}

template <class T>
void trsm(bool right, bool upper, bool transpose, bool unit, int64_t m, int64_t n, T alpha,
          const std::vector<T>& a, std::vector<T>& b) {
  int rows = to_int(m), columns = to_int(n);
  int lda = leading(right ? n : m), ldb = leading(m);
  pick<T>(strsm_, dtrsm_)(flag(right, "R", "L"), flag(upper, "U", "L"), flag(transpose, "T", "N"),
                          flag(unit, "U", "N"), &rows, &columns, &alpha, a.data(), &lda, b.data(),
                          &ldb, 1, 1, 1, 1);
}

template <class T>
int svd(int64_t m, int64_t n, std::vector<T> a, std::vector<T>& s, std::vector<T>& u,
        std::vector<T>& vt, bool full) {
  int rows = to_int(m), columns = to_int(n), least = std::min(rows, columns), info = 0;
  int of_u = full ? rows : least, of_v = full ? columns : least;
  int lda = leading(m), ldu = leading(m), ldvt = leading(of_v);
  const char* job = flag(full, "A", "S");
  s.assign(static_cast<size_t>(least), 0);
  u.assign(static_cast<size_t>(rows) * of_u, 0);
  vt.assign(static_cast<size_t>(of_v) * columns, 0);
  with_work<T>([&](T* work, const int* length) {
    pick<T>(sgesvd_, dgesvd_)(job, job, &rows, &columns, a.data(), &lda, s.data(), u.data(), &ldu,
                              vt.data(), &ldvt, work, length, &info, 1, 1);
  });
  return info;
}

template <class T>
int eigen(bool vectors, bool upper, int64_t n, std::vector<T>& a, std::vector<T>& w) {
  int size = to_int(n), lda = leading(n), info = 0;
  w.assign(static_cast<size_t>(n), 0);
  with_work<T>([&](T* work, const int* length) {
    pick<T>(ssyev_, dsyev_)(flag(vectors, "V", "N"), flag(upper, "U", "L"), &size, a.data(), &lda,
                            w.data(), work, length, &info, 1, 1);
  });
  return info;
}

template <class T>
int cholesky(bool upper, int64_t n, std::vector<T>& a) {
  int size = to_int(n), lda = leading(n), info = 0;
  pick<T>(spotrf_, dpotrf_)(flag(upper, "U", "L"), &size, a.data(), &lda, &info, 1);
  return info;
}

template <class T>
int triangular_inverse(bool upper, bool unit, int64_t n, std::vector<T>& a) {
  int size = to_int(n), lda = leading(n), info = 0;
  pick<T>(strtri_, dtrtri_)(flag(upper, "U", "L"), flag(unit, "U", "N"), &size, a.data(), &lda,
                            &info, 1, 1);
  return info;
}

template <class T>
int qr(int64_t m, int64_t n, std::vector<T>& a, std::vector<T>& tau) {
  int rows = to_int(m), columns = to_int(n), lda = leading(m), info = 0;
  tau.assign(static_cast<size_t>(std::min(m, n)), 0);
  with_work<T>([&](T* work, const int* length) {
    pick<T>(sgeqrf_, dgeqrf_)(&rows, &columns, a.data(), &lda, tau.data(), work, length, &info);
  });
  return info;
}

template <class T>
int qr_basis(int64_t m, int64_t n, int64_t k, std::vector<T>& a, const std::vector<T>& tau) {
  int rows = to_int(m), columns = to_int(n), reflectors = to_int(k), lda = leading(m), info = 0;
  with_work<T>([&](T* work, const int* length) {
    pick<T>(sorgqr_, dorgqr_)(&rows, &columns, &reflectors, a.data(), &lda, tau.data(), work,
                              length, &info);
  });
  return info;
}

template void gemm<float>(bool, bool, int64_t, int64_t, int64_t, float, const std::vector<float>&,
                          const std::vector<float>&, float, std::vector<float>&);
template void trsm<float>(bool, bool, bool, bool, int64_t, int64_t, float,
                          const std::vector<float>&, std::vector<float>&);
template int svd<float>(int64_t, int64_t, std::vector<float>, std::vector<float>&,
                        std::vector<float>&, std::vector<float>&, bool);
template int eigen<float>(bool, bool, int64_t, std::vector<float>&, std::vector<float>&);
template int cholesky<float>(bool, int64_t, std::vector<float>&);
template int triangular_inverse<float>(bool, bool, int64_t, std::vector<float>&);
template int qr<float>(int64_t, int64_t, std::vector<float>&, std::vector<float>&);
template int qr_basis<float>(int64_t, int64_t, int64_t, std::vector<float>&,
                             const std::vector<float>&);
template void gemm<double>(bool, bool, int64_t, int64_t, int64_t, double,
                           const std::vector<double>&, const std::vector<double>&, double,
                           std::vector<double>&);
template void trsm<double>(bool, bool, bool, bool, int64_t, int64_t, double,
                           const std::vector<double>&, std::vector<double>&);
template int svd<double>(int64_t, int64_t, std::vector<double>, std::vector<double>&,
                         std::vector<double>&, std::vector<double>&, bool);
template int eigen<double>(bool, bool, int64_t, std::vector<double>&, std::vector<double>&);
template int cholesky<double>(bool, int64_t, std::vector<double>&);
template int triangular_inverse<double>(bool, bool, int64_t, std::vector<double>&);
template int qr<double>(int64_t, int64_t, std::vector<double>&, std::vector<double>&);
template int qr_basis<double>(int64_t, int64_t, int64_t, std::vector<double>&,
                              const std::vector<double>&);

}  // namespace lean::simt
