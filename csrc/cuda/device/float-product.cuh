// One tile of a matrix product in float32 throughout, on the ordinary multipliers: each of 256
// threads computes 8 x 8 of 128 x 128 results, every one a chain of fused multiply-adds in
// ascending order.
#pragma once

#include "cuda/device/epilogue.cuh"
#include "cuda/device/line-squares.cuh"
#include "cuda/device/operand.cuh"
#include "cuda/device/reduce.cuh"

namespace lean::cuda {

class FloatProduct {
 public:
  static constexpr int kBlocks = 1;

  // As TensorProduct's.
  template <class Epilogue, class Watch = Unwatched>
  __device__ __forceinline__ static void compute(const Product& product, Corner corner,
                                                 Epilogue epilogue, Watch watch = {}) {
    float sums[kOwn][kOwn] = {};
    float* lines = accumulate(product, corner, sums, watch);
    begin(epilogue, lines);
    visit(product, corner, sums, epilogue);
  }

  // The same for the sum of two products of the same size.
  template <class Epilogue>
  __device__ __forceinline__ static void compute(const Product& first, const Product& second,
                                                 Corner corner, Epilogue epilogue) {
    float sums[kOwn][kOwn] = {};
    float* lines = nullptr;
#pragma unroll 1  // or the code of a product is there twice
    for (int i = 0; i < 2; ++i) {
      lines = accumulate(i == 0 ? first : second, corner, sums, Unwatched{});
    }
    begin(epilogue, lines);
    visit(first, corner, sums, epilogue);
  }

 private:
  static constexpr int kTile = Product::kTile;
  static constexpr int kDepth = 16;
  static constexpr int kOwn = 8;
  static constexpr int kAcross = kTile / kOwn;
  static_assert(kTile * kDepth == kThreads * kOctet, "an octet of each operand to a thread");

  // One step's lines side by side. Quads are permuted so that neither eight threads that read every
  // other one nor 32 that write sixteen lines at two steps meet a bank twice.
  struct Lines {
    float4 quads[kDepth][kTile / 4];

    __device__ float4* at(int step, int line) {
      const int quad = line / 4;
      return &quads[step][quad ^ (quad / 8 % 2) ^ (step / 8 % 2 * 4)];
    }
  };
  struct Shared {
    Lines a;
    Lines b;
  };

  // sums <- sums + the tile of a product. Returns shared memory for a float for each of its lines.
  template <class Watch>
  __device__ __forceinline__ static float* accumulate(const Product& product, Corner corner,
                                                      float (&sums)[kOwn][kOwn], Watch watch) {
    __shared__ union {
      Shared stages[2];
      double squares[kSharedSquares];
      float lines[kTile];
    } shared;
    const auto see = [&](const Bits& a, const Bits& b, int step) {
      if (watch.wants(true)) watch.see(widen(a, product.a.type), step / kDepth);
      if (watch.wants(false)) watch.see(widen(b, product.b.type), step / kDepth);
    };
    Shared(&stages)[2] = shared.stages;
    const int row = threadIdx.x / kAcross * kOwn;
    const int col = threadIdx.x % kAcross * kOwn;
    Bits a = load(product.a, corner.row, 0);
    Bits b = load(product.b, corner.col, 0);
    see(a, b, 0);
    store(a, product.a, stages[0].a);
    store(b, product.b, stages[0].b);
    __syncthreads();
    const int depth = product.a.depth;
    int current = 0;
    for (int step = 0; step < depth; step += kDepth) {
      const bool more = step + kDepth < depth;
      if (more) {
        a = load(product.a, corner.row, step + kDepth);
        b = load(product.b, corner.col, step + kDepth);
      }
      multiply_stage(stages[current], row, col, sums);
      if (more) {
        see(a, b, step + kDepth);
        store(a, product.a, stages[current ^ 1].a);
        store(b, product.b, stages[current ^ 1].b);
      }
      __syncthreads();
      current ^= 1;
    }
    watch.finish(product, corner, shared.squares);
    return shared.lines;
  }

  template <class Epilogue>
  __device__ __forceinline__ static void visit(const Product& product, Corner corner,
                                               const float (&sums)[kOwn][kOwn],
                                               const Epilogue& epilogue) {
    const int row = threadIdx.x / kAcross * kOwn;
    const int col = threadIdx.x % kAcross * kOwn;
    const int count = min(product.cols() - (corner.col + col), kOctet);
    const bool whole = is_paired(product.cols());
#pragma unroll
    for (int i = 0; i < kOwn; ++i) {
      const bool inside = corner.row + row + i < product.rows() && count > 0;
      if (!inside && !whole) continue;
      Octet octet;
#pragma unroll
      for (int j = 0; j < kOwn; ++j) octet.x[j] = {sums[i][j]};
      epilogue(min(corner.row + row + i, product.rows() - 1), corner.col + col, inside ? count : 0,
               whole, octet);
    }
    if constexpr (Mirroring<Epilogue>) {
      if (epilogue.mirrors()) visit_mirrored(product, corner, sums, epilogue);
    }
  }

  template <class Epilogue>
  __device__ static void visit_mirrored(const Product& product, Corner corner,
                                        const float (&sums)[kOwn][kOwn], const Epilogue& epilogue) {
    const int to_row = corner.col + threadIdx.x % kAcross * kOwn;
    const int to_col = corner.row + threadIdx.x / kAcross * kOwn;
    const int count = min(product.rows() - to_col, kOctet);
    if (count <= 0) return;
#pragma unroll
    for (int j = 0; j < kOwn; ++j) {
      if (to_row + j >= product.cols()) return;
      Octet octet;
#pragma unroll
      for (int i = 0; i < kOwn; ++i) octet.x[i] = {sums[i][j]};
      // No two lanes have octets that follow each other.
      epilogue(to_row + j, to_col, count, false, octet);
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

  __device__ static void multiply_stage(Shared& stage, int row, int col,
                                        float (&sums)[kOwn][kOwn]) {
#pragma unroll
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
