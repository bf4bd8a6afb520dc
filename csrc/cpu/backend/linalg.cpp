#include "cpu/backend/linalg.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "cpu/backend/blas-locks.h"

// OpenBLAS's Fortran entry points, declared here so that none of its headers is needed. Fortran
// passes everything by address, and the lengths of strings after everything else.
extern "C" {
void openblas_set_num_threads(int threads);
char* openblas_get_corename();

void dgemm_(const char* op_a, const char* op_b, const int* m, const int* n, const int* k,
            const double* alpha, const double* a, const int* lda, const double* b, const int* ldb,
            const double* beta, double* c, const int* ldc, size_t, size_t);
void dtrmm_(const char* side, const char* triangle, const char* op, const char* diagonal,
            const int* m, const int* n, const double* alpha, const double* a, const int* lda,
            double* b, const int* ldb, size_t, size_t, size_t, size_t);
void dpotrf_(const char* triangle, const int* n, double* a, const int* lda, int* info, size_t);
double dlansy_(const char* norm, const char* triangle, const int* n, const double* a,
               const int* lda, double* work, size_t, size_t);
void dpocon_(const char* triangle, const int* n, const double* a, const int* lda,
             const double* norm, double* reciprocal, double* work, int* iwork, int* info, size_t);
void dtrtri_(const char* triangle, const char* diagonal, const int* n, double* a, const int* lda,
             int* info, size_t, size_t);
void sgelqf_(const int* m, const int* n, float* a, const int* lda, float* tau, float* work,
             const int* lwork, int* info);
void sorglq_(const int* m, const int* n, const int* k, float* a, const int* lda, const float* tau,
             float* work, const int* lwork, int* info);
void dsytrd_(const char* triangle, const int* n, double* a, const int* lda, double* d, double* e,
             double* tau, double* work, const int* lwork, int* info, size_t);
void dstemr_(const char* job, const char* range, const int* n, double* d, double* e,
             const double* vl, const double* vu, const int* il, const int* iu, int* m, double* w,
             double* z, const int* ldz, const int* nzc, int* isuppz, int* tryrac, double* work,
             const int* lwork, int* iwork, const int* liwork, int* info, size_t, size_t);
void dormtr_(const char* side, const char* triangle, const char* op, const int* m, const int* n,
             const double* a, const int* lda, const double* tau, double* c, const int* ldc,
             double* work, const int* lwork, int* info, size_t, size_t, size_t);
void dgesdd_(const char* job, const int* m, const int* n, double* a, const int* lda, double* s,
             double* u, const int* ldu, double* vt, const int* ldvt, double* work, const int* lwork,
             int* iwork, int* info, size_t);
}

namespace lean::cpu {
namespace {

// The block size that LAPACK's work arrays are sized for.
constexpr int64_t kBlock = 64;

int blas_int(int64_t x) {
  require(x >= 0 && x <= INT_MAX, "a matrix is too large for BLAS, which counts in 32 bits");
  return static_cast<int>(x);
}

// Some builds of OpenBLAS have threads of their own, which would compete with the pool's.
[[maybe_unused]] const bool single_threaded = (openblas_set_num_threads(1), true);

}  // namespace

std::string blas_kind() { return openblas_get_corename(); }

void gemm(Op op_a, Op op_b, int64_t m, int64_t n, int64_t k, double alpha, const double* a,
          int64_t lda, const double* b, int64_t ldb, double beta, double* c, int64_t ldc) {
  // BLAS sees a row-major matrix as its transpose: c^T = op(b)^T op(a)^T.
  const char a_op = static_cast<char>(op_a);
  const char b_op = static_cast<char>(op_b);
  const int sizes[] = {blas_int(n), blas_int(m), blas_int(k)};
  const int strides[] = {blas_int(ldb), blas_int(lda), blas_int(ldc)};
  const BlasTurn turn;
  dgemm_(&b_op, &a_op, &sizes[0], &sizes[1], &sizes[2], &alpha, b, &strides[0], a, &strides[1],
         &beta, c, &strides[2], 1, 1);
}

double cholesky(int64_t n, double* a, int64_t lda) {
  const int order = blas_int(n), stride = blas_int(lda);
  std::vector<double> work(3 * n);
  std::vector<int> int_work(n);
  double reciprocal = 0;
  int info = 0;
  const BlasTurn turn;
  const double norm = dlansy_("1", "L", &order, a, &stride, work.data(), 1, 1);
  dpotrf_("L", &order, a, &stride, &info, 1);
  if (info != 0) return 0;
  dpocon_("L", &order, a, &stride, &norm, &reciprocal, work.data(), int_work.data(), &info, 1);
  return reciprocal;
}

void invert_upper(int64_t n, double* r, int64_t ldr) {
  const int order = blas_int(n), stride = blas_int(ldr);
  int info = 0;
  const BlasTurn turn;
  dtrtri_("L", "N", &order, r, &stride, &info, 1, 1);
}

void multiply_by_upper(int64_t m, int64_t n, const double* r, int64_t ldr, double* x, int64_t ldx) {
  const int rows = blas_int(n), cols = blas_int(m);
  const int r_stride = blas_int(ldr), x_stride = blas_int(ldx);
  const double one = 1;
  const BlasTurn turn;
  dtrmm_("L", "L", "N", "N", &rows, &cols, &one, r, &r_stride, x, &x_stride, 1, 1, 1, 1);
}

void subtract_upper(int64_t m, int64_t n, const double* r, int64_t ldr, double* x, int64_t ldx) {
  const int rows = blas_int(n), cols = blas_int(m);
  const int r_stride = blas_int(ldr), x_stride = blas_int(ldx);
  const double minus = -1;
  const BlasTurn turn;
  dtrmm_("R", "L", "N", "N", &rows, &cols, &minus, r, &r_stride, x, &x_stride, 1, 1, 1, 1);
}

int64_t householder_work(int64_t n) { return n + kBlock * n; }

void householder(int64_t m, int64_t n, float* a, int64_t lda, float* work) {
  const int rows = blas_int(n), cols = blas_int(m), stride = blas_int(lda);
  const int size = blas_int(kBlock * n);
  int info = 0;
  const BlasTurn turn;
  sgelqf_(&rows, &cols, a, &stride, work, work + n, &size, &info);
  sorglq_(&rows, &cols, &rows, a, &stride, work, work + n, &size, &info);
}

// To tridiagonal form, from there by relatively robust representations, and back. dsyevr does the
// same for all vectors but takes the much slower bisection for some; dsyevd computes all.
bool top_eigenvectors(int64_t n, double* a, int64_t count, double* vectors) {
  const int order = blas_int(n), wanted = blas_int(count);
  const int first = order - wanted + 1;
  const int size = blas_int(std::max(kBlock * n, 18 * n)), int_size = blas_int(10 * n);
  const double unused = 0;
  std::vector<double> diagonal(n), beside(n), tau(n), values(n), work(size);
  std::vector<int> support(2 * n), int_work(int_size);
  int info = 0, found = 0, accurate = 0;
  const BlasTurn turn;
  dsytrd_("L", &order, a, &order, diagonal.data(), beside.data(), tau.data(), work.data(), &size,
          &info, 1);
  // dstemr fails for many a matrix whose entries are far from 1.
  double largest = 0;
  for (int64_t i = 0; i < n; ++i) largest = std::max(largest, std::abs(diagonal[i]));
  for (int64_t i = 0; i < n && largest > 0; ++i) diagonal[i] /= largest, beside[i] /= largest;
  dstemr_("V", "I", &order, diagonal.data(), beside.data(), &unused, &unused, &first, &order,
          &found, values.data(), vectors, &order, &wanted, support.data(), &accurate, work.data(),
          &size, int_work.data(), &int_size, &info, 1, 1);
  if (info != 0 || found != wanted) return false;
  dormtr_("L", "L", "N", &order, &wanted, a, &order, tau.data(), vectors, &order, work.data(),
          &size, &info, 1, 1, 1);
  return info == 0;
}

// a^T = vt^T diag(s) u^T is what LAPACK sees.
bool thin_svd(int64_t m, int64_t n, double* a, double* s, double* u, double* vt) {
  const int rows = blas_int(n), cols = blas_int(m), rank = std::min(rows, cols);
  std::vector<int> int_work(8 * static_cast<size_t>(rank));
  double best = 0;
  int query = -1, info = 0;
  const BlasTurn turn;
  const auto decompose = [&](double* work, const int* size) {
    dgesdd_("S", &rows, &cols, a, &rows, s, vt, &rows, u, &rank, work, size, int_work.data(), &info,
            1);
    return info == 0;
  };
  if (!decompose(&best, &query)) return false;
  const int size = blas_int(static_cast<int64_t>(best));
  std::vector<double> work(size);
  return decompose(work.data(), &size);
}

}  // namespace lean::cpu
