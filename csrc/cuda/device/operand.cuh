// An operand of a matrix product in global memory: `lines` vectors along the dimension that is
// summed over, each of which lies in a row or in a column of a row-major matrix of any type.
#pragma once

#include "cuda/device/row-octets.cuh"
#include "cuda/device/triangle.cuh"
#include "cuda/device/unaligned.cuh"

namespace lean::cuda {

// What is added to an operand's elements, multiplied by a factor first: factor * x + addend.
struct Addend {
  DType of;  // the type of x
  float factor;
  const void* data = nullptr;  // of the operand's shape, or absent
  DType type = DType::float32;
};

struct Operand {
  const void* data;
  DType type;  // of what is loaded
  int lines;
  int depth;
  bool along_rows;  // a line is a row of the matrix; else a column
  bool is_sum;
  Addend addend = {};  // of a sum, which is loaded as float32

  __device__ Operand(const void* data, DType type, int64_t lines, int64_t depth, bool along_rows,
                     bool is_sum = false)
      : data(data),
        type(type),
        lines(static_cast<int>(lines)),
        depth(static_cast<int>(depth)),
        along_rows(along_rows),
        is_sum(is_sum) {}

  // In what follows `rows` is along_rows, for callers that know it when they are compiled.
  __device__ int width(bool rows) const { return rows ? depth : lines; }

  __device__ int64_t index(bool rows, int line, int step) const {
    return static_cast<int64_t>(rows ? line : step) * width(rows) + (rows ? step : line);
  }

  // Eight elements of a line, from `step` on, or (columns) of eight lines at one step. Outside the
  // matrix there are zeros. All lanes of a warp call it, neighbours with consecutive octets.
  __device__ Bits load(bool rows, int line, int step) const {
    const int left = (rows ? line < lines : step < depth) ? width(rows) - (rows ? step : line) : 0;
    const int count = min(max(left, 0), kOctet);
    const bool whole = is_paired(width(rows));
    if (count == 0 && !whole) return {};
    const int64_t i = index(rows, line, step);
    const int row = rows ? line : step;
    const bool inner = row > 0 && row + 1 < (rows ? lines : depth);
    const Bits bits = load_any(data, is_sum ? addend.of : type, i, count, whole, inner);
    if (!is_sum) return bits;
    Octet sum = widen(bits, addend.of);
    Bits more = {};
    if (addend.data != nullptr) more = load_any(addend.data, addend.type, i, count, whole, inner);
    const Octet other = widen(more, addend.type);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) sum.x[k] = multiply_add(sum.x[k], addend.factor, other.x[k]);
    return narrow(sum, DType::float32);
  }
};

// A product of lines of `a` with lines of `b`: c[i][j] = a_i . b_j.
struct Product {
  Operand a;
  Operand b;

  static constexpr int kTile = 128;  // rows and columns of c that a block computes

  __device__ int rows() const { return a.lines; }
  __device__ int cols() const { return b.lines; }
};

// How the 256 threads of a block share octets of an operand's lines: along rows two threads take
// turns with the octets of a line; else sixteen have an octet of lines each, of every sixteenth
// step.
struct Share {
  static constexpr int kAcross = Product::kTile / kOctet;

  __device__ static int line(bool rows) {
    return static_cast<int>(rows ? threadIdx.x / 2 : threadIdx.x % kAcross * kOctet);
  }
  __device__ static int step(bool rows, int octet = 0) {
    return static_cast<int>(rows ? (octet * 2 + threadIdx.x % 2) * kOctet
                                 : threadIdx.x / kAcross + octet * kAcross);
  }
};

// Blocks for a product with rows x cols results.
constexpr int64_t product_tiles(int64_t rows, int64_t cols) {
  return ((rows + Product::kTile - 1) / Product::kTile) *
         ((cols + Product::kTile - 1) / Product::kTile);
}

// Blocks for a symmetric product of so many rows: tiles on the diagonal and below it.
constexpr int64_t symmetric_tiles(int64_t rows) {
  return triangle_tiles((rows + Product::kTile - 1) / Product::kTile);
}

// Where a tile begins.
struct Corner {
  int row;
  int col;

  // Of tile number `index`, counting along rows of tiles: neighbours share lines of a.
  __device__ static Corner of(uint32_t index, int64_t cols) {
    const uint32_t across = tiles(cols);
    return {static_cast<int>(index / across) * Product::kTile,
            static_cast<int>(index % across) * Product::kTile};
  }
  // Counting down columns of tiles: neighbours share lines of b.
  __device__ static Corner down(uint32_t index, int64_t rows) {
    const uint32_t tall = tiles(rows);
    return {static_cast<int>(index % tall) * Product::kTile,
            static_cast<int>(index / tall) * Product::kTile};
  }
  // Counting along rows of tiles that end on the diagonal.
  __device__ static Corner below_diagonal(uint32_t index) {
    const TrianglePlace place = TrianglePlace::of(index);
    return {place.row * Product::kTile, place.col * Product::kTile};
  }

 private:
  __device__ static uint32_t tiles(int64_t lines) {
    return (static_cast<uint32_t>(lines) + Product::kTile - 1) / Product::kTile;
  }
};

}  // namespace lean::cuda
