#include "cpu/backend/gram.h"

#include <algorithm>

#include "cpu/backend/linalg.h"

namespace lean::cpu {
namespace {

constexpr int64_t kDepth = 256;  // of the dimension summed over, widened at a time

// A tile of `out` is kTile lines by kTile lines. Small matrices get smaller ones, so that there is
// something to share.
constexpr int64_t tile_size(int64_t order) { return order > 256 ? 128 : 64; }

// to <- the lines [line, line + lines) of a, in the part [depth, depth + depths) of their length,
// in a's own orientation. Returns the distance between rows of `to`.
template <class T>
int64_t widen(const Tensor& a, Side side, int64_t line, int64_t lines, int64_t depth,
              int64_t depths, double* to) {
  const bool right = side == Side::right;  // lines are columns
  const int64_t rows = right ? depths : lines, cols = right ? lines : depths;
  const int64_t stride = a.cols();
  const T* from = a.as<T>() + (right ? depth * stride + line : line * stride + depth);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < cols; ++j) to[i * cols + j] = to_float(from[i * stride + j]);
  }
  return cols;
}

}  // namespace

void gram(Context& context, const Tensor& a, Side side, double* out) {
  const bool right = side == Side::right;
  const int64_t order = right ? a.cols() : a.rows();
  const int64_t length = right ? a.rows() : a.cols();
  const int64_t size = tile_size(order);
  const int64_t tiles = (order + size - 1) / size;
  parallel_for(context, tiles * (tiles + 1) / 2, [&](int64_t tile, int worker) {
    int64_t i = 0;  // the tile's place (i, j) in the upper triangle
    while (tile >= tiles - i) tile -= tiles - i++;
    const int64_t j = i + tile;
    const int64_t rows = std::min(size, order - i * size), cols = std::min(size, order - j * size);
    auto* x = static_cast<double*>(context.scratch(worker, 2 * size * kDepth * sizeof(double)));
    double* y = i == j ? x : x + size * kDepth;
    for (int64_t depth = 0; depth < length; depth += kDepth) {
      const int64_t depths = std::min(kDepth, length - depth);
      dispatch_weight(a.dtype, [&]<class T>() {
        const int64_t ldx = widen<T>(a, side, i * size, rows, depth, depths, x);
        const int64_t ldy = i == j ? ldx : widen<T>(a, side, j * size, cols, depth, depths, y);
        gemm(right ? Op::transposed : Op::plain, right ? Op::plain : Op::transposed, rows, cols,
             depths, 1.0, x, ldx, y, ldy, depth > 0 ? 1.0 : 0.0, out + i * size * order + j * size,
             order);
      });
    }
  });
}

}  // namespace lean::cpu
