// Singular vectors of B = rho back(m^) + (1 - rho) A, where LDAdam decomposes it: a step of the
// host's (cuda/recorder.h), since cuSOLVER can be neither captured nor told from the device what to
// do. An item at a time, B is formed in float64, and the library finds eigenvectors of the Gram
// matrix of its shorter side, which replace what a power iteration has on its way to the new basis:
// that itself, or, where they are the other side's, V. The host waits for nothing: items that have
// no use for it in this step get a matrix of zeros.
#pragma once

#include <memory>
#include <vector>

#include "cuda/backend/launch.h"
#include "cuda/ldadam-view.cuh"
#include "cuda/libs/svd-solver.h"
#include "cuda/recorder.h"
#include "cuda/refresh/svd-memory.h"

namespace lean::cuda::ldadam {

// to <- B, row by row; 0 where there is none.
__global__ void __launch_bounds__(kThreads)
    form_target(const LdadamStep* items, uint32_t i, Scratch scratch, double* to, Bases bases) {
  const Step step = Step::of(items, i, scratch, bases);
  const LdadamStep& item = step.item;
  const bool wanted = step.is_active() && !step.is_first();
  const Transport t = step.found.transport;
  const float factor = at<const StepScalars>(item.scalars, bases)->grad_factor;
  const void* grad = at<const void>(item.grad, bases);
  const void* error = at<const void>(item.error, bases);
  Product product =
      step.ordered(step.by_other(at<const void>(item.exp_avg, bases), item.exp_avg.dtype),
                   step.rows(at<const void>(item.basis, bases), item.basis.dtype));
  if (t.m_share == 0 || !wanted) product.a.depth = product.b.depth = 0;
  const int64_t cols = product.cols();
  uint32_t most = 0;
  FloatProduct::compute(product, Corner::of(blockIdx.x, cols),
                        [&](int64_t row, int64_t col, int count, bool whole, Octet b) {
                          const int64_t at = row * cols + col;
                          Octet g = {}, e = {};
                          if (wanted) g = load_octet(grad, item.grad.dtype, at, count, whole);
                          if (wanted && error != nullptr) {
                            e = load_octet(error, item.error.dtype, at, count, whole);
                          }
#pragma unroll
                          for (int k = 0; k < kOctet; ++k) {
                            const Real sum = multiply_add(g.x[k], factor, e.x[k]);
                            b.x[k] = multiply_add(b.x[k], t.m_share, sum * t.a_share);
                            if (k < count) to[at + k] = static_cast<double>(b.x[k].x);
                          }
                          most = largest_bits(most, b, count);
                        });
  merge_largest(&step.found.largest_b, most);
}

// Zeros where the matrix cannot be decomposed.
__global__ void __launch_bounds__(kThreads)
    guard(Scratch scratch, uint32_t i, double* matrix, int64_t count) {
  if (scratch.found[i].scale_of_b() != 0) return;
  const int64_t at = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (at < count) matrix[at] = 0;
}

// The new basis, or V, whose largest element then counts as 1.
__global__ void __launch_bounds__(kThreads)
    take_vectors(const LdadamStep* items, uint32_t i, Scratch scratch, SvdVectors vectors,
                 int64_t count, const int* info, Bases bases) {
  const Step step = Step::of(items, i, scratch, bases);
  if (*info != 0 || step.found.scale_of_b() == 0) return;
  const LdadamStep& item = step.item;
  const bool of_others = item.is_beyond();
  const int64_t lines = of_others ? item.others() : item.projected(), rank = item.rank();
  const int64_t at = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (at == 0) step.found.largest_v = __float_as_uint(1);
  if (at >= lines * rank) return;
  const int64_t line = at / rank, j = at % rank;
  const auto x = j < count ? vectors.data[line * vectors.along + j * vectors.across] : 0.0;
  const bool across = of_others && !step.right();  // V by rank
  (of_others ? step.v : step.basis)[across ? j * lines + line : at] = static_cast<float>(x);
}

inline bool is_decomposed(const LdadamStep& item) {
  return item.decomposes() && item.param.numel() > 0;
}

// Of the shorter side's Gram matrix.
inline SvdProblem problem_of(const LdadamStep& item) {
  const int64_t order = std::min(item.projected(), item.others());
  return {SvdDriver::syevdx, order, order, std::min(item.rank(), order), true};
}

// The library, and room for each item in turn.
struct Decomposition {
  SvdSolver solver{"LDAdam's method \"svd\""};
  double* target = nullptr;
  SvdBuffers buffers = {};

  Decomposition(std::span<const LdadamStep> items, Recorder& recorder) {
    int64_t most = 0;
    std::vector<SvdProblem> problems;
    for (const LdadamStep& item : items) {
      if (!is_decomposed(item)) continue;
      most = std::max(most, item.param.numel());
      problems.push_back(problem_of(item));
    }
    target = recorder.scratch<double>(most);
    buffers = svd_buffers(problems, solver, recorder);
  }
};

// Of a group of items.
class SingularVectors final : public HostStep {
 public:
  SingularVectors(std::span<const LdadamStep> items, const LdadamStep* on_device,
                  const Scratch& scratch, std::shared_ptr<Decomposition> with, Bases bases)
      : items_(items.begin(), items.end()),
        on_device_(on_device),
        scratch_(scratch),
        with_(std::move(with)),
        bases_(bases) {}

  bool is_due(std::span<const uint64_t> bases) override {
    due_.clear();
    for (size_t i = 0; i < items_.size(); ++i) {
      const bool is_there = bases[static_cast<size_t>(items_[i].grad.base)] != 0;
      if (is_decomposed(items_[i]) && is_there) due_.push_back(static_cast<uint32_t>(i));
    }
    return !due_.empty();
  }

  void run(cudaStream_t stream) override {
    with_->solver.set_stream(stream);
    for (const uint32_t i : due_) decompose(i, stream);
  }

  void forget() override {}

 private:
  static unsigned blocks(int64_t count) {
    return static_cast<unsigned>((count + kThreads - 1) / kThreads);
  }

  void decompose(uint32_t i, cudaStream_t stream) {
    const LdadamStep& item = items_[i];
    const int64_t m = item.param.rows(), n = item.param.cols();
    const auto tiles = static_cast<unsigned>(product_tiles(m, n));
    launch(form_target, {tiles, kThreads}, stream, on_device_, i, scratch_, with_->target, bases_);
    const SvdProblem problem = problem_of(item);
    const int64_t order = problem.rows;
    // Column-major, B^T lies there.
    const bool of_columns = (item.side == Side::right) != item.is_beyond();
    with_->solver.add_gram(with_->target, !of_columns, order, of_columns ? m : n, false,
                           with_->buffers.matrix);
    launch(guard, {blocks(order * order), kThreads}, stream, scratch_, i, with_->buffers.matrix,
           order * order);
    const SvdVectors vectors = with_->solver.solve(problem, with_->buffers);
    const int64_t lines = item.is_beyond() ? item.others() : item.projected();
    launch(take_vectors, {blocks(lines * item.rank()), kThreads}, stream, on_device_, i, scratch_,
           vectors, problem.count, with_->buffers.info, bases_);
  }

  std::vector<LdadamStep> items_;
  const LdadamStep* on_device_;
  Scratch scratch_;
  std::shared_ptr<Decomposition> with_;
  Bases bases_;
  std::vector<uint32_t> due_;
};

}  // namespace lean::cuda::ldadam
