// Leading singular vectors by cuSOLVER, in float64: a handle with a stream, and what each driver
// wants to be given.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lean::cuda {

enum class SvdDriver : int32_t {
  syevdx,  // eigenvectors of a symmetric matrix, its upper triangle
  gesvd,   // bidiagonal form and QR iteration
  gesvdp,  // polar decomposition
  gesvdr,  // random projection
};

// Of a column-major matrix, rows >= cols > 0; syevdx: rows = cols.
struct SvdProblem {
  SvdDriver driver;
  int64_t rows;
  int64_t cols;
  int64_t count;  // of vectors that are wanted
  bool left;      // vectors of `rows` entries, otherwise of `cols`; syevdx: both are the same
};

// Device memory, in entries; a problem's matrix is destroyed.
struct SvdSizes {
  int64_t matrix, values, left, right;

  static SvdSizes of(const SvdProblem& problem);
  void cover(const SvdSizes& other);  // the larger of each
};

struct SvdBuffers {
  double* matrix;
  double* values;
  double* left;
  double* right;
  std::byte* work;
  size_t work_bytes;
  int* info;  // not 0: there is no solution
};

// Component i of vector j, from the largest singular value on, is data[i * along + j * across].
struct SvdVectors {
  const double* data;
  int64_t along;
  int64_t across;
};

class SvdSolver {
 public:
  // Throws Error(ERR_LEAN_UNSUPPORTED) where a library is missing that `user` needs.
  explicit SvdSolver(const char* user = "projector \"svd\"");
  ~SvdSolver();
  SvdSolver(const SvdSolver&) = delete;
  SvdSolver& operator=(const SvdSolver&) = delete;

  void set_stream(cudaStream_t stream);

  // Bytes of device memory that a problem needs to work in; what it needs of the host's is kept.
  size_t work_bytes(const SvdProblem& problem, const SvdBuffers& buffers);

  // c (order x order, upper triangle) <- x x^T, added to c if `add`: x is order x depth, or is
  // given transposed.
  void add_gram(const double* x, bool transposed, int64_t order, int64_t depth, bool add,
                double* c);

  SvdVectors solve(const SvdProblem& problem, const SvdBuffers& buffers);

 private:
  // Asks for work space where `host` is not nullptr, otherwise solves.
  void call(const SvdProblem& problem, const SvdBuffers& buffers, size_t* device, size_t* host);
  void release() noexcept;

  void* solver_ = nullptr;
  void* params_ = nullptr;
  void* blas_ = nullptr;
  std::vector<std::byte> host_work_;
};

}  // namespace lean::cuda
