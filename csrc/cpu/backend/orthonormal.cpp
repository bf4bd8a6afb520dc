#include "cpu/backend/orthonormal.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "core/random.h"
#include "cpu/backend/gram.h"
#include "cpu/backend/linalg.h"
#include "math/soundness.h"

namespace lean::cpu {
namespace {

constexpr int64_t kPanel = 128;  // rows of y that are one tile

// Where cond(y^T y) is more than 1 / kSingular, R is mostly rounding.
constexpr double kSingular = 1e-14;

constexpr int kMaxRounds = 4;

// r <- r^-1, upper triangular: both halves of its diagonal, and what is right of the first.
void invert(Context& context, double* r, int64_t n) {
  constexpr int64_t kLeast = 128, kStrip = 32;
  if (n < kLeast) return invert_upper(n, r, n);
  const int64_t half = n / 2, rest = n - half;
  double* corner = r + half;
  double* second = corner + half * n;
  parallel_for(context, 2, [&](int64_t tile, int) {
    tile == 0 ? invert_upper(rest, second, n) : invert_upper(half, r, n);
  });
  parallel_for(context, (half + kStrip - 1) / kStrip, [&](int64_t strip, int) {
    const int64_t row = strip * kStrip;
    multiply_by_upper(std::min(kStrip, half - row), rest, second, n, corner + row * n, n);
  });
  parallel_for(context, (rest + kStrip - 1) / kStrip, [&](int64_t strip, int) {
    const int64_t col = strip * kStrip;
    subtract_upper(half, std::min(kStrip, rest - col), r, n, corner + col, n);
  });
}

// Of a round (math/soundness.h).
double soundness_of(const double* inverse, int64_t n) {
  std::vector<double> squares(n);
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = i; j < n; ++j) squares[j] += inverse[i * n + j] * inverse[i * n + j];
  }
  return 1 / std::sqrt(*std::max_element(squares.begin(), squares.end()));
}

// gram <- R^-1 (upper) with R^T R = gram. Columns are scaled to length 1 for it, so that their
// lengths do not matter. Returns the soundness, or 0 where there is no R to speak of.
double invert_factor(Context& context, double* gram, int64_t n, double* lengths) {
  for (int64_t j = 0; j < n; ++j) {
    lengths[j] = std::sqrt(gram[j * n + j]);
    if (!(lengths[j] > 0)) return 0;
  }
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = i; j < n; ++j) gram[i * n + j] /= lengths[i] * lengths[j];
  }
  if (!(cholesky(n, gram, n) > kSingular)) return 0;
  invert(context, gram, n);
  const double soundness = soundness_of(gram, n);
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = i; j < n; ++j) gram[i * n + j] /= lengths[i];
  }
  return soundness;
}

// y <- y r, in float64. (Solving with R would be a little more accurate, and takes OpenBLAS more
// than twice as long.)
void multiply(Context& context, float* y, int64_t rows, int64_t cols, const double* r) {
  parallel_for(context, (rows + kPanel - 1) / kPanel, [&](int64_t tile, int worker) {
    const int64_t count = std::min(kPanel, rows - tile * kPanel) * cols;
    float* panel = y + tile * kPanel * cols;
    auto* wide = static_cast<double*>(context.scratch(worker, kPanel * cols * sizeof(double)));
    std::copy(panel, panel + count, wide);
    multiply_by_upper(count / cols, cols, r, cols, wide, cols);
    for (int64_t i = 0; i < count; ++i) panel[i] = static_cast<float>(wide[i]);
  });
}

}  // namespace

bool orthonormalize(Context& context, float* y, int64_t rows, int64_t cols, double* gram_of_y) {
  const Tensor columns = Tensor::matrix(y, DType::float32, rows, cols);
  bool independent = true;
  for (int round = 0; round < kMaxRounds; ++round) {
    gram(context, columns, Side::right, gram_of_y);
    auto* lengths = static_cast<double*>(context.scratch(0, cols * sizeof(double)));
    const double soundness = invert_factor(context, gram_of_y, cols, lengths);
    if (soundness > 0) {
      multiply(context, y, rows, cols, gram_of_y);
      if (soundness > kSound) return independent;
    } else {
      independent = false;
      // float32 is enough: y itself is rounded to it, and the next round polishes.
      const size_t bytes = static_cast<size_t>(householder_work(cols)) * sizeof(float);
      householder(rows, cols, y, cols, static_cast<float*>(context.scratch(0, bytes)));
    }
  }
  return independent;
}

void fill_gaussian(Context& context, float* y, int64_t rows, int64_t cols, int64_t first_col,
                   uint64_t key) {
  parallel_for(context, (rows + kPanel - 1) / kPanel, [&](int64_t tile, int) {
    const int64_t end = std::min(rows, (tile + 1) * kPanel);
    for (int64_t i = tile * kPanel; i < end; ++i) {
      for (int64_t j = first_col; j < cols; ++j) {
        // Box and Muller's transform.
        const auto element = static_cast<uint64_t>(i * cols + j);
        const double radius = std::sqrt(-2 * std::log(random_uniform(key, 2 * element)));
        const double angle = 2 * std::numbers::pi * random_uniform(key, 2 * element + 1);
        y[i * cols + j] = static_cast<float>(radius * std::cos(angle));
      }
    }
  });
}

}  // namespace lean::cpu
