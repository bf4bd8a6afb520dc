// Factorizations: potrf (Cholesky), trtri (inverse of a triangle), geqrf and orgqr.
#include <algorithm>

#include "simt/libs/cusolver.h"
#include "simt/libs/lapack.h"

namespace lean::simt {
namespace {

void require_real(const char* name, cudaDataType type) {
  if (type != CUDA_R_32F && type != CUDA_R_64F) {
    throw Error(cudaErrorNotSupported, std::string(name) + ": float and double alone");
  }
}

// Calls compute(T{}) for the type, in the handle's stream, and stores the info that it returns.
template <class Compute>
void submit(LibraryHandle* handle, const char* name, cudaDataType type,
            const SolverWorkspace& workspace, int* info, Compute compute) {
  LibraryHandle& checked = check_handle(handle);
  require_real(name, type);
  check_solver_workspace(workspace);
  check_info(name, info);
  enqueue(checked, [=] {
    int result = type == CUDA_R_64F ? compute(double{}) : compute(float{});
    spoil_workspace(workspace.address, workspace.wanted);
    store_info(name, info, result);
  });
}

Part triangle(int uplo) { return uplo == kUpper ? Part::upper : Part::lower; }

int potrf_of(LibraryHandle* handle, const char* name, int uplo, int64_t n, cudaDataType type,
             void* a, int64_t lda, void* work, uint64_t bytes, int* info) {
  return library_call(kSolverCodes, [&] {
    DeviceMatrix matrix{"potrf: A", a, n, n, lda, type, triangle(uplo)};
    check(matrix);
    submit(handle, name, type, {name, work, bytes, workspace_bytes(n, n)}, info, [=]<class T>(T) {
      std::vector<T> values = fetch<T>(matrix);
      int result = cholesky(uplo == kUpper, n, values);
      store(matrix, values);
      return result;
    });
  });
}

int spotrf(LibraryHandle* handle, int uplo, int n, float* a, int lda, float* work, int length,
           int* info) {
  return potrf_of(handle, "cusolverDnSpotrf", uplo, n, CUDA_R_32F, a, lda, work,
                  static_cast<uint64_t>(length) * sizeof(float), info);
}

int dpotrf(LibraryHandle* handle, int uplo, int n, double* a, int lda, double* work, int length,
           int* info) {
  return potrf_of(handle, "cusolverDnDpotrf", uplo, n, CUDA_R_64F, a, lda, work,
                  static_cast<uint64_t>(length) * sizeof(double), info);
}

int spotrf_size(LibraryHandle*, int, int n, float*, int, int* length) {
  *length = static_cast<int>(workspace_bytes(n, n) / sizeof(float));
  return kSolverSuccess;
}

int dpotrf_size(LibraryHandle*, int, int n, double*, int, int* length) {
  *length = static_cast<int>(workspace_bytes(n, n) / sizeof(double));
  return kSolverSuccess;
}

int xpotrf(LibraryHandle* handle, void*, int uplo, int64_t n, cudaDataType type, void* a,
           int64_t lda, cudaDataType, void* work, size_t bytes, void*, size_t, int* info) {
  return potrf_of(handle, "cusolverDnXpotrf", uplo, n, type, a, lda, work, bytes, info);
}

int xpotrf_size(LibraryHandle*, void*, int, int64_t n, cudaDataType, const void*, int64_t,
                cudaDataType, size_t* device, size_t* host) {
  *device = workspace_bytes(n, n);
  *host = 0;
  return kSolverSuccess;
}

int xtrtri(LibraryHandle* handle, int uplo, int diagonal, int64_t n, cudaDataType type, void* a,
           int64_t lda, void* work, size_t bytes, void*, size_t, int* info) {
  return library_call(kSolverCodes, [&] {
    const char* name = "cusolverDnXtrtri";
    DeviceMatrix matrix{"trtri: A", a, n, n, lda, type, triangle(uplo)};
    check(matrix);
    submit(handle, name, type, {name, work, bytes, workspace_bytes(n, n)}, info, [=]<class T>(T) {
      std::vector<T> values = fetch<T>(matrix);
      int result = triangular_inverse(uplo == kUpper, diagonal == kUnit, n, values);
      store(matrix, values);
      return result;
    });
  });
}

int xtrtri_size(LibraryHandle*, int, int, int64_t n, cudaDataType, void*, int64_t, size_t* device,
                size_t* host) {
  *device = workspace_bytes(n, n);
  *host = 0;
  return kSolverSuccess;
}

int geqrf_of(LibraryHandle* handle, const char* name, int64_t m, int64_t n, cudaDataType type,
             void* a, int64_t lda, void* tau, void* work, uint64_t bytes, int* info) {
  return library_call(kSolverCodes, [&] {
    DeviceMatrix matrix{"geqrf: A", a, m, n, lda, type};
    int64_t least = std::min(m, n);
    DeviceMatrix scalars{"geqrf: tau", tau, least, 1, std::max<int64_t>(1, least), type};
    check(matrix);
    submit(handle, name, type, {name, work, bytes, workspace_bytes(m, n)}, info, [=]<class T>(T) {
      std::vector<T> values = fetch<T>(matrix), factors;
      int result = qr(m, n, values, factors);
      store(matrix, values);
      store(scalars, factors);
      return result;
    });
  });
}

int sgeqrf(LibraryHandle* handle, int m, int n, float* a, int lda, float* tau, float* work,
           int length, int* info) {
  return geqrf_of(handle, "cusolverDnSgeqrf", m, n, CUDA_R_32F, a, lda, tau, work,
                  static_cast<uint64_t>(length) * sizeof(float), info);
}

int sgeqrf_size(LibraryHandle*, int m, int n, float*, int, int* length) {
  *length = static_cast<int>(workspace_bytes(m, n) / sizeof(float));
  return kSolverSuccess;
}

int xgeqrf(LibraryHandle* handle, void*, int64_t m, int64_t n, cudaDataType type, void* a,
           int64_t lda, cudaDataType, void* tau, cudaDataType, void* work, size_t bytes, void*,
           size_t, int* info) {
  return geqrf_of(handle, "cusolverDnXgeqrf", m, n, type, a, lda, tau, work, bytes, info);
}

int xgeqrf_size(LibraryHandle*, void*, int64_t m, int64_t n, cudaDataType, const void*, int64_t,
                cudaDataType, const void*, cudaDataType, size_t* device, size_t* host) {
  *device = workspace_bytes(m, n);
  *host = 0;
  return kSolverSuccess;
}

int sorgqr(LibraryHandle* handle, int m, int n, int k, float* a, int lda, const float* tau,
           float* work, int length, int* info) {
  return library_call(kSolverCodes, [&] {
    const char* name = "cusolverDnSorgqr";
    if (n > m || k > n) throw Error(cudaErrorInvalidValue, std::string(name) + ": m >= n >= k");
    DeviceMatrix matrix{"orgqr: A", a, m, n, lda, CUDA_R_32F};
    DeviceMatrix scalars{"orgqr: tau", tau, k, 1, std::max(1, k), CUDA_R_32F};
    check(matrix);
    uint64_t bytes = static_cast<uint64_t>(length) * sizeof(float);
    submit(handle, name, CUDA_R_32F, {name, work, bytes, workspace_bytes(m, n)}, info,
           [=]<class T>(T) {
             std::vector<T> values = fetch<T>(matrix);
             int result = qr_basis(m, n, k, values, fetch<T>(scalars));
             store(matrix, values);
             return result;
           });
  });
}

int sorgqr_size(LibraryHandle*, int m, int n, int, const float*, int, const float*, int* length) {
  *length = static_cast<int>(workspace_bytes(m, n) / sizeof(float));
  return kSolverSuccess;
}

const SolverEntry kSpotrf("cusolverDnSpotrf", spotrf);
const SolverEntry kSpotrfSize("cusolverDnSpotrf_bufferSize", spotrf_size);
const SolverEntry kDpotrf("cusolverDnDpotrf", dpotrf);
const SolverEntry kDpotrfSize("cusolverDnDpotrf_bufferSize", dpotrf_size);
const SolverEntry kXpotrf("cusolverDnXpotrf", xpotrf);
const SolverEntry kXpotrfSize("cusolverDnXpotrf_bufferSize", xpotrf_size);
const SolverEntry kXtrtri("cusolverDnXtrtri", xtrtri);
const SolverEntry kXtrtriSize("cusolverDnXtrtri_bufferSize", xtrtri_size);
const SolverEntry kSgeqrf("cusolverDnSgeqrf", sgeqrf);
const SolverEntry kSgeqrfSize("cusolverDnSgeqrf_bufferSize", sgeqrf_size);
const SolverEntry kXgeqrf("cusolverDnXgeqrf", xgeqrf);
const SolverEntry kXgeqrfSize("cusolverDnXgeqrf_bufferSize", xgeqrf_size);
const SolverEntry kSorgqr("cusolverDnSorgqr", sorgqr);
const SolverEntry kSorgqrSize("cusolverDnSorgqr_bufferSize", sorgqr_size);

}  // namespace
}  // namespace lean::simt
