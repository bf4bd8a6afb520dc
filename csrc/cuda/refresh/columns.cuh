// A matrix whose columns are to be made orthonormal (orthonormal.cuh), and the pieces of work that
// the stages of that consist of: those of one stage depend on none but earlier stages'. A piece is
// done by one block or one warp, all threads of which call it.
#pragma once

#include "core/random.h"
#include "cuda/device/triangle.cuh"
#include "cuda/refresh/double-tile.cuh"
#include "math/soundness.h"

namespace lean::cuda {

struct Columns {
  static constexpr int kSide = DoubleTile::kSide;
  static constexpr int kMaxRounds = 4;
  using Shared = double[kSide * (kSide + 1)];  // a block's

  float* y;  // rows x rank
  int64_t rows;
  int64_t rank;  // 0: there is nothing to do
  uint64_t key;  // of the noise
  double* memory;

  static constexpr int64_t memory_doubles(int64_t rank) {
    return 2 * rank * rank + rank + kMaxRounds + (rank + 1) / 2;
  }
  // rank x rank: the Gram matrix, then R in its upper triangle.
  __device__ double* gram() const { return memory; }
  // rank x rank: the transpose of R^-1.
  __device__ double* inverse() const { return gram() + rank * rank; }
  __device__ double* lengths() const { return inverse() + rank * rank; }
  // Of each round (math/soundness.h); 0 where columns depended on each other, 1 for rounds that
  // there were not.
  __device__ double* soundness() const { return lengths() + rank; }
  // Which columns depend on those before them.
  __device__ int32_t* dependent() const {
    return reinterpret_cast<int32_t*>(soundness() + kMaxRounds);
  }

  __device__ bool needs(int round) const {
    return rank > 0 && (round == 0 || !(soundness()[round - 1] > kSound));
  }

  // Of what it was before the rounds; after them.
  __device__ bool was_independent() const {
    bool independent = true;
    for (int round = 0; round < kMaxRounds; ++round) {
      independent = independent && soundness()[round] > 0;
    }
    return independent;
  }

  // Standard normal numbers: Box and Muller's transform. A call: it is long, and seldom needed.
  __device__ __noinline__ static double normal(uint64_t key, int64_t i) {
    const auto element = static_cast<uint64_t>(i);
    const double radius = sqrt(-2 * log(random_uniform(key, 2 * element)));
    return radius * cospi(2 * random_uniform(key, 2 * element + 1));
  }

  __host__ __device__ static constexpr int64_t tiles(int64_t lines) {
    return lines > 0 ? (lines + kSide - 1) / kSide : 0;
  }

  // Tiles of the upper triangle of lines x lines. The first is the first on the diagonal.
  __host__ __device__ static constexpr int64_t triangle(int64_t lines) {
    return triangle_tiles(tiles(lines));
  }

  // A tile of gram <- y^T y, and of lengths. By a block.
  __device__ void form_gram(int64_t index, Shared& shared) const {
    const Tile tile = Tile::of(index, 0);
    double sums[DoubleTile::kOwn] = {};
    const auto column = [&](int64_t begin) {
      return [&, begin](int line, int64_t step) {
        return begin + line < rank ? static_cast<double>(y[step * rank + begin + line]) : 0.0;
      };
    };
    DoubleTile{shared}.add<false>(sums, rows, column(tile.row), column(tile.col));
    for_each(tile, [&](int64_t row, int64_t col, int k) {
      at(row, col) = sums[k];
      if (row != col) return;
      const double length = sqrt(sums[k]);
      lengths()[row] = length > 0 && isfinite(length) ? length : 0;
    });
  }

  // Columns of length 1. By a block.
  __device__ void scale(int64_t index, int round) const {
    for_each(Tile::of(index, 0), [&](int64_t row, int64_t col, int) {
      const double product = lengths()[row] * lengths()[col];
      at(row, col) = product > 0 ? at(row, col) / product : 0;
      if (round != 0 || col != 0) return;
      for (int i = 0; i < kMaxRounds; ++i) soundness()[i] = 1;
    });
  }

  // R's diagonal block from row `first` on. A dependent column's row of R is that of the identity.
  // By a block, in shared memory.
  __device__ void factor_diagonal(int64_t first, int round, Shared& shared) const {
    const int count = static_cast<int>(min(static_cast<int64_t>(kSide), rank - first));
    load_diagonal(first, shared);
    bool any_dependent = false;
    for (int i = 0; i < count; ++i) {
      __syncthreads();
      const double pivot = shared[i * kPitch + i];
      const bool is_dependent = !(pivot > kSingular);
      const double diagonal = is_dependent ? 1 : sqrt(pivot);
      any_dependent = any_dependent || is_dependent;
      __syncthreads();
      const int own = threadIdx.x;
      if (own < count && own >= i) {
        double& r = shared[i * kPitch + own];
        r = own == i ? diagonal : is_dependent ? 0 : r / diagonal;
      }
      if (own == 0) dependent()[first + i] = is_dependent;
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
    if (threadIdx.x == 0 && any_dependent) soundness()[round] = 0;
  }

  // Parts of as many columns as a block has threads.
  __device__ static int64_t parts(int64_t columns) {
    return columns > 0 ? (columns + kThreads - 1) / kThreads : 0;
  }

  // A part of what is right of that block, a thread to each column, kStep of its numbers at a time.
  // By a block.
  __device__ void solve_right(int64_t first, int64_t index, Shared& shared) const {
    constexpr int kStep = 4;
    load_diagonal(first, shared);
    const int64_t j = first + kSide + index * kThreads + threadIdx.x;
    if (j >= rank) return;
#pragma unroll 1
    for (int top = 0; top < kSide; top += kStep) {
      double x[kStep];
#pragma unroll
      for (int i = 0; i < kStep; ++i) x[i] = at(first + top + i, j);
#pragma unroll 4
      for (int p = 0; p < top; ++p) {
        const double above = at(first + p, j);
#pragma unroll
        for (int i = 0; i < kStep; ++i) x[i] = fma(-shared[p * kPitch + top + i], above, x[i]);
      }
#pragma unroll
      for (int i = 0; i < kStep; ++i) {
        const double* column = shared + top * kPitch + top + i;
#pragma unroll
        for (int p = 0; p < i; ++p) x[i] = fma(-column[p * kPitch], x[p], x[i]);
        x[i] = dependent()[first + top + i] ? 0 : x[i] / column[i * kPitch];
        at(first + top + i, j) = x[i];
      }
    }
  }

  // A tile of the rest of the matrix, less the squares of both. By a block.
  __device__ void subtract(int64_t first, int64_t index, Shared& shared) const {
    const Tile tile = Tile::of(index, first + kSide);
    double sums[DoubleTile::kOwn] = {};
    const auto column = [&](int64_t begin) {
      return [&, begin](int line, int64_t step) {
        return begin + line < rank ? at(first + step, begin + line) : 0.0;
      };
    };
    DoubleTile{shared}.add<false>(sums, kSide, column(tile.row), column(tile.col));
    for_each(tile, [&](int64_t row, int64_t col, int k) { at(row, col) -= sums[k]; });
  }

  // Pairs of columns of R^-1, a short one and a long one: all are as much work.
  __device__ int64_t pairs() const { return (rank + 1) / 2; }

  // inverse[c][p] <- R^-1[p][c] for a pair. By a warp.
  __device__ void invert(int64_t pair, int round) const {
    const int64_t last = rank - 1 - pair;
    invert_column(pair, round);
    if (last != pair) invert_column(last, round);
  }

  // Rows of a tile of y <- y R^-1, from the last columns to the first: each needs only itself and
  // those before it. By a block.
  __device__ void multiply(int64_t tile, int round, Shared& shared) const {
    const uint64_t noise = mix64(key ^ static_cast<uint64_t>(round));
    const int64_t top = tile * kSide;
    for (int64_t j = (tiles(rank) - 1) * kSide; j >= 0; j -= kSide) {
      double sums[DoubleTile::kOwn] = {};
      const int64_t depth = min(j + kSide, rank);
      DoubleTile{shared}.add<true>(
          sums, depth,
          [&](int line, int64_t p) {
            const bool inside = top + line < rows && lengths()[p] > 0;
            return inside ? y[(top + line) * rank + p] / lengths()[p] : 0.0;
          },
          [&](int line, int64_t p) {
            return j + line < rank && p <= j + line ? inverse()[(j + line) * rank + p] : 0.0;
          });
      __syncthreads();
      const int64_t row = top + DoubleTile::row();
      for (int k = 0; k < DoubleTile::kOwn; ++k) {
        const int64_t col = j + DoubleTile::col() + k;
        if (row >= rows || col >= rank) continue;
        const int64_t i = row * rank + col;
        y[i] = static_cast<float>(dependent()[col] ? normal(noise, i) : sums[k]);
      }
    }
  }

 private:
  // Below kSingular a pivot is rounding.
  static constexpr double kSingular = 1e-13;

  static constexpr int kPitch = kSide + 1;

  struct Tile {
    int64_t row, col;  // where it begins

    __device__ static Tile of(int64_t index, int64_t first) {
      const TrianglePlace mirrored = TrianglePlace::of(static_cast<uint32_t>(index));
      return {first + mirrored.col * kSide, first + mirrored.row * kSide};
    }
  };

  __device__ double& at(int64_t i, int64_t j) const { return gram()[i * rank + j]; }

  // A diagonal block of the Gram matrix, with zeros below the diagonal and beyond the end.
  __device__ void load_diagonal(int64_t first, Shared& shared) const {
    __syncthreads();
    for (int k = threadIdx.x; k < kSide * kSide; k += kThreads) {
      const int i = k / kSide, j = k % kSide;
      shared[i * kPitch + j] = i <= j && first + j < rank ? at(first + i, first + j) : 0;
    }
    __syncthreads();
  }

  // Calls body(row, col, k) for a thread's elements of a tile on and above the diagonal.
  template <class Body>
  __device__ void for_each(Tile tile, Body body) const {
    const int64_t row = tile.row + DoubleTile::row();
    for (int k = 0; k < DoubleTile::kOwn; ++k) {
      const int64_t col = tile.col + DoubleTile::col() + k;
      if (row <= col && col < rank) body(row, col, k);
    }
  }

  // From the diagonal upwards.
  __device__ void invert_column(int64_t c, int round) const {
    const int lane = threadIdx.x % kWarp;
    double* x = inverse() + c * rank;
    double squares = 0;
    for (int64_t i = c; i >= 0; --i) {
      double sum = 0;
      for (int64_t p = i + 1 + lane; p <= c; p += kWarp) sum = fma(at(i, p), x[p], sum);
      sum = sum_over_warp(sum);
      const double value = ((i == c ? 1 : 0) - sum) / at(i, i);
      if (lane == 0) x[i] = value;
      squares = fma(value, value, squares);
      __syncwarp();
    }
    // Of numbers that are not negative, the bits are ordered as they are.
    auto* least = reinterpret_cast<unsigned long long*>(&soundness()[round]);
    if (lane == 0) atomicMin(least, __double_as_longlong(1 / sqrt(squares)));
  }
};

}  // namespace lean::cuda
