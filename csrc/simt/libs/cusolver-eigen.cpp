// Eigenvalues and eigenvectors of symmetric matrices: syevd and syevdx.
#include <algorithm>
#include <cstring>
#include <memory>

#include "simt/libs/cusolver.h"
#include "simt/libs/lapack.h"

namespace lean::simt {
namespace {

struct Eigen {
  LibraryHandle* handle;
  const char* name;
  bool vectors, upper;
  int64_t n;
  cudaDataType type;
  void* a;
  int64_t lda;
  void* w;
  SolverWorkspace workspace;
  int* info;
  // Of syevdx: which eigenvalues. Counted from 1, as LAPACK does.
  int64_t first, last;
};

template <class T>
void compute(const Eigen& call) {
  DeviceMatrix triangle{"syevd: A",
                        call.a,
                        call.n,
                        call.n,
                        call.lda,
                        call.type,
                        call.upper ? Part::upper : Part::lower};
  std::vector<T> a = fetch<T>(triangle), w;
  int info = eigen<T>(call.vectors, call.upper, call.n, a, w);
  DeviceMatrix whole = triangle;
  whole.part = Part::all;
  // Without vectors A is destroyed, and beyond the chosen ones as well.
  spoil(whole);
  int64_t count = call.last - call.first + 1;
  if (call.vectors) {
    whole.columns = count;
    a.erase(a.begin(), a.begin() + (call.first - 1) * call.n);
    store(whole, a);
  }
  w.erase(w.begin(), w.begin() + (call.first - 1));
  store<T>({"syevd: W", call.w, count, 1, std::max<int64_t>(1, count), call.type}, w);
  spoil_workspace(call.workspace.address, call.workspace.wanted);
  store_info(call.name, call.info, info);
}

void submit(const Eigen& call) {
  LibraryHandle& handle = check_handle(call.handle);
  check({"syevd: A", call.a, call.n, call.n, call.lda, call.type});
  if (call.type != CUDA_R_32F && call.type != CUDA_R_64F) {
    throw Error(cudaErrorNotSupported, std::string(call.name) + ": float and double alone");
  }
  check_solver_workspace(call.workspace);
  check_info(call.name, call.info);
  enqueue(handle,
          [call] { call.type == CUDA_R_64F ? compute<double>(call) : compute<float>(call); });
}

int syevd_of(LibraryHandle* handle, const char* name, int mode, int uplo, int64_t n,
             cudaDataType type, void* a, int64_t lda, void* w, void* work, uint64_t bytes,
             int* info) {
  return library_call(kSolverCodes, [&] {
    submit({handle,
            name,
            mode == kVectors,
            uplo == kUpper,
            n,
            type,
            a,
            lda,
            w,
            {name, work, bytes, workspace_bytes(n, n)},
            info,
            1,
            n});
  });
}

int ssyevd(LibraryHandle* handle, int mode, int uplo, int n, float* a, int lda, float* w,
           float* work, int length, int* info) {
  return syevd_of(handle, "cusolverDnSsyevd", mode, uplo, n, CUDA_R_32F, a, lda, w, work,
                  static_cast<uint64_t>(length) * sizeof(float), info);
}

int dsyevd(LibraryHandle* handle, int mode, int uplo, int n, double* a, int lda, double* w,
           double* work, int length, int* info) {
  return syevd_of(handle, "cusolverDnDsyevd", mode, uplo, n, CUDA_R_64F, a, lda, w, work,
                  static_cast<uint64_t>(length) * sizeof(double), info);
}

int ssyevd_size(LibraryHandle*, int, int, int n, const float*, int, const float*, int* length) {
  *length = static_cast<int>(workspace_bytes(n, n) / sizeof(float));
  return kSolverSuccess;
}

int dsyevd_size(LibraryHandle*, int, int, int n, const double*, int, const double*, int* length) {
  *length = static_cast<int>(workspace_bytes(n, n) / sizeof(double));
  return kSolverSuccess;
}

int xsyevd(LibraryHandle* handle, void*, int mode, int uplo, int64_t n, cudaDataType type, void* a,
           int64_t lda, cudaDataType, void* w, cudaDataType, void* work, size_t bytes, void*,
           size_t, int* info) {
  return syevd_of(handle, "cusolverDnXsyevd", mode, uplo, n, type, a, lda, w, work, bytes, info);
}

int xsyevd_size(LibraryHandle*, void*, int, int, int64_t n, cudaDataType, const void*, int64_t,
                cudaDataType, const void*, cudaDataType, size_t* device, size_t* host) {
  *device = workspace_bytes(n, n);
  *host = 0;
  return kSolverSuccess;
}

// A choice by value is not known before it has run, when `found` has been given out already.
int xsyevdx(LibraryHandle* handle, void*, int mode, int range, int uplo, int64_t n,
            cudaDataType type, void* a, int64_t lda, void*, void*, int64_t first, int64_t last,
            int64_t* found, cudaDataType, void* w, cudaDataType, void* work, size_t bytes, void*,
            size_t, int* info) {
  return library_call(kSolverCodes, [&] {
    const char* name = "cusolverDnXsyevdx";
    if (range == kByValue) throw Error(cudaErrorNotSupported, "eigenvalues chosen by value");
    if (range == kAllValues) {
      first = 1;
      last = n;
    }
    if (first < 1 || last < first || last > n) {
      throw Error(cudaErrorInvalidValue, std::string(name) + ": eigenvalues are 1 to n");
    }
    submit({handle,
            name,
            mode == kVectors,
            uplo == kUpper,
            n,
            type,
            a,
            lda,
            w,
            {name, work, bytes, workspace_bytes(n, n)},
            info,
            first,
            last});
    *found = last - first + 1;
  });
}

int xsyevdx_size(LibraryHandle*, void*, int, int, int, int64_t n, cudaDataType, const void*,
                 int64_t, void*, void*, int64_t first, int64_t last, int64_t* found, cudaDataType,
                 const void*, cudaDataType, size_t* device, size_t* host) {
  *device = workspace_bytes(n, n);
  *host = 0;
  if (found) *found = last - first + 1;
  return kSolverSuccess;
}

const SolverEntry kSsyevd("cusolverDnSsyevd", ssyevd);
const SolverEntry kSsyevdSize("cusolverDnSsyevd_bufferSize", ssyevd_size);
const SolverEntry kDsyevd("cusolverDnDsyevd", dsyevd);
const SolverEntry kDsyevdSize("cusolverDnDsyevd_bufferSize", dsyevd_size);
const SolverEntry kXsyevd("cusolverDnXsyevd", xsyevd);
const SolverEntry kXsyevdSize("cusolverDnXsyevd_bufferSize", xsyevd_size);
const SolverEntry kXsyevdx("cusolverDnXsyevdx", xsyevdx);
const SolverEntry kXsyevdxSize("cusolverDnXsyevdx_bufferSize", xsyevdx_size);

}  // namespace
}  // namespace lean::simt
