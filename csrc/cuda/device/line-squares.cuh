// Sums of squares of an operand's lines, taken while a product reads them, so that the operand need
// not be read for them alone. A thread adds up runs of 32 elements, then the runs, in float32, with
// an error of at most 32 + (runs) roundings; what the threads of a line have is added in float64.
// A line whose sum overflows float32 is summed again in float64, from memory, so that a sum is
// non-finite exactly where an element is.
#pragma once

#include "cuda/device/operand.cuh"
#include "cuda/device/reduce.cuh"

namespace lean::cuda {

// Sums of every thread's eight lines, k of all threads together with a gap: neither threads that
// write nor lines that are read meet in a bank.
inline constexpr int kSquaresPitch = kThreads + 2;
inline constexpr int kSharedSquares = kOctet * kSquaresPitch;

// What a product is watched by that nobody watches.
struct Unwatched {
  __device__ static constexpr bool wants(bool) { return false; }
  __device__ void see(const Octet&, int) {}
  __device__ void finish(const Product&, Corner, double*) {}
};

// `Body` is called as body(line, sum) for each line of the tile.
template <class Body>
class LineSquares {
 public:
  // Of the lines of a, or of b; not `wanted`: of none. The same for all threads of a block.
  __device__ LineSquares(bool wanted, bool of_a, Body body)
      : wanted_(wanted), of_a_(of_a), body_(body) {}

  __device__ bool wants(bool a) const { return wanted_ && of_a_ == a; }

  // The thread's octet (Share) number `number`: of its line (along rows), or of its eight lines.
  __device__ void see(const Octet& x, int number) {
    constexpr int kRun = 32;  // elements to a sum in float32
#pragma unroll
    for (int k = 0; k < kOctet; ++k) run_[k] = fmaf(x.x[k].x, x.x[k].x, run_[k]);
    if (number % kRun == kRun - 1) add_run();
  }

  // `shared` has room for kSharedSquares.
  __device__ void finish(const Product& product, Corner corner, double* shared) {
    if (!wanted_) return;
    add_run();
    Operand from = product.b;  // by value: a reference to either would put both into memory
    if (of_a_) from = product.a;
    const int first = of_a_ ? corner.row : corner.col;
    if (from.along_rows) {
      double sum = 0;
#pragma unroll
      for (int k = 0; k < kOctet; ++k) sum += sums_[k];
      sum += __shfl_xor_sync(0xffffffffu, sum, 1);
      if (threadIdx.x % 2 == 0) give(from, first, Share::line(true), sum);
      return;
    }
#pragma unroll
    for (int k = 0; k < kOctet; ++k) shared[k * kSquaresPitch + threadIdx.x] = sums_[k];
    __syncthreads();
    if (threadIdx.x < Product::kTile) {
      const int line = static_cast<int>(threadIdx.x);
      const double* of_line = shared + line % kOctet * kSquaresPitch + line / kOctet;
      double total = 0;
      for (int i = 0; i < kThreads; i += Share::kAcross) total += of_line[i];
      give(from, first, line, total);
    }
    __syncthreads();
  }

 private:
  __device__ void add_run() {
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      sums_[k] += run_[k];
      run_[k] = 0;
    }
  }

  __device__ void give(const Operand& from, int first, int line, double sum) {
    if (first + line >= from.lines) return;
    body_(first + line, isfinite(sum) ? sum : summed_again(from, first + line));
  }

  __device__ static double summed_again(const Operand& from, int line) {
    double sum = 0;
    for (int step = 0; step < from.depth; ++step) {
      const Bits bits = load(from.data, from.type, from.index(from.along_rows, line, step), 1);
      const double x = widen(bits, from.type).x[0].x;
      sum += x * x;
    }
    return sum;
  }

  bool wanted_;
  bool of_a_;
  Body body_;
  float run_[kOctet] = {};
  float sums_[kOctet] = {};  // of runs: float64 would take more registers than there are
};

}  // namespace lean::cuda
