// Singular value decompositions: gesvd, gesvdj, gesvdp and gesvdr. All are LAPACK's gesvd here;
// they differ in what they give out: gesvd V^T, the others V; gesvdr the largest values alone.
#include <algorithm>

#include "simt/checks/fault.h"
#include "simt/libs/cusolver.h"
#include "simt/libs/lapack.h"

namespace lean::simt {
namespace {

struct Svd {
  LibraryHandle* handle;
  const char* name;
  int64_t m, n;
  DeviceMatrix a, s, u, v;  // u and v with no columns: not wanted
  bool v_transposed = false;
  SolverWorkspace workspace;
  int* info;
};

template <class T>
void compute(const Svd& call) {
  std::vector<T> s, u, vt;
  int64_t least = std::min(call.m, call.n);
  int64_t right = call.v_transposed ? call.v.rows : call.v.columns;  // singular vectors of V
  bool full = call.u.columns > least || right > least;
  int info = svd<T>(call.m, call.n, fetch<T>(call.a), s, u, vt, full);
  spoil(call.a);
  spoil_workspace(call.workspace.address, call.workspace.wanted);
  store(call.s, s);
  if (call.u.columns > 0) store(call.u, u);
  int64_t ld = full ? call.n : least;
  std::vector<T> v(static_cast<size_t>(right * call.n));
  for (int64_t i = 0; i < right; ++i) {
    for (int64_t j = 0; j < call.n; ++j) {
      v[call.v_transposed ? i + j * right : j + i * call.n] = vt[i + j * ld];
    }
  }
  if (right > 0) store(call.v, v);
  store_info(call.name, call.info, info);
}

void submit(const Svd& call) {
  LibraryHandle& handle = check_handle(call.handle);
  for (const DeviceMatrix* each : {&call.a, &call.s, &call.u, &call.v}) {
    if (each->columns > 0) check(*each);
  }
  if (call.a.type != CUDA_R_32F && call.a.type != CUDA_R_64F) {
    throw Error(cudaErrorNotSupported, std::string(call.name) + ": float and double alone");
  }
  check_solver_workspace(call.workspace);
  check_info(call.name, call.info);
  enqueue(handle,
          [call] { call.a.type == CUDA_R_64F ? compute<double>(call) : compute<float>(call); });
}

// 'A': all, 'S': as many as there are values, 'N': none.
int64_t vectors_of(signed char job, int64_t all, int64_t least) {
  switch (job) {
    case 'A':
      return all;
    case 'S':
      return least;
    case 'N':
      return 0;
    case 'O':
      throw Error(cudaErrorNotSupported, "singular vectors in place of the matrix");
    default:
      throw Error(cudaErrorInvalidValue, "singular vectors are A, S, O or N");
  }
}

int gesvd_of(LibraryHandle* handle, const char* name, signed char jobu, signed char jobvt,
             int64_t m, int64_t n, cudaDataType type, void* a, int64_t lda, void* s, void* u,
             int64_t ldu, void* vt, int64_t ldvt, void* work, uint64_t bytes, int* info) {
  return library_call(kSolverCodes, [&] {
    if (m < n) throw Error(cudaErrorInvalidValue, std::string(name) + " takes m >= n alone");
    Svd call{handle, name, m, n, {}, {}, {}, {}, true, {}, info};
    call.a = {"gesvd: A", a, m, n, lda, type};
    call.s = {"gesvd: S", s, n, 1, std::max<int64_t>(1, n), type};
    call.u = {"gesvd: U", u, m, vectors_of(jobu, m, n), ldu, type};
    int64_t right = vectors_of(jobvt, n, n);
    call.v = {"gesvd: VT", vt, right, right > 0 ? n : 0, ldvt, type};
    call.workspace = {name, work, bytes, workspace_bytes(m, n)};
    submit(call);
  });
}

int sgesvd(LibraryHandle* handle, signed char jobu, signed char jobvt, int m, int n, float* a,
           int lda, float* s, float* u, int ldu, float* vt, int ldvt, float* work, int length,
           float*, int* info) {
  return gesvd_of(handle, "cusolverDnSgesvd", jobu, jobvt, m, n, CUDA_R_32F, a, lda, s, u, ldu, vt,
                  ldvt, work, static_cast<uint64_t>(length) * sizeof(float), info);
}

int dgesvd(LibraryHandle* handle, signed char jobu, signed char jobvt, int m, int n, double* a,
           int lda, double* s, double* u, int ldu, double* vt, int ldvt, double* work, int length,
           double*, int* info) {
  return gesvd_of(handle, "cusolverDnDgesvd", jobu, jobvt, m, n, CUDA_R_64F, a, lda, s, u, ldu, vt,
                  ldvt, work, static_cast<uint64_t>(length) * sizeof(double), info);
}

int sgesvd_size(LibraryHandle*, int m, int n, int* length) {
  *length = static_cast<int>(workspace_bytes(m, n) / sizeof(float));
  return kSolverSuccess;
}

int dgesvd_size(LibraryHandle*, int m, int n, int* length) {
  *length = static_cast<int>(workspace_bytes(m, n) / sizeof(double));
  return kSolverSuccess;
}

int xgesvd(LibraryHandle* handle, void*, signed char jobu, signed char jobvt, int64_t m, int64_t n,
           cudaDataType type, void* a, int64_t lda, cudaDataType, void* s, cudaDataType, void* u,
           int64_t ldu, cudaDataType, void* vt, int64_t ldvt, cudaDataType, void* work,
           size_t bytes, void*, size_t, int* info) {
  return gesvd_of(handle, "cusolverDnXgesvd", jobu, jobvt, m, n, type, a, lda, s, u, ldu, vt, ldvt,
                  work, bytes, info);
}

int xgesvd_size(LibraryHandle*, void*, signed char, signed char, int64_t m, int64_t n, cudaDataType,
                const void*, int64_t, cudaDataType, const void*, cudaDataType, const void*, int64_t,
                cudaDataType, const void*, int64_t, cudaDataType, size_t* device, size_t* host) {
  *device = workspace_bytes(m, n);
  *host = 0;
  return kSolverSuccess;
}

// gesvdj and gesvdp: V, economical or square.
int by_mode(LibraryHandle* handle, const char* name, int mode, int econ, int64_t m, int64_t n,
            cudaDataType type, void* a, int64_t lda, void* s, void* u, int64_t ldu, void* v,
            int64_t ldv, void* work, uint64_t bytes, int* info) {
  return library_call(kSolverCodes, [&] {
    int64_t least = std::min(m, n);
    bool vectors = mode == kVectors;
    Svd call{handle, name, m, n, {}, {}, {}, {}, false, {}, info};
    call.a = {"svd: A", a, m, n, lda, type};
    call.s = {"svd: S", s, least, 1, std::max<int64_t>(1, least), type};
    call.u = {"svd: U", u, m, vectors ? (econ ? least : m) : 0, ldu, type};
    call.v = {"svd: V", v, n, vectors ? (econ ? least : n) : 0, ldv, type};
    call.workspace = {name, work, bytes, workspace_bytes(m, n)};
    submit(call);
  });
}

int sgesvdj(LibraryHandle* handle, int mode, int econ, int m, int n, float* a, int lda, float* s,
            float* u, int ldu, float* v, int ldv, float* work, int length, int* info, void*) {
  return by_mode(handle, "cusolverDnSgesvdj", mode, econ, m, n, CUDA_R_32F, a, lda, s, u, ldu, v,
                 ldv, work, static_cast<uint64_t>(length) * sizeof(float), info);
}

int sgesvdj_size(LibraryHandle* handle, int, int, int m, int n, const float*, int, const float*,
                 const float*, int, const float*, int, int* length, void*) {
  return sgesvd_size(handle, m, n, length);
}

int xgesvdp(LibraryHandle* handle, void*, int mode, int econ, int64_t m, int64_t n,
            cudaDataType type, void* a, int64_t lda, cudaDataType, void* s, cudaDataType, void* u,
            int64_t ldu, cudaDataType, void* v, int64_t ldv, cudaDataType, void* work, size_t bytes,
            void*, size_t, int* info, double* error) {
  if (error) *error = 0;
  return by_mode(handle, "cusolverDnXgesvdp", mode, econ, m, n, type, a, lda, s, u, ldu, v, ldv,
                 work, bytes, info);
}

int xgesvdp_size(LibraryHandle*, void*, int, int, int64_t m, int64_t n, cudaDataType, const void*,
                 int64_t, cudaDataType, const void*, cudaDataType, const void*, int64_t,
                 cudaDataType, const void*, int64_t, cudaDataType, size_t* device, size_t* host) {
  *device = workspace_bytes(m, n);
  *host = 0;
  return kSolverSuccess;
}

// The randomized one, here without chance: the k largest, exactly.
int xgesvdr(LibraryHandle* handle, void*, signed char jobu, signed char jobv, int64_t m, int64_t n,
            int64_t k, int64_t p, int64_t, cudaDataType type, void* a, int64_t lda, cudaDataType,
            void* s, cudaDataType, void* u, int64_t ldu, cudaDataType, void* v, int64_t ldv,
            cudaDataType, void* work, size_t bytes, void*, size_t, int* info) {
  return library_call(kSolverCodes, [&] {
    const char* name = "cusolverDnXgesvdr";
    if (k <= 0 || p < 0 || k + p > std::min(m, n)) {
      throw Error(cudaErrorInvalidValue, std::string(name) + ": k + p is at most min(m, n)");
    }
    Svd call{handle, name, m, n, {}, {}, {}, {}, false, {}, info};
    call.a = {"gesvdr: A", a, m, n, lda, type};
    call.s = {"gesvdr: S", s, k, 1, k, type};
    call.u = {"gesvdr: U", u, m, jobu == 'S' ? k : 0, ldu, type};
    call.v = {"gesvdr: V", v, n, jobv == 'S' ? k : 0, ldv, type};
    call.workspace = {name, work, bytes, workspace_bytes(m, n)};
    submit(call);
  });
}

int xgesvdr_size(LibraryHandle*, void*, signed char, signed char, int64_t m, int64_t n, int64_t,
                 int64_t, int64_t, cudaDataType, const void*, int64_t, cudaDataType, const void*,
                 cudaDataType, const void*, int64_t, cudaDataType, const void*, int64_t,
                 cudaDataType, size_t* device, size_t* host) {
  *device = workspace_bytes(m, n);
  *host = 0;
  return kSolverSuccess;
}

const SolverEntry kSgesvd("cusolverDnSgesvd", sgesvd);
const SolverEntry kSgesvdSize("cusolverDnSgesvd_bufferSize", sgesvd_size);
const SolverEntry kDgesvd("cusolverDnDgesvd", dgesvd);
const SolverEntry kDgesvdSize("cusolverDnDgesvd_bufferSize", dgesvd_size);
const SolverEntry kXgesvd("cusolverDnXgesvd", xgesvd);
const SolverEntry kXgesvdSize("cusolverDnXgesvd_bufferSize", xgesvd_size);
const SolverEntry kSgesvdj("cusolverDnSgesvdj", sgesvdj);
const SolverEntry kSgesvdjSize("cusolverDnSgesvdj_bufferSize", sgesvdj_size);
const SolverEntry kXgesvdp("cusolverDnXgesvdp", xgesvdp);
const SolverEntry kXgesvdpSize("cusolverDnXgesvdp_bufferSize", xgesvdp_size);
const SolverEntry kXgesvdr("cusolverDnXgesvdr", xgesvdr);
const SolverEntry kXgesvdrSize("cusolverDnXgesvdr_bufferSize", xgesvdr_size);

}  // namespace
}  // namespace lean::simt
