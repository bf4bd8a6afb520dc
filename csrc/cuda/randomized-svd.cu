// One cooperative launch, items in turn with the whole grid: products with the gradient and
// orthonormal columns by turns (refresh/orthonormal.cuh), eigenvectors of the small Gram matrix by
// Jacobi's method (refresh/eigenvectors.cuh), their signs, and P = Q V in float64; adopted
// (refresh/basis-refresh.cuh).
#include "kernels/randomized-svd.h"

#include "cuda/refresh/eigenvectors.cuh"
#include "cuda/refresh/refresh-launch.cuh"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

// Scratch memory of a launch beside the RefreshMemory, whose `basis` holds Q and whose
// `projections` hold A Q.
struct Ritz {
  float* basis;   // projected x rank: P
  double* sums;   // of columns of Q against the probe
  double* signs;  // of eigenvectors
  Eigenvectors::Memory eigenvectors;
};

class Sketch {
 public:
  const RandomizedSvd& item;
  const BasisRefresh& refresh;
  Ritz ritz;

  __device__ void run() const {
    const float scale = refresh.gradient_scale();
    if (scale == 0) return refresh.refuse();
    const uint64_t noise = refresh.key();
    const RefreshMemory& memory = refresh.memory;
    const Orthonormal projections = columns(memory.projections, item.others());
    const Orthonormal q = columns(memory.basis, item.projected());
    projections.fill(noise);
    Grid::sync();
#pragma unroll 1  // or a product's code is there many times
    for (int64_t i = 0; i <= 2 * item.power_passes + 1; ++i) {
      const bool back = i % 2 == 0;
      multiply(back, scale);
      if (back) q.run(mix64(noise ^ static_cast<uint64_t>(i)));
    }
    projections.form_gram();
    const Columns formed = projections.columns();
    const Eigenvectors eigenvectors = {formed.gram(), formed.inverse(), formed.rank,
                                       ritz.eigenvectors};
    eigenvectors.run();
    find_signs(eigenvectors);
    rotate_columns(eigenvectors);
    RefreshMemory adopted = memory;
    adopted.basis = ritz.basis;
    BasisRefresh{item, adopted, refresh.bases, refresh.shared}.adopt();
  }

 private:
  __device__ Orthonormal columns(float* y, int64_t rows) const {
    return {y, rows, item.columns(), refresh.memory.orthonormal, refresh.shared};
  }

  // basis <- scale A^T projections, or projections <- scale A basis.
  __device__ void multiply(bool back, float scale) const {
    const bool right = item.side == Side::right;
    const void* grad = at<const void>(item.grad, refresh.bases);
    const int64_t projected = item.projected(), others = item.others(), l = item.columns();
    float* from = back ? refresh.memory.projections : refresh.memory.basis;
    float* to = back ? refresh.memory.basis : refresh.memory.projections;
    const int64_t depth = back ? others : projected;
    const Product product = {
        {grad, item.grad.dtype, back ? projected : others, depth, back ? !right : right},
        {from, DType::float32, l, depth, false}};
    BasisRefresh::multiply(product, scale, to);
  }

  // Signs of eigenvectors v such that Q v has a positive sum against the probe's.
  __device__ void find_signs(const Eigenvectors& found) const {
    const int lane = threadIdx.x % kWarp;
    const uint64_t key = refresh.key();
    Grid::warps(found.n, [&](int64_t c) {
      double sum = 0;
      for (int64_t i = lane; i < item.projected(); i += kWarp) {
        sum += probe_sign(key, i) * refresh.memory.basis[i * found.n + c];
      }
      sum = sum_over_warp(sum);
      if (lane == 0) ritz.sums[c] = sum;
    });
    Grid::sync();
    Grid::warps(found.n, [&](int64_t j) {
      double sum = 0;
      for (int64_t c = lane; c < found.n; c += kWarp) {
        sum = fma(ritz.sums[c], found.vectors[c * found.n + j], sum);
      }
      sum = sum_over_warp(sum);
      if (lane == 0) ritz.signs[j] = sum < 0 ? -1 : 1;
    });
    Grid::sync();
  }

  // P <- Q V, in float64.
  __device__ void rotate_columns(const Eigenvectors& found) const {
    constexpr int kSide = DoubleTile::kSide;
    const int64_t rank = item.rank(), rows = item.projected(), l = found.n;
    const int64_t across = (rank + kSide - 1) / kSide;
    Grid::blocks((rows + kSide - 1) / kSide * across, [&](int64_t tile) {
      const int64_t top = tile / across * kSide, left = tile % across * kSide;
      double sums[DoubleTile::kOwn] = {};
      DoubleTile{refresh.shared}.add<true>(
          sums, l,
          [&](int line, int64_t p) {
            return top + line < rows
                       ? static_cast<double>(refresh.memory.basis[(top + line) * l + p])
                       : 0.0;
          },
          [&](int line, int64_t p) {
            if (left + line >= rank) return 0.0;
            const int32_t column = found.memory.order[left + line];
            return ritz.signs[column] * found.vectors[p * l + column];
          });
      const int64_t row = top + DoubleTile::row();
      for (int k = 0; k < DoubleTile::kOwn; ++k) {
        const int64_t col = left + DoubleTile::col() + k;
        if (row < rows && col < rank) ritz.basis[row * rank + col] = static_cast<float>(sums[k]);
      }
    });
    Grid::sync();
  }
};

__global__ void __launch_bounds__(kThreads)
    decompose(const RandomizedSvd* items, size_t count, RefreshMemory memory, Ritz ritz,
              Bases bases) {
  __shared__ Columns::Shared shared;
  for (size_t i = 0; i < count; ++i) {
    const RandomizedSvd& item = items[i];
    if (at<const void>(item.grad, bases) == nullptr || !BasisRefresh::is_due(item, bases)) continue;
    const BasisRefresh refresh = {item, memory, bases, shared};
    Sketch{item, refresh, ritz}.run();
    Grid::sync();
  }
}

void record(std::span<const RandomizedSvd> items, Recorder& recorder) {
  if (items.empty()) return;
  int64_t basis = 0, columns = 0;
  for (const RandomizedSvd& item : items) {
    basis = std::max(basis, item.projected() * item.rank());
    columns = std::max(columns, item.columns());
  }
  const Ritz ritz = {recorder.scratch<float>(basis),
                     recorder.scratch<double>(columns),
                     recorder.scratch<double>(columns),
                     {recorder.scratch<double2>(columns), recorder.scratch<uint32_t>(1),
                      recorder.scratch<double>(1), recorder.scratch<int32_t>(columns)}};
  recorder.launch_together(decompose, refresh_blocks(items), kThreads, recorder.upload(items),
                           items.size(), refresh_memory(items, recorder), ritz, recorder.bases());
}

const Registered<RandomizedSvd, record> registered;

}  // namespace
}  // namespace lean::cuda
