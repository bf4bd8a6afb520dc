#include "cuda/libs/svd-solver.h"

#include <algorithm>
#include <string>

#include "core/error.h"
#include "cuda/libs/cublas.h"
#include "cuda/libs/cusolver.h"

namespace lean::cuda {
namespace {

constexpr cudaDataType kDouble = CUDA_R_64F;

void check(int status, const char* what) {
  if (status == 0) return;
  throw Error(kNative, std::string(what) + " gives status " + std::to_string(status));
}

// NVIDIA's advice for gesvdr: twice as many dimensions more than are wanted, and two iterations.
constexpr int64_t kIterations = 2;
int64_t oversampling(const SvdProblem& problem) {
  return std::min(2 * problem.count, problem.cols - problem.count);
}

}  // namespace

SvdSizes SvdSizes::of(const SvdProblem& p) {
  SvdSizes sizes = {p.rows * p.cols, p.cols, 0, 0};
  const bool both = p.driver == SvdDriver::gesvdp;
  const int64_t vectors = p.driver == SvdDriver::gesvdr ? p.count : p.cols;
  if (p.driver == SvdDriver::syevdx) return sizes;  // they replace the matrix
  if (p.left || both) sizes.left = p.rows * vectors;
  if (!p.left || both) sizes.right = p.cols * vectors;
  return sizes;
}

void SvdSizes::cover(const SvdSizes& other) {
  matrix = std::max(matrix, other.matrix);
  values = std::max(values, other.values);
  left = std::max(left, other.left);
  right = std::max(right, other.right);
}

SvdSolver::SvdSolver(const char* user) {
  const Library* libraries[] = {&cusolver().library, &cublas().library};
  require_libraries(user, libraries);
  try {
    check(cusolver().create(&solver_), "cusolverDnCreate");
    check(cusolver().create_params(&params_), "cusolverDnCreateParams");
    check(cublas().create(&blas_), "cublasCreate");
  } catch (...) {
    release();
    throw;
  }
}

SvdSolver::~SvdSolver() { release(); }

void SvdSolver::release() noexcept {
  if (blas_ != nullptr) cublas().destroy(blas_);
  if (params_ != nullptr) cusolver().destroy_params(params_);
  if (solver_ != nullptr) cusolver().destroy(solver_);
}

void SvdSolver::set_stream(cudaStream_t stream) {
  check(cusolver().set_stream(solver_, stream), "cusolverDnSetStream");
  check(cublas().set_stream(blas_, stream), "cublasSetStream");
}

size_t SvdSolver::work_bytes(const SvdProblem& problem, const SvdBuffers& buffers) {
  size_t device = 0, host = 0;
  call(problem, buffers, &device, &host);
  host_work_.resize(std::max(host_work_.size(), host));
  return device;
}

void SvdSolver::add_gram(const double* x, bool transposed, int64_t order, int64_t depth, bool add,
                         double* c) {
  const double one = 1, before = add ? 1 : 0;
  const auto n = static_cast<int>(order), k = static_cast<int>(depth);
  check(cublas().dsyrk(blas_, kBlasUpper, transposed ? kBlasTransposed : kBlasPlain, n, k, &one, x,
                       transposed ? k : n, &before, c, n),
        "cublasDsyrk");
}

SvdVectors SvdSolver::solve(const SvdProblem& p, const SvdBuffers& buffers) {
  call(p, buffers, nullptr, nullptr);
  if (p.driver == SvdDriver::syevdx) {  // ascending
    return {buffers.matrix + (p.count - 1) * p.rows, 1, -p.rows};
  }
  if (p.left) return {buffers.left, 1, p.rows};
  if (p.driver == SvdDriver::gesvd) return {buffers.right, p.cols, 1};  // V^T
  return {buffers.right, 1, p.cols};
}

void SvdSolver::call(const SvdProblem& p, const SvdBuffers& b, size_t* device, size_t* host) {
  const Cusolver& library = cusolver();
  const int64_t m = p.rows, n = p.cols, k = p.count;
  void* const host_work = host_work_.data();
  const size_t host_bytes = host_work_.size();
  const signed char job_left = p.left ? 'S' : 'N', job_right = p.left ? 'N' : 'S';
  switch (p.driver) {
    case SvdDriver::syevdx: {
      int64_t found = 0;
      double unused = 0;
      const auto ask = [&](auto function, auto... rest) {
        return function(solver_, params_, kSolverVectors, kSolverRangeByIndex, kBlasUpper, n,
                        kDouble, b.matrix, n, &unused, &unused, n - k + 1, n, &found, kDouble,
                        b.values, kDouble, rest...);
      };
      return check(host ? ask(library.syevdx_size, device, host)
                        : ask(library.syevdx, b.work, b.work_bytes, host_work, host_bytes, b.info),
                   "cusolverDnXsyevdx");
    }
    case SvdDriver::gesvd: {
      const auto ask = [&](auto function, auto... rest) {
        return function(solver_, params_, job_left, job_right, m, n, kDouble, b.matrix, m, kDouble,
                        b.values, kDouble, b.left, m, kDouble, b.right, n, kDouble, rest...);
      };
      return check(host ? ask(library.gesvd_size, device, host)
                        : ask(library.gesvd, b.work, b.work_bytes, host_work, host_bytes, b.info),
                   "cusolverDnXgesvd");
    }
    case SvdDriver::gesvdp: {
      double error = 0;
      const auto ask = [&](auto function, auto... rest) {
        return function(solver_, params_, kSolverVectors, 1, m, n, kDouble, b.matrix, m, kDouble,
                        b.values, kDouble, b.left, m, kDouble, b.right, n, kDouble, rest...);
      };
      return check(
          host ? ask(library.gesvdp_size, device, host)
               : ask(library.gesvdp, b.work, b.work_bytes, host_work, host_bytes, b.info, &error),
          "cusolverDnXgesvdp");
    }
    case SvdDriver::gesvdr: {
      const auto ask = [&](auto function, auto... rest) {
        return function(solver_, params_, job_left, job_right, m, n, k, oversampling(p),
                        kIterations, kDouble, b.matrix, m, kDouble, b.values, kDouble, b.left, m,
                        kDouble, b.right, n, kDouble, rest...);
      };
      return check(host ? ask(library.gesvdr_size, device, host)
                        : ask(library.gesvdr, b.work, b.work_bytes, host_work, host_bytes, b.info),
                   "cusolverDnXgesvdr");
    }
  }
}

}  // namespace lean::cuda
