// Orthonormal columns by Cholesky-QR with a float64 Gram matrix: Y^T Y = R^T R, Y <- Y R^-1, over
// the whole grid. Columns are scaled to length 1 first, so that their lengths do not matter. A
// column that depends on those before it is replaced by noise and made orthogonal in the next
// round.
//
// A group of matrices goes through the stages together. It says with begin(round) what the largest
// rank is of those that need a round, 0 where none does, and shares out their pieces of a stage
// with blocks(count, body) and warps(count, body): body(columns, i) for i = 0 ...
// count(columns) - 1.
#pragma once

#include "cuda/refresh/columns.cuh"
#include "cuda/refresh/grid.cuh"

namespace lean::cuda {

template <class Group>
__device__ void form_gram(const Group& group, Columns::Shared& shared) {
  group.blocks([](const Columns& columns) { return Columns::triangle(columns.rank); },
               [&](const Columns& columns, int64_t i) { columns.form_gram(i, shared); });
  Grid::sync();
}

// gram <- R, 32 rows at a time: their diagonal block, what is right of it, and the rest of the
// matrix less their squares.
template <class Group>
__device__ void factor(const Group& group, int64_t rank, int round, Columns::Shared& shared) {
  constexpr int64_t kSide = Columns::kSide;
  for (int64_t next = 0; next < rank; next += kSide) {
    const int64_t first = next - kSide;
    if (next > 0) {
      group.blocks(
          [&](const Columns& columns) { return Columns::parts(columns.rank - next); },
          [&](const Columns& columns, int64_t i) { columns.solve_right(first, i, shared); });
      Grid::sync();
    }
    group.blocks(
        [&](const Columns& columns) {
          return next > 0 ? Columns::triangle(columns.rank - next) : int64_t{1};
        },
        [&](const Columns& columns, int64_t i) {
          if (next > 0) columns.subtract(first, i, shared);
          if (i == 0) columns.factor_diagonal(next, round, shared);
        });
    Grid::sync();
  }
}

// Each matrix <- an orthonormal basis of its columns. Waits 2 rank / 32 + 3 times for the grid in
// each round, of which there is one unless columns nearly depend on each other.
template <class Group>
__device__ void orthonormalize(Group group, Columns::Shared& shared) {
  for (int round = 0; round < Columns::kMaxRounds; ++round) {
    const int64_t rank = group.begin(round);
    if (rank == 0) return;
    form_gram(group, shared);
    group.blocks([](const Columns& columns) { return Columns::triangle(columns.rank); },
                 [&](const Columns& columns, int64_t i) { columns.scale(i, round); });
    Grid::sync();
    factor(group, rank, round, shared);
    group.warps([](const Columns& columns) { return columns.pairs(); },
                [&](const Columns& columns, int64_t i) { columns.invert(i, round); });
    Grid::sync();
    group.blocks([](const Columns& columns) { return Columns::tiles(columns.rows); },
                 [&](const Columns& columns, int64_t i) { columns.multiply(i, round, shared); });
    Grid::sync();
  }
}

// One matrix with the whole grid.
class Orthonormal {
 public:
  float* y;  // rows x rank
  int64_t rows;
  int64_t rank;
  double* memory;  // Columns::memory_doubles(rank)
  Columns::Shared& shared;

  // y <- an orthonormal basis of its columns; false where they depended on each other. `key` is of
  // the noise. A call: beside what it has in registers, a kernel finds none for what is its own.
  __device__ __noinline__ bool run(uint64_t key) const {
    orthonormalize(Alone{columns(key)}, shared);
    return columns().was_independent();
  }

  // y <- standard normal numbers, in columns from `first` on.
  __device__ void fill(uint64_t key, int64_t first = 0) const {
    Grid::threads(rows * rank, 1, [&](int64_t i) {
      if (i % rank >= first) y[i] = static_cast<float>(Columns::normal(key, i));
    });
  }

  // columns().gram() <- y^T y, its upper triangle.
  __device__ void form_gram() const { cuda::form_gram(Alone{columns()}, shared); }

  __device__ Columns columns(uint64_t key = 0) const { return {y, rows, rank, key, memory}; }

 private:
  struct Alone {
    Columns columns;

    __device__ int64_t begin(int round) const { return columns.needs(round) ? columns.rank : 0; }

    template <class Count, class Body>
    __device__ void blocks(Count count, Body body) const {
      Grid::blocks(count(columns), [&](int64_t i) { body(columns, i); });
    }

    template <class Count, class Body>
    __device__ void warps(Count count, Body body) const {
      Grid::warps(count(columns), [&](int64_t i) { body(columns, i); });
    }
  };
};

}  // namespace lean::cuda
