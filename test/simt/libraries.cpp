// The stand-ins for cuSOLVER and cuBLAS, opened and called as the real ones are.
#include <dlfcn.h>
#include <library_types.h>

#include <cmath>

#include "simt/libs/constants.h"
#include "support.h"

using namespace lean::simt;
using namespace lean::simt::test;

namespace {

template <class Function>
Function find(const char* library, const char* name) {
  void* handle = dlopen(library, RTLD_NOW);
  REQUIRE(handle != nullptr);
  void* address = dlsym(handle, name);
  REQUIRE_MESSAGE(address != nullptr, std::string(name));
  return reinterpret_cast<Function>(address);
}

template <class Function>
Function solver(const char* name) {
  return find<Function>("libcusolver.so.12", name);
}

template <class Function>
Function blas(const char* name) {
  return find<Function>("libcublas.so.13", name);
}

using Handle = void*;

struct Solver {
  Handle handle = nullptr;
  Solver() { CHECK(solver<int (*)(Handle*)>("cusolverDnCreate")(&handle) == 0); }
  ~Solver() { solver<int (*)(Handle)>("cusolverDnDestroy")(handle); }
};

struct Blas {
  Handle handle = nullptr;
  Blas() { CHECK(blas<int (*)(Handle*)>("cublasCreate_v2")(&handle) == 0); }
  ~Blas() { blas<int (*)(Handle)>("cublasDestroy_v2")(handle); }
};

using Sgesvd = int (*)(Handle, signed char, signed char, int, int, float*, int, float*, float*, int,
                       float*, int, float*, int, float*, int*);
using SgesvdSize = int (*)(Handle, int, int, int*);
using Sgemm = int (*)(Handle, int, int, int, int, int, const float*, const float*, int,
                      const float*, int, const float*, float*, int);

}  // namespace

TEST_CASE("libraries: what has no stand-in is looked for on the machine") {
  CHECK(dlopen("libno-such-library.so", RTLD_NOW) == nullptr);
  void* self = dlopen(nullptr, RTLD_NOW);
  CHECK(dlsym(self, "malloc") != nullptr);
  CHECK(dlsym(dlopen("libcusolver.so", RTLD_NOW), "cusolverDnNothing") == nullptr);
}

TEST_CASE("libraries: gesvd gives U, S and V^T, and spoils A") {
  constexpr int kM = 5, kN = 3;
  std::vector<float> a(kM * kN);
  for (int i = 0; i < kM * kN; ++i) a[i] = std::sin(i * 1.7f);
  Solver solvers;
  int length;
  CHECK(solver<SgesvdSize>("cusolverDnSgesvd_bufferSize")(solvers.handle, kM, kN, &length) == 0);
  DeviceArray<float> da(a), s(kN), u(kM * kN), vt(kN * kN), work(length);
  DeviceArray<int> info(1);
  auto gesvd = solver<Sgesvd>("cusolverDnSgesvd");
  CHECK(gesvd(solvers.handle, 'S', 'S', kM, kN, da, kM, s, u, kM, vt, kN, work, length, nullptr,
              info) == kSolverSuccess);
  CHECK(info.get()[0] == 0);
  std::vector<float> hs = s.get(), hu = u.get(), hvt = vt.get();
  CHECK(hs[0] >= hs[1]);
  for (int j = 0; j < kN; ++j) {
    for (int i = 0; i < kM; ++i) {
      float sum = 0;
      for (int r = 0; r < kN; ++r) sum += hu[i + r * kM] * hs[r] * hvt[r + j * kN];
      CHECK(sum == doctest::Approx(a[i + j * kM]).epsilon(1e-5));
    }
  }
  CHECK(std::isnan(da.get()[0]));

  CHECK(gesvd(solvers.handle, 'S', 'S', kN, kM, da, kM, s, u, kM, vt, kN, work, length, nullptr,
              info) == kSolverInvalidValue);
  CHECK(gesvd(solvers.handle, 'S', 'S', kM, kN, da, kM, s, u, kM, vt, kN, work, length - 1,
              nullptr, info) == kSolverInvalidValue);
}

TEST_CASE("libraries: a matrix with unwritten entries is a fault") {
  constexpr int kM = 4, kN = 2;
  Solver solvers;
  int length;
  CHECK(solver<SgesvdSize>("cusolverDnSgesvd_bufferSize")(solvers.handle, kM, kN, &length) == 0);
  DeviceArray<float> a(kM * kN), s(kN), u(kM * kN), vt(kN * kN), work(length);
  DeviceArray<int> info(1);
  solver<Sgesvd>("cusolverDnSgesvd")(solvers.handle, 'S', 'S', kM, kN, a, kM, s, u, kM, vt, kN,
                                     work, length, nullptr, info);
  CHECK(cudaDeviceSynchronize() == cudaErrorLaunchFailure);
  CHECK(last_fault_report().find("gesvd: A, column 0") != std::string::npos);
}

TEST_CASE("libraries: gesvdp and gesvdr give V, syevd eigenvectors") {
  constexpr int kN = 4;
  std::vector<double> a(kN * kN);
  for (int i = 0; i < kN; ++i) {
    for (int j = 0; j < kN; ++j) a[i + j * kN] = 1.0 / (1 + i + j) + (i == j ? i : 0);
  }
  Solver solvers;
  DeviceArray<double> da(a), s(kN), u(kN * kN), v(kN * kN), work(100);
  DeviceArray<int> info(1);
  double error = -1;
  using Gesvdp = int (*)(Handle, void*, int, int, int64_t, int64_t, cudaDataType, void*, int64_t,
                         cudaDataType, void*, cudaDataType, void*, int64_t, cudaDataType, void*,
                         int64_t, cudaDataType, void*, size_t, void*, size_t, int*, double*);
  CHECK(solver<Gesvdp>("cusolverDnXgesvdp")(
            solvers.handle, nullptr, kVectors, 1, kN, kN, CUDA_R_64F, da, kN, CUDA_R_64F, s,
            CUDA_R_64F, u, kN, CUDA_R_64F, v, kN, CUDA_R_64F, work, 800, nullptr, 0, info,
            &error) == 0);
  std::vector<double> hs = s.get(), hu = u.get(), hv = v.get();
  double corner = 0;
  for (int r = 0; r < kN; ++r) corner += hu[1 + r * kN] * hs[r] * hv[2 + r * kN];
  CHECK(corner == doctest::Approx(a[1 + 2 * kN]));

  da.put(a);
  using Syevdx = int (*)(Handle, void*, int, int, int, int64_t, cudaDataType, void*, int64_t, void*,
                         void*, int64_t, int64_t, int64_t*, cudaDataType, void*, cudaDataType,
                         void*, size_t, void*, size_t, int*);
  int64_t found = 0;
  CHECK(solver<Syevdx>("cusolverDnXsyevdx")(solvers.handle, nullptr, kVectors, kByIndex, kUpper, kN,
                                            CUDA_R_64F, da, kN, nullptr, nullptr, 3, 4, &found,
                                            CUDA_R_64F, s, CUDA_R_64F, work, 800, nullptr, 0,
                                            info) == 0);
  CHECK(found == 2);
  std::vector<double> vectors = da.get(), values = s.get();
  // The matrix is positive definite: its eigenvalues are its singular values.
  CHECK(values[1] == doctest::Approx(hs[0]));
  double product = 0;
  for (int j = 0; j < kN; ++j) product += a[0 + j * kN] * vectors[j + 1 * kN];
  CHECK(product == doctest::Approx(values[1] * vectors[0 + 1 * kN]));
}

TEST_CASE("libraries: Cholesky and its triangle's inverse") {
  std::vector<double> a{4, -1, 2, 5};  // upper triangle: 4 2 . 5
  Solver solvers;
  DeviceArray<double> da(a), work(100);
  DeviceArray<int> info(1);
  using Potrf = int (*)(Handle, int, int, double*, int, double*, int, int*);
  CHECK(solver<Potrf>("cusolverDnDpotrf")(solvers.handle, kUpper, 2, da, 2, work, 100, info) == 0);
  CHECK(da.get() == std::vector<double>{2, -1, 1, 2});
  a[3] = -5;
  da.put(a);
  CHECK(solver<Potrf>("cusolverDnDpotrf")(solvers.handle, kUpper, 2, da, 2, work, 100, info) == 0);
  CHECK(info.get()[0] == 2);
}

TEST_CASE("libraries: gemm, in the order of its stream and in a graph") {
  runtime_options().late_streams = true;
  runtime_options().stream_seed = 0;
  Blas blases;
  cudaStream_t stream;
  CUDA_OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  CHECK(blas<int (*)(Handle, cudaStream_t)>("cublasSetStream_v2")(blases.handle, stream) == 0);
  std::vector<float> a{1, 2, 3, 4, 5, 6}, b{1, 0, 1, 0, 1, 1};  // 2 x 3 and 3 x 2
  DeviceArray<float> da(6), db(b), c(4);
  CUDA_OK(cudaMemcpyAsync(da, a.data(), 24, cudaMemcpyHostToDevice, stream));
  float one = 1, zero = 0;
  auto gemm = blas<Sgemm>("cublasSgemm_v2");
  CHECK(gemm(blases.handle, kPlain, kPlain, 2, 2, 3, &one, da, 2, db, 3, &zero, c, 2) == 0);
  one = 100;  // read already
  CUDA_OK(cudaStreamSynchronize(stream));
  CHECK(c.get() == std::vector<float>{6, 8, 8, 10});

  cudaGraph_t graph;
  cudaGraphExec_t exec;
  one = 1;
  float half = 0.5f;
  CUDA_OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  CHECK(gemm(blases.handle, kPlain, kPlain, 2, 2, 3, &one, da, 2, db, 3, &half, c, 2) == 0);
  CUDA_OK(cudaStreamEndCapture(stream, &graph));
  CUDA_OK(cudaGraphInstantiate(&exec, graph, 0));
  CUDA_OK(cudaGraphLaunch(exec, stream));
  CUDA_OK(cudaStreamSynchronize(stream));
  CHECK(c.get() == std::vector<float>{9, 12, 12, 15});
  CHECK(gemm(blases.handle, kPlain, kPlain, 4, 2, 3, &one, da, 2, db, 3, &half, c, 2) ==
        kBlasInvalidValue);
  CHECK(gemm(nullptr, kPlain, kPlain, 2, 2, 3, &one, da, 2, db, 3, &half, c, 2) ==
        kBlasNotInitialized);
}

TEST_CASE("libraries: bf16 products, triangles and squares") {
  Blas blases;
  using GemmEx = int (*)(Handle, int, int, int, int, int, const void*, const void*, cudaDataType,
                         int, const void*, cudaDataType, int, const void*, void*, cudaDataType, int,
                         int, int);
  DeviceArray<uint16_t> a(std::vector<uint16_t>{0x3f80, 0x4000}), c(1);  // 1, 2
  float one = 1, zero = 0;
  CHECK(blas<GemmEx>("cublasGemmEx")(blases.handle, kTransposed, kPlain, 1, 1, 2, &one, a,
                                     CUDA_R_16BF, 2, a, CUDA_R_16BF, 2, &zero, c, CUDA_R_16BF, 1,
                                     kCompute32, 0) == 0);
  CHECK(c.get()[0] == 0x40a0);  // 5

  using Dsyrk = int (*)(Handle, int, int, int, int, const double*, const double*, int,
                        const double*, double*, int);
  DeviceArray<double> x(std::vector<double>{1, 2}), square(std::vector<double>{7, 7, 7, 7});
  double scale = 1, none = 0;
  CHECK(blas<Dsyrk>("cublasDsyrk_v2")(blases.handle, kUpper, kPlain, 2, 1, &scale, x, 2, &none,
                                      square, 2) == 0);
  CHECK(square.get() == std::vector<double>{1, 7, 2, 4});

  using Strsm = int (*)(Handle, int, int, int, int, int, int, const float*, const float*, int,
                        float*, int);
  DeviceArray<float> triangle(std::vector<float>{2, 9, 1, 4}), right(std::vector<float>{5, 8});
  CHECK(blas<Strsm>("cublasStrsm_v2")(blases.handle, kLeft, kUpper, kPlain, kNonUnit, 2, 1, &one,
                                      triangle, 2, right, 2) == 0);
  CHECK(right.get() == std::vector<float>{1.5f, 2});
}
