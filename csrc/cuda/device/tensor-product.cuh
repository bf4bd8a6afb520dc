// One tile of a matrix product on tensor cores: operands rounded to 16 bits, sums in float32. Eight
// warps compute 64 x 32 of 128 x 128 each, 32 steps of the dimension summed over at a time; while a
// stage is multiplied the next one is on its way, in registers, from where it is rounded into the
// other half of shared memory.
#pragma once

#include <type_traits>

#include "cuda/device/line-squares.cuh"
#include "cuda/device/operand.cuh"
#include "cuda/device/ptx.cuh"
#include "cuda/device/reduce.cuh"

namespace lean::cuda {

// Half is __nv_bfloat16 or __half.
template <class Half>
class TensorProduct {
 public:
  // Calls body(row, col, count, whole, octet) for the tile's results, eight columns (count, at the
  // edge) at a time; `whole` as load() and store() of octet.cuh take it.
  template <class Body, class Watch = Unwatched>
  __device__ static void compute(const Product& product, Corner corner, Body body,
                                 Watch watch = {}) {
    __shared__ Shared shared;
    float sums[kRowTiles][kColTiles][4] = {};
    Stage ahead;
    ahead.load(product, corner, 0);
    watch.see(product, ahead.a, ahead.b);
    ahead.store(product, shared.stages[0]);
    __syncthreads();
    const int64_t depth = product.a.depth;
    int current = 0;
    for (int64_t step = 0; step < depth; step += kDepth) {
      const bool more = step + kDepth < depth;
      if (more) ahead.load(product, corner, step + kDepth);
      multiply_stage(product, shared.stages[current], sums);
      if (more) {
        watch.see(product, ahead.a, ahead.b);
        ahead.store(product, shared.stages[current ^ 1]);
      }
      __syncthreads();
      current ^= 1;
    }
    watch.finish(product, shared.squares);
    visit(product, corner, sums, shared.results[warp()], body);
  }

  // How threads share the loads of a stage (line-squares.cuh).
  static constexpr int kDepth = 32;
  static constexpr int kOctets = Product::kTile * kDepth / kOctet / kThreads;  // of an operand
  static constexpr int kLanesOfLine = kDepth / kOctet;
  // The line of a thread's i-th octet, or the first of its lines.
  __device__ static int line_of(bool along_rows, int i) {
    return Stage::line_of(along_rows, static_cast<int>(threadIdx.x) + i * kThreads);
  }

 private:
  static constexpr int kTile = Product::kTile;
  static constexpr int kWarpRows = 64;
  static constexpr int kWarpCols = 32;
  static constexpr int kWarpsAcross = kTile / kWarpCols;
  static constexpr int kRowTiles = kWarpRows / 16;
  static constexpr int kColTiles = kWarpCols / 8;
  static constexpr int kPitch = kWarpCols + 8;

  // 8 KiB. Octets are permuted so that neither storing nor ldmatrix meets a bank twice.
  struct Half8 {
    uint4 octets[kTile * kDepth / kOctet];

    // Lines along rows: 4 octets to a line; else 16 octets (of lines) to a step.
    __device__ uint4* at(bool along_rows, int line, int step) {
      if (along_rows) return &octets[line * 4 + ((step / kOctet) ^ (line / 2 % 4))];
      return &octets[step * 16 + ((line / kOctet) ^ (step % 8))];
    }
  };
  struct Operands {
    Half8 a;
    Half8 b;
  };
  union Shared {
    Operands stages[2];
    float results[kThreads / kWarp][16 * kPitch];
    double squares[kThreads * kOctet];
  };

  __device__ static int warp() { return threadIdx.x / kWarp; }
  __device__ static int lane() { return threadIdx.x % kWarp; }

  __device__ static uint4 round(const Bits& bits, DType type) {
    constexpr DType kType = std::is_same_v<Half, __half> ? DType::float16 : DType::bfloat16;
    const Bits half = type == kType ? bits : narrow(widen(bits, type), kType);
    return {half.word[0], half.word[1], half.word[2], half.word[3]};
  }

  // A thread's part of the next stage.
  struct Stage {
    Bits a[kOctets];
    Bits b[kOctets];

    __device__ static int line_of(bool along_rows, int octet) {
      return along_rows ? octet / 4 : octet % 16 * kOctet;
    }
    __device__ static int step_of(bool along_rows, int octet) {
      return along_rows ? octet % 4 * kOctet : octet / 16;
    }
    __device__ static void load(Bits (&to)[kOctets], const Operand& from, int64_t line,
                                int64_t step) {
#pragma unroll
      for (int i = 0; i < kOctets; ++i) {
        const int octet = threadIdx.x + i * kThreads;
        to[i] = from.load(line + line_of(from.along_rows, octet),
                          step + step_of(from.along_rows, octet));
      }
    }
    __device__ static void store(const Bits (&bits)[kOctets], const Operand& from, Half8& to) {
#pragma unroll
      for (int i = 0; i < kOctets; ++i) {
        const int octet = threadIdx.x + i * kThreads;
        *to.at(from.along_rows, line_of(from.along_rows, octet), step_of(from.along_rows, octet)) =
            round(bits[i], from.type);
      }
    }

    __device__ void load(const Product& product, Corner corner, int64_t step) {
      load(a, product.a, corner.row, step);
      load(b, product.b, corner.col, step);
    }
    __device__ void store(const Product& product, Operands& to) const {
      store(a, product.a, to.a);
      store(b, product.b, to.b);
    }
  };

  // The fragment of 16 lines and 16 steps: pairs (lines 0-7, steps 0-7), then what `outer` says
  // comes first, of (lines 8-15, steps 0-7) and (lines 0-7, steps 8-15).
  template <bool kLinesFirst>
  __device__ static void load_fragment(uint32_t (&to)[4], Half8& from, bool along_rows, int line,
                                       int step) {
    const int row = lane() % 8;
    const int second = lane() / 8 % 2 * 8;
    const int third = lane() / 16 * 8;
    const int lines = kLinesFirst ? second : third;
    const int steps = kLinesFirst ? third : second;
    if (along_rows) {
      ptx::load_matrices<false>(to, from.at(true, line + lines + row, step + steps));
    } else {
      ptx::load_matrices<true>(to, from.at(false, line + lines, step + steps + row));
    }
  }

  __device__ static void multiply_stage(const Product& product, Operands& stage,
                                        float (&sums)[kRowTiles][kColTiles][4]) {
    const int first_row = warp() / kWarpsAcross * kWarpRows;
    const int first_col = warp() % kWarpsAcross * kWarpCols;
#pragma unroll
    for (int step = 0; step < kDepth; step += 16) {
      uint32_t a[kRowTiles][4];
      uint32_t b[kColTiles / 2][4];
#pragma unroll
      for (int i = 0; i < kRowTiles; ++i) {
        load_fragment<true>(a[i], stage.a, product.a.along_rows, first_row + i * 16, step);
      }
#pragma unroll
      for (int j = 0; j < kColTiles / 2; ++j) {
        load_fragment<false>(b[j], stage.b, product.b.along_rows, first_col + j * 16, step);
      }
#pragma unroll
      for (int i = 0; i < kRowTiles; ++i) {
#pragma unroll
        for (int j = 0; j < kColTiles; ++j) {
          const uint32_t pair[2] = {b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]};
          ptx::multiply_add(sums[i][j], a[i], pair, Half{});
        }
      }
    }
  }

  // Odd rows have the halves of their octets swapped, so that no two lanes meet in a bank.
  __device__ static int half_swapped(int row, int col) { return col ^ (row % 2 * 4); }

  // A warp's results go through shared memory, 16 rows at a time, so that each thread gets octets.
  template <class Body>
  __device__ static void visit(const Product& product, Corner corner,
                               const float (&sums)[kRowTiles][kColTiles][4], float* results,
                               Body body) {
    const int64_t first_row = corner.row + warp() / kWarpsAcross * kWarpRows;
    const int64_t first_col = corner.col + warp() % kWarpsAcross * kWarpCols;
#pragma unroll
    for (int i = 0; i < kRowTiles; ++i) {
#pragma unroll
      for (int j = 0; j < kColTiles; ++j) {
        const int row = lane() / 4;
        float* at = results + row * kPitch + half_swapped(row, j * 8 + lane() % 4 * 2);
        *reinterpret_cast<float2*>(at) = {sums[i][j][0], sums[i][j][1]};
        *reinterpret_cast<float2*>(at + 8 * kPitch) = {sums[i][j][2], sums[i][j][3]};
      }
      __syncwarp();
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int row = half * 8 + lane() / 4;
        const int col = lane() % 4 * kOctet;
        const float* from = results + row * kPitch;
        const float4 low = *reinterpret_cast<const float4*>(from + half_swapped(row, col));
        const float4 high = *reinterpret_cast<const float4*>(from + half_swapped(row, col + 4));
        const Octet octet = {
            {{low.x}, {low.y}, {low.z}, {low.w}, {high.x}, {high.y}, {high.z}, {high.w}}};
        const int64_t to_row = first_row + i * 16 + row;
        const int64_t left = product.cols() - (first_col + col);
        const bool inside = to_row < product.rows() && left > 0;
        const bool whole = visits_whole_octets(product.cols(), inside);
        const int count = left < kOctet ? static_cast<int>(left) : kOctet;
        if (inside) body(to_row, first_col + col, count, whole, octet);
      }
      __syncwarp();
    }
  }
};

}  // namespace lean::cuda
