// One tile of a matrix product in float32 throughout, on the ordinary multipliers: each of 256
// threads computes 8 x 8 of 128 x 128 results, every one a chain of fused multiply-adds in
// ascending order.
#pragma once

#include "cuda/device/line-squares.cuh"
#include "cuda/device/operand.cuh"
#include "cuda/device/warp-results.cuh"

namespace lean::cuda {

class FloatProduct {
 public:
  static constexpr int kBlocks = 1;

  // As TensorProduct's.
  template <class Epilogue, class Watch = Unwatched>
  __device__ __forceinline__ static void compute(const Product& product, Corner corner,
                                                 Epilogue epilogue, Watch watch = {}) {
    __shared__ Shared shared;
    float sums[kOwn][kOwn] = {};
    accumulate(product, corner, shared.stages, watch, sums);
    watch.finish(product, corner, shared.squares);
    const auto put = [&](WarpResults& results, int part) {
      const int row = lane_row() * kOwn - part * WarpResults::kRows;
      if (row < 0 || row >= WarpResults::kRows) return;
      const int col = lane_col() * kOwn;
#pragma unroll
      for (int i = 0; i < kOwn; ++i) {
        const float(&x)[kOwn] = sums[i];
        *quad(results.at<Epilogue>(row + i, col)) = {x[0], x[1], x[2], x[3]};
        *quad(results.at<Epilogue>(row + i, col + 4)) = {x[4], x[5], x[6], x[7]};
      }
    };
    shared.results.hand_over(product, corner, put, epilogue);
  }

 private:
  static constexpr int kTile = Product::kTile;
  static constexpr int kDepth = 16;
  static constexpr int kOwn = 8;
  static_assert(kTile * kDepth == kThreads * kOctet, "an octet of each operand to a thread");

  // Where in its warp's results a lane's are, in squares of kOwn.
  __device__ static int lane_row() { return WarpResults::lane() / kAcross; }
  __device__ static int lane_col() { return WarpResults::lane() % kAcross; }
  static constexpr int kAcross = WarpResults::kWarpCols / kOwn;

  __device__ static float4* quad(float* p) { return reinterpret_cast<float4*>(p); }

  // One step's lines side by side. Quads are permuted so that neither eight threads that read every
  // other one nor 32 that write sixteen lines at two steps meet a bank twice.
  struct Lines {
    float4 quads[kDepth][kTile / 4];

    __device__ float4* at(int step, int line) {
      const int quad = line / 4;
      return &quads[step][quad ^ (quad / 8 % 2) ^ (step / 8 % 2 * 4)];
    }
  };
  struct Operands {
    Lines a;
    Lines b;
  };
  union Shared {
    Operands stages[2];
    double squares[kSharedSquares];
    TileResults results;
  };
  static_assert(sizeof(Shared) <= 40 << 10, "8 KiB of what a block may have are its kernel's own");

  // sums <- the tile of a product.
  template <class Watch>
  __device__ __forceinline__ static void accumulate(const Product& product, Corner corner,
                                                    Operands (&stages)[2], Watch& watch,
                                                    float (&sums)[kOwn][kOwn]) {
    const int row = WarpResults::first_row() + lane_row() * kOwn;
    const int col = WarpResults::first_col() + lane_col() * kOwn;
    const int depth = product.a.depth;
    int current = 1;
    __syncthreads();  // of a product before this one, what the epilogue read may still be read
    // A stage is multiplied while the next is on its way. Before the first there is none.
#pragma unroll 1
    for (int step = -kDepth; step < depth; step += kDepth) {
      const int next = step + kDepth;
      Bits a, b;
      if (next < depth) {
        a = load(product.a, corner.row, next);
        b = load(product.b, corner.col, next);
      }
      if (step >= 0) multiply_stage(stages[current], row, col, sums);
      if (next < depth) {
        if (watch.wants(true)) watch.see(widen(a, product.a.type), next / kDepth);
        if (watch.wants(false)) watch.see(widen(b, product.b.type), next / kDepth);
        store(a, product.a, stages[current ^ 1].a);
        store(b, product.b, stages[current ^ 1].b);
      }
      __syncthreads();
      current ^= 1;
    }
  }

  __device__ static Bits load(const Operand& from, int line, int step) {
    const bool rows = from.along_rows;
    return from.load(rows, line + Share::line(rows), step + Share::step(rows));
  }

  __device__ static void store(const Bits& bits, const Operand& from, Lines& to) {
    const Octet octet = widen(bits, from.type);
    const int line = Share::line(from.along_rows);
    const int step = Share::step(from.along_rows);
    if (from.along_rows) {
#pragma unroll
      for (int k = 0; k < kOctet; ++k) {
        float* quad = reinterpret_cast<float*>(to.at(step + k, line));
        quad[line % 4] = octet.x[k].x;
      }
    } else {
      *to.at(step, line) = {octet.x[0].x, octet.x[1].x, octet.x[2].x, octet.x[3].x};
      *to.at(step, line + 4) = {octet.x[4].x, octet.x[5].x, octet.x[6].x, octet.x[7].x};
    }
  }

  __device__ static void read(float (&to)[kOwn], Lines& from, int step, int line) {
    const float4 low = *from.at(step, line);
    const float4 high = *from.at(step, line + 4);
    to[0] = low.x, to[1] = low.y, to[2] = low.z, to[3] = low.w;
    to[4] = high.x, to[5] = high.y, to[6] = high.z, to[7] = high.w;
  }

  __device__ static void multiply_stage(Operands& stage, int row, int col,
                                        float (&sums)[kOwn][kOwn]) {
#pragma unroll 8  // 512 multiply-adds are enough to hide what a turn costs
    for (int step = 0; step < kDepth; ++step) {
      float a[kOwn];
      float b[kOwn];
      read(a, stage.a, step, row);
      read(b, stage.b, step, col);
#pragma unroll
      for (int i = 0; i < kOwn; ++i) {
#pragma unroll
        for (int j = 0; j < kOwn; ++j) sums[i][j] = fmaf(a[i], b[j], sums[i][j]);
      }
    }
  }
};

}  // namespace lean::cuda
