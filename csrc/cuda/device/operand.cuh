// An operand of a matrix product in global memory: `lines` vectors along the dimension that is
// summed over, each of which lies in a row or in a column of a row-major matrix of any type.
#pragma once

#include "cuda/device/octet.cuh"

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
  int64_t lines;
  int64_t depth;
  bool along_rows;  // a line is a row of the matrix; else a column
  bool is_sum = false;
  Addend addend = {};  // of a sum, which is loaded as float32

  // Eight elements of a line, from `step` on, or (columns) of eight lines at one step. Outside the
  // matrix there are zeros. All lanes of a warp call it, neighbours with consecutive octets.
  __device__ Bits load(int64_t line, int64_t step) const {
    const int64_t width = along_rows ? depth : lines;
    const int64_t row = along_rows ? line : step;
    const int64_t col = along_rows ? step : line;
    const int64_t left = row < (along_rows ? lines : depth) ? width - col : 0;
    const int count = left < kOctet ? max(static_cast<int>(left), 0) : kOctet;
    const bool whole = width % kOctet == 0 && __all_sync(0xffffffffu, count == kOctet);
    if (is_sum) return load_sum(row * width + col, count, whole);
    return count > 0 ? cuda::load(data, type, row * width + col, count, whole) : Bits{};
  }

 private:
  __device__ Bits load_sum(int64_t i, int count, bool whole) const {
    if (count == 0) return {};
    const Bits own = cuda::load(data, addend.of, i, count, whole);
    Bits more = {};
    if (addend.data != nullptr) more = cuda::load(addend.data, addend.type, i, count, whole);
    Octet sum = widen(own, addend.of);
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

  __device__ int64_t rows() const { return a.lines; }
  __device__ int64_t cols() const { return b.lines; }
};

// Whether a warp visits nothing but whole octets of a matrix that lie where pairs of lanes can
// share their accesses (octet.cuh). All its lanes ask.
__device__ inline bool visits_whole_octets(int64_t cols, bool inside) {
  return cols % kOctet == 0 && __all_sync(0xffffffffu, inside);
}

// Blocks for a product with rows x cols results.
constexpr int64_t product_tiles(int64_t rows, int64_t cols) {
  return ((rows + Product::kTile - 1) / Product::kTile) *
         ((cols + Product::kTile - 1) / Product::kTile);
}

// Where tile number `index` begins. Neighbours in a row of tiles share lines of a.
struct Corner {
  int64_t row;
  int64_t col;

  __device__ static Corner of(uint32_t index, int64_t cols) {
    const int64_t across = (cols + Product::kTile - 1) / Product::kTile;
    return {index / across * Product::kTile, index % across * Product::kTile};
  }
};

}  // namespace lean::cuda
