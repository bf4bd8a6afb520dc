// Sums of squares of an operand's lines, taken while a product reads them, so that the operand need
// not be read for them alone: float32 over eight elements, float64 beyond. Eight squares that
// overflow float32 are taken again in float64, so that a sum is non-finite exactly where an element
// is.
#pragma once

#include "cuda/device/operand.cuh"
#include "cuda/device/reduce.cuh"

namespace lean::cuda {

// What a product is watched by that nobody watches.
struct Unwatched {
  __device__ void see(const Product&, const Bits*, const Bits*) {}
  __device__ void finish(const Product&, double*) {}
};

// Core says how its threads share the loads. `Body` is called as body(line, sum), line counting
// from the tile's first.
template <class Core, class Body>
class LineSquares {
 public:
  // Of the lines of a, or of b; not `wanted`: of none. The same for all threads of a block.
  __device__ LineSquares(bool wanted, bool of_a, Body body)
      : wanted_(wanted), of_a_(of_a), body_(body) {}

  // A stage, as the thread has loaded it. (Choosing the operand here and not in add() keeps both in
  // registers.)
  __device__ void see(const Product& product, const Bits* a, const Bits* b) {
    if (!wanted_) return;
#pragma unroll
    for (int i = 0; i < Core::kOctets; ++i) {
      if (of_a_) {
        add(widen(a[i], product.a.type), product.a.along_rows, i);
      } else {
        add(widen(b[i], product.b.type), product.b.along_rows, i);
      }
    }
  }

  // `shared` has room for a number for each of 8 lines of every thread.
  __device__ void finish(const Product& product, double* shared) {
    if (!wanted_) return;
    if ((of_a_ ? product.a : product.b).along_rows) {
#pragma unroll
      for (int i = 0; i < Core::kOctets; ++i) {
        double sum = sums_[i];
#pragma unroll
        for (int distance = 1; distance < Core::kLanesOfLine; distance *= 2) {
          sum += __shfl_xor_sync(0xffffffffu, sum, distance);
        }
        if (threadIdx.x % Core::kLanesOfLine == 0) body_(Core::line_of(true, i), sum);
      }
      return;
    }
    constexpr int kGroups = kThreads / (Product::kTile / kOctet);
    const int line = Core::line_of(false, 0);
    const int group = threadIdx.x / (Product::kTile / kOctet);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) shared[group * Product::kTile + line + k] = sums_[k];
    __syncthreads();
    if (threadIdx.x < Product::kTile) {
      double total = 0;
      for (int i = 0; i < kGroups; ++i) total += shared[i * Product::kTile + threadIdx.x];
      body_(static_cast<int>(threadIdx.x), total);
    }
    __syncthreads();
  }

 private:
  __device__ void add(const Octet& x, bool along_rows, int i) {
    if (along_rows) {
      add_line(sums_[i], x);
      return;
    }
#pragma unroll
    for (int k = 0; k < kOctet; ++k) sums_[k] += squared(x.x[k]);
  }

  __device__ static void add_line(double& sum, const Octet& x) {
    float squares = 0;
#pragma unroll
    for (int k = 0; k < kOctet; ++k) squares = fmaf(x.x[k].x, x.x[k].x, squares);
    if (isfinite(squares)) {
      sum += squares;
      return;
    }
#pragma unroll
    for (int k = 0; k < kOctet; ++k) sum += squared(x.x[k]);
  }

  __device__ static double squared(Real x) { return static_cast<double>(x.x) * x.x; }

  bool wanted_;
  bool of_a_;
  Body body_;
  double sums_[kOctet] = {};
};

}  // namespace lean::cuda
