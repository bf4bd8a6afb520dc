// Solutions with triangular matrices (trsm) and products of a matrix with itself (syrk).
#include <algorithm>

#include "simt/libs/cublas.h"
#include "simt/libs/lapack.h"

namespace lean::simt {
namespace {

template <class T>
constexpr cudaDataType kType = sizeof(T) == 8 ? CUDA_R_64F : CUDA_R_32F;

template <class T>
int trsm_of(LibraryHandle* handle, int side, int uplo, int op, int diagonal, int m, int n,
            const T* alpha, const T* a, int lda, T* b, int ldb) {
  return library_call(kBlasCodes, [&] {
    LibraryHandle& checked = check_handle(handle);
    int64_t size = side == kRight ? n : m;
    DeviceMatrix triangle{
        "trsm: A", a, size, size, lda, kType<T>, uplo == kUpper ? Part::upper : Part::lower};
    DeviceMatrix right{"trsm: B", b, m, n, ldb, kType<T>};
    check(triangle);
    check(right);
    Scalar times(checked, alpha, kType<T>);
    enqueue(checked, [=] {
      std::vector<T> values = fetch<T>(right);
      trsm<T>(side == kRight, uplo == kUpper, op != kPlain, diagonal == kUnit, m, n,
              static_cast<T>(times.value()), fetch<T>(triangle), values);
      store(right, values);
    });
  });
}

// By gemm, of which one triangle is stored.
template <class T>
int syrk_of(LibraryHandle* handle, int uplo, int op, int n, int k, const T* alpha, const T* a,
            int lda, const T* beta, T* c, int ldc) {
  return library_call(kBlasCodes, [&] {
    LibraryHandle& checked = check_handle(handle);
    bool turned = op != kPlain;
    DeviceMatrix factor{"syrk: A", a, turned ? k : n, turned ? n : k, lda, kType<T>};
    DeviceMatrix to{"syrk: C", c, n, n, ldc, kType<T>, uplo == kUpper ? Part::upper : Part::lower};
    check(factor);
    check(to);
    Scalar times(checked, alpha, kType<T>), plus(checked, beta, kType<T>);
    enqueue(checked, [=] {
      std::vector<T> values = fetch<T>(factor);
      T scale = static_cast<T>(plus.value());
      std::vector<T> sum(static_cast<size_t>(n) * n);
      if (scale != 0) sum = fetch<T>(to);
      gemm<T>(turned, !turned, n, n, k, static_cast<T>(times.value()), values, values, scale, sum);
      store(to, sum);
    });
  });
}

const BlasEntry kStrsm("cublasStrsm_v2", trsm_of<float>);
const BlasEntry kDtrsm("cublasDtrsm_v2", trsm_of<double>);
const BlasEntry kSsyrk("cublasSsyrk_v2", syrk_of<float>);
const BlasEntry kDsyrk("cublasDsyrk_v2", syrk_of<double>);

}  // namespace
}  // namespace lean::simt
