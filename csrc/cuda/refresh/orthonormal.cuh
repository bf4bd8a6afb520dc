// Orthonormal columns by Cholesky-QR with a float64 Gram matrix: Y^T Y = R^T R, Y <- Y R^-1, over
// the whole grid. Columns are scaled to length 1 first, so that their lengths do not matter. A
// column that depends on those before it is replaced by noise and made orthogonal in the next
// round.
#pragma once

#include "core/random.h"
#include "cuda/refresh/double-tile.cuh"
#include "cuda/refresh/grid.cuh"

namespace lean::cuda {

class Orthonormal {
 public:
  static constexpr int kSide = DoubleTile::kSide;

  struct Memory {
    double* gram;        // rank x rank: the Gram matrix, then R in its upper triangle
    double* inverse;     // rank x rank: the transpose of R^-1
    double* lengths;     // rank
    int32_t* dependent;  // rank
    double* soundness;   // one number: the smallest diagonal element of R
  };

  float* y;  // rows x rank
  int64_t rows;
  int64_t rank;
  Memory memory;
  double (&shared)[kSide * (kSide + 1)];

  // y <- an orthonormal basis of its columns; false where they depended on each other. `key` is of
  // the noise.
  __device__ bool run(uint64_t key) const {
    bool independent = true;
    for (int round = 0; round < kMaxRounds; ++round) {
      form_gram();
      scale();
      factor();
      invert();
      multiply(mix64(key ^ static_cast<uint64_t>(round)));
      Grid::sync();
      const double soundness = *memory.soundness;
      Grid::sync();
      if (soundness > kSound) return independent;
      independent = independent && soundness > 0;
    }
    return independent;
  }

  // y <- standard normal numbers: Box and Muller's transform.
  __device__ static double normal(uint64_t key, int64_t i) {
    const auto element = static_cast<uint64_t>(i);
    const double radius = sqrt(-2 * log(random_uniform(key, 2 * element)));
    return radius * cospi(2 * random_uniform(key, 2 * element + 1));
  }

  __device__ void fill(uint64_t key) const {
    Grid::threads(rows * rank, 1, [&](int64_t i) { y[i] = static_cast<float>(normal(key, i)); });
  }

  // memory.gram <- y^T y, its upper triangle.
  __device__ void form_gram() const {
    const int64_t side = tiles(rank);
    Grid::blocks(side * side, [&](int64_t tile) {
      const int64_t i = tile / side * kSide, j = tile % side * kSide;
      if (j < i) return;
      double sums[DoubleTile::kOwn] = {};
      const auto column = [&](int64_t first) {
        return [&, first](int line, int64_t step) {
          return first + line < rank ? static_cast<double>(y[step * rank + first + line]) : 0.0;
        };
      };
      DoubleTile{shared}.add<false>(sums, rows, column(i), column(j));
      store(sums, i, j, [&](double& to, double sum) { to = sum; });
    });
    Grid::sync();
  }

 private:
  static constexpr int kMaxRounds = 4;
  // The diagonal of R (unit columns) is about 1 / cond(Y). One round gives columns orthonormal to
  // about 1e-16 / kSound^2; below kSingular^2 a pivot is rounding.
  static constexpr double kSound = 1e-5;
  static constexpr double kSingular = 1e-13;

  __device__ static int64_t tiles(int64_t count) { return (count + kSide - 1) / kSide; }

  __device__ double& at(int64_t i, int64_t j) const { return memory.gram[i * rank + j]; }

  // Calls body(element, sum) for the elements of a tile of the Gram matrix on and above the
  // diagonal.
  template <class Body>
  __device__ void store(const double (&sums)[DoubleTile::kOwn], int64_t i, int64_t j,
                        Body body) const {
    const int64_t row = i + DoubleTile::row();
    for (int k = 0; k < DoubleTile::kOwn; ++k) {
      const int64_t col = j + DoubleTile::col() + k;
      if (row <= col && col < rank) body(at(row, col), sums[k]);
    }
  }

  __device__ void scale() const {
    Grid::threads(rank, 1, [&](int64_t i) {
      const double length = sqrt(at(i, i));
      memory.lengths[i] = length > 0 && isfinite(length) ? length : 0;
    });
    if (Grid::is_first()) *memory.soundness = 1;
    Grid::sync();
    Grid::threads(rank * rank, 1, [&](int64_t k) {
      const int64_t i = k / rank, j = k % rank;
      if (j < i) return;
      const double lengths = memory.lengths[i] * memory.lengths[j];
      memory.gram[k] = lengths > 0 ? memory.gram[k] / lengths : 0;
    });
    Grid::sync();
  }

  // gram <- R, 32 rows at a time: their diagonal block, what is right of it, and the rest of the
  // matrix less their squares.
  __device__ void factor() const {
    for (int64_t first = 0; first < rank; first += kSide) {
      if (blockIdx.x == 0) factor_diagonal(first);
      Grid::sync();
      solve_right(first);
      Grid::sync();
      const int64_t side = tiles(rank - first) - 1;
      Grid::blocks(side * side, [&](int64_t tile) {
        const int64_t i = first + (tile / side + 1) * kSide;
        const int64_t j = first + (tile % side + 1) * kSide;
        if (j < i) return;
        double sums[DoubleTile::kOwn] = {};
        const auto column = [&](int64_t begin) {
          return [&, begin](int line, int64_t step) {
            return begin + line < rank ? at(first + step, begin + line) : 0.0;
          };
        };
        DoubleTile{shared}.add<false>(sums, kSide, column(i), column(j));
        store(sums, i, j, [](double& to, double sum) { to -= sum; });
      });
      Grid::sync();
    }
  }

  // By one block, in shared memory. A dependent column's row of R is that of the identity.
  __device__ void factor_diagonal(int64_t first) const {
    const int count = static_cast<int>(min(static_cast<int64_t>(kSide), rank - first));
    constexpr int kPitch = kSide + 1;
    __syncthreads();
    for (int k = threadIdx.x; k < kSide * kSide; k += kThreads) {
      const int i = k / kSide, j = k % kSide;
      shared[i * kPitch + j] = i <= j && j < count ? at(first + i, first + j) : 0;
    }
    double smallest = 1;
    for (int i = 0; i < count; ++i) {
      __syncthreads();
      const double pivot = shared[i * kPitch + i];
      const bool is_dependent = !(pivot > kSingular);
      const double diagonal = is_dependent ? 1 : sqrt(pivot);
      smallest = is_dependent ? 0 : min(smallest, diagonal);
      __syncthreads();
      const int own = threadIdx.x;
      if (own < count && own >= i) {
        double& r = shared[i * kPitch + own];
        r = own == i ? diagonal : is_dependent ? 0 : r / diagonal;
      }
      if (own == 0) memory.dependent[first + i] = is_dependent;
      __syncthreads();
      for (int k = threadIdx.x; k < kSide * kSide; k += kThreads) {
        const int p = k / kSide, q = k % kSide;
        if (p > i && q >= p) {
          shared[p * kPitch + q] -= shared[i * kPitch + p] * shared[i * kPitch + q];
        }
      }
    }
    __syncthreads();
    for (int k = threadIdx.x; k < kSide * kSide; k += kThreads) {
      const int i = k / kSide, j = k % kSide;
      if (i <= j && j < count) at(first + i, first + j) = shared[i * kPitch + j];
    }
    if (threadIdx.x == 0) *memory.soundness = min(*memory.soundness, smallest);
  }

  // The rows' part right of the diagonal block: a thread for each column.
  __device__ void solve_right(int64_t first) const {
    Grid::threads(max(rank - first - kSide, static_cast<int64_t>(0)), 1, [&](int64_t k) {
      const int64_t j = first + kSide + k;
      double x[kSide];
#pragma unroll
      for (int i = 0; i < kSide; ++i) {
        double value = at(first + i, j);
#pragma unroll
        for (int p = 0; p < i; ++p) value = fma(-at(first + p, first + i), x[p], value);
        x[i] = memory.dependent[first + i] ? 0 : value / at(first + i, first + i);
        at(first + i, j) = x[i];
      }
    });
  }

  // inverse[c][p] <- R^-1[p][c], a column of R^-1 to a warp, from the diagonal upwards.
  __device__ void invert() const {
    const int lane = threadIdx.x % kWarp;
    Grid::warps(rank, [&](int64_t c) {
      double* x = memory.inverse + c * rank;
      for (int64_t i = c; i >= 0; --i) {
        double sum = 0;
        for (int64_t p = i + 1 + lane; p <= c; p += kWarp) sum = fma(at(i, p), x[p], sum);
        sum = sum_over_warp(sum);
        if (lane == 0) x[i] = ((i == c ? 1 : 0) - sum) / at(i, i);
        __syncwarp();
      }
    });
    Grid::sync();
  }

  // y <- y R^-1, from the last columns to the first: each needs only itself and those before it.
  __device__ void multiply(uint64_t key) const {
    Grid::blocks(tiles(rows), [&](int64_t tile) {
      const int64_t top = tile * kSide;
      for (int64_t j = (tiles(rank) - 1) * kSide; j >= 0; j -= kSide) {
        double sums[DoubleTile::kOwn] = {};
        const int64_t depth = min(j + kSide, rank);
        DoubleTile{shared}.add<true>(
            sums, depth,
            [&](int line, int64_t p) {
              const bool inside = top + line < rows && memory.lengths[p] > 0;
              return inside ? y[(top + line) * rank + p] / memory.lengths[p] : 0.0;
            },
            [&](int line, int64_t p) {
              return j + line < rank && p <= j + line ? memory.inverse[(j + line) * rank + p] : 0.0;
            });
        __syncthreads();
        const int64_t row = top + DoubleTile::row();
        for (int k = 0; k < DoubleTile::kOwn; ++k) {
          const int64_t col = j + DoubleTile::col() + k;
          if (row >= rows || col >= rank) continue;
          const int64_t i = row * rank + col;
          y[i] = static_cast<float>(memory.dependent[col] ? normal(key, i) : sums[k]);
        }
      }
    });
  }
};

}  // namespace lean::cuda
