// All eigenvectors of a symmetric matrix in float64 by Jacobi's method, over the whole grid: a
// round rotates n / 2 disjoint pairs of rows and columns, of which n - 1 rounds meet every pair
// once (a round robin). Two waits for the grid a round; nothing depends on how many blocks there
// are.
#pragma once

#include <cstdint>

#include "cuda/refresh/grid.cuh"

namespace lean::cuda {

class Eigenvectors {
 public:
  struct Memory {
    double2* rotations;  // (cosine, sine) of each pair of a round
    uint32_t* rotated;   // whether a sweep has rotated anything
    double* trace;       // one number: the size of what is left to rounding
    int32_t* order;      // columns by descending eigenvalue
  };

  double* a;        // n x n: its upper triangle is read; becomes diagonal
  double* vectors;  // n x n: eigenvectors in columns
  int64_t n;
  Memory memory;

  __device__ void run() const {
    Grid::threads(n * n, 1, [&](int64_t k) {
      const int64_t i = k / n, j = k % n;
      vectors[k] = i == j ? 1 : 0;
      if (i > j) a[k] = a[j * n + i];
    });
    if (Grid::is_first()) {
      double sum = 0;
      for (int64_t i = 0; i < n; ++i) sum += a[i * n + i];
      *memory.trace = sum;
    }
    Grid::sync();
    for (int sweep = 0; sweep < kMaxSweeps; ++sweep) {
      if (Grid::is_first()) *memory.rotated = 0;
      Grid::sync();
      for (int64_t round = 0; round < players() - 1; ++round) {
        choose(round);
        Grid::sync();
        rotate(round);
        Grid::sync();
      }
      const bool rotated = *memory.rotated != 0;
      Grid::sync();
      if (!rotated) break;
    }
    Grid::threads(n, 1, [&](int64_t j) {
      const double value = a[j * n + j];
      int64_t place = 0;
      for (int64_t k = 0; k < n; ++k) {
        const double other = a[k * n + k];
        if (other > value || (other == value && k < j)) ++place;
      }
      memory.order[place] = static_cast<int32_t>(j);
    });
    Grid::sync();
  }

 private:
  static constexpr int kMaxSweeps = 30;
  static constexpr double kNegligible = 0x1p-53;

  struct Pair {
    int64_t first;
    int64_t second;  // n: the first has nobody to rotate with
  };

  __device__ int64_t players() const { return (n + 1) / 2 * 2; }

  // Of n - 1 rounds: one player stays, the others move up by one seat.
  __device__ Pair pair(int64_t round, int64_t i) const {
    const int64_t seats = players() - 1;
    const int64_t x = i == 0 ? seats : (round + i) % seats;
    const int64_t y = (round - i + seats) % seats;
    return x < y ? Pair{x, y} : Pair{y, x};
  }

  // The rotation that makes a[p][q] zero (Golub & Van Loan, 8.5.2).
  __device__ void choose(int64_t round) const {
    Grid::threads(players() / 2, 1, [&](int64_t i) {
      const Pair at = pair(round, i);
      double2 rotation = {1, 0};
      const double off = at.second < n ? a[at.first * n + at.second] : 0;
      if (fabs(off) * static_cast<double>(n) > kNegligible * *memory.trace) {
        const double difference = a[at.second * n + at.second] - a[at.first * n + at.first];
        const double tau = difference / (2 * off);
        const double t = (tau >= 0 ? 1 : -1) / (fabs(tau) + sqrt(1 + tau * tau));
        rotation.x = 1 / sqrt(1 + t * t);
        rotation.y = t * rotation.x;
        atomicOr(memory.rotated, 1u);
      }
      memory.rotations[i] = rotation;
    });
  }

  // a <- J^T a J, four elements of two pairs to a thread; vectors <- vectors J.
  __device__ void rotate(int64_t round) const {
    const int64_t pairs = players() / 2;
    Grid::threads(pairs * pairs, 1, [&](int64_t k) {
      const double2 left = memory.rotations[k / pairs], right = memory.rotations[k % pairs];
      if (left.y == 0 && right.y == 0) return;
      const Pair rows = pair(round, k / pairs), cols = pair(round, k % pairs);
      double x[2][2];
      for (int i = 0; i < 2; ++i) {
        for (int j = 0; j < 2; ++j) {
          const int64_t row = i == 0 ? rows.first : rows.second;
          const int64_t col = j == 0 ? cols.first : cols.second;
          x[i][j] = row < n && col < n ? a[row * n + col] : 0;
        }
      }
      for (int i = 0; i < 2; ++i) turn(right, x[i][0], x[i][1]);
      for (int j = 0; j < 2; ++j) turn(left, x[0][j], x[1][j]);
      for (int i = 0; i < 2; ++i) {
        for (int j = 0; j < 2; ++j) {
          const int64_t row = i == 0 ? rows.first : rows.second;
          const int64_t col = j == 0 ? cols.first : cols.second;
          const bool is_pivot = k / pairs == k % pairs && i != j && left.y != 0;
          if (row < n && col < n) a[row * n + col] = is_pivot ? 0 : x[i][j];
        }
      }
    });
    Grid::threads(n * pairs, 1, [&](int64_t k) {
      const double2 rotation = memory.rotations[k % pairs];
      if (rotation.y == 0) return;
      const Pair cols = pair(round, k % pairs);
      double* row = vectors + k / pairs * n;
      turn(rotation, row[cols.first], row[cols.second]);
    });
  }

  __device__ static void turn(double2 rotation, double& x, double& y) {
    const double before = x;
    x = rotation.x * before - rotation.y * y;
    y = rotation.y * before + rotation.x * y;
  }
};

}  // namespace lean::cuda
