// One tile of a matrix product on tensor cores, sums in float32. Eight warps compute 32 x 64 of
// 128 x 128 each, a stage of kDepth steps of the dimension summed over at a time. Stages go round
// in three buffers of shared memory: while one is multiplied, two are on their way.
//
// Operands that are of the multiplier's type and lie in whole aligned octets are copied past the
// registers (cp.async). Others are loaded, rounded and stored: float32, odd widths, odd addresses.
//
// Under `split` operands are not rounded to a 16-bit type but to the sum of two, hi + lo, which
// keeps 16 bits of a float32 significand, and multiplied as hi hi + hi lo + lo hi.
#pragma once

#include <type_traits>

#include "cuda/device/line-squares.cuh"
#include "cuda/device/operand.cuh"
#include "cuda/device/ptx.cuh"
#include "cuda/device/warp-results.cuh"

namespace lean::cuda {

// Half is __nv_bfloat16 or __half.
template <class Half, bool kSplit = false>
class TensorProduct {
 public:
  // Two of them to a multiprocessor, or there would be too few loads in flight; but where operands
  // are split, they would not find registers.
  static constexpr int kBlocks = kSplit ? 1 : 2;

  // Hands the tile's results to `epilogue` (epilogue.cuh).
  template <class Epilogue, class Watch = Unwatched>
  __device__ __forceinline__ static void compute(const Product& product, Corner corner,
                                                 Epilogue epilogue, Watch watch = {}) {
    __shared__ Shared shared;
    float sums[kRowTiles][kColTiles][4] = {};
    // How the lines lie is known to the loop when it is compiled.
    if (product.a.along_rows) {
      if (product.b.along_rows) {
        add_up<true, true>(product, corner, shared.stages, watch, sums);
      } else {
        add_up<true, false>(product, corner, shared.stages, watch, sums);
      }
    } else if (product.b.along_rows) {
      add_up<false, true>(product, corner, shared.stages, watch, sums);
    } else {
      add_up<false, false>(product, corner, shared.stages, watch, sums);
    }
    __syncthreads();
    watch.finish(product, corner, shared.squares);
    begin(epilogue, shared.epilogue.lines);
    WarpResults& results = shared.epilogue.results[WarpResults::warp()];
    const auto put = [&](int) {
#pragma unroll
      for (int j = 0; j < kColTiles; ++j) {
        const float(&sum)[4] = sums[0][j];
        const int row = lane() / 4, col = j * 8 + lane() % 4 * 2;
        *pair(results.at<Epilogue>(row, col)) = {sum[0], sum[1]};
        *pair(results.at<Epilogue>(row + 8, col)) = {sum[2], sum[3]};
        // The next part's, lest what has been put had to be kept.
#pragma unroll
        for (int i = 1; i < kRowTiles; ++i) {
#pragma unroll
          for (int k = 0; k < 4; ++k) sums[i - 1][j][k] = sums[i][j][k];
        }
      }
    };
    results.visit(product, corner, put, epilogue);
  }

 private:
  static constexpr int kTile = Product::kTile;
  static constexpr int kDepth = kSplit ? 16 : 32;
  static constexpr int kOctets = kTile * kDepth / kOctet / kThreads;  // a thread's
  static constexpr int kStages = 3;
  static constexpr int kRowTiles = WarpResults::kWarpRows / 16;
  static constexpr int kColTiles = WarpResults::kWarpCols / 8;
  static_assert(kRowTiles == WarpResults::kParts);
  static constexpr DType kType = std::is_same_v<Half, __half> ? DType::float16 : DType::bfloat16;

  // A part of an operand. Octets are permuted so that neither filling nor ldmatrix meets a bank
  // twice.
  struct Half8 {
    uint4 octets[kTile * kDepth / kOctet];

    // Lines along rows: 4 or 2 octets to a line; else 16 octets (of lines) to a step.
    __device__ uint4* at(bool rows, int line, int step) {
      if (rows) {
        const int turn = kSplit ? line / 4 % 2 : line / 2 % 2 * 2 + line / 4 % 2;
        return &octets[line * (kDepth / kOctet) + ((step / kOctet) ^ turn)];
      }
      return &octets[step * (kTile / kOctet) + ((line / kOctet) ^ (step % 8))];
    }
  };
  struct Parts {
    Half8 part[kSplit ? 2 : 1];  // hi, lo
  };
  struct Operands {
    Parts a;
    Parts b;
  };
  union Shared {
    Operands stages[kStages];
    double squares[kSharedSquares];
    struct {
      WarpResults results[kWarps];
      float lines[kTile];
    } epilogue;
  };
  static_assert(sizeof(Shared) <= 48 << 10, "what a block may have without asking");

  __device__ static int lane() { return WarpResults::lane(); }
  __device__ static float2* pair(float* p) { return reinterpret_cast<float2*>(p); }

  template <bool kRowsOfA, bool kRowsOfB, class Watch>
  __device__ __forceinline__ static void add_up(const Product& product, Corner corner,
                                                Operands (&buffers)[kStages], Watch& watch,
                                                float (&sums)[kRowTiles][kColTiles][4]) {
    const bool a_copied = is_copied(product.a, kRowsOfA);
    const bool b_copied = is_copied(product.b, kRowsOfB);
    const int stages = (product.a.depth + kDepth - 1) / kDepth;
    const auto fill = [&](int stage) {
      if (stage < stages) {
        Operands& to = buffers[stage % kStages];
        const int step = stage * kDepth;
        fill_parts<kRowsOfA>(product.a, a_copied, corner.row, step, to.a, watch, true);
        fill_parts<kRowsOfB>(product.b, b_copied, corner.col, step, to.b, watch, false);
      }
      ptx::commit_copies();
    };
    // The first turns only fill.
#pragma unroll 1
    for (int stage = 1 - kStages; stage < stages; ++stage) {
      const bool there = stage >= 0;
      Operands& current = buffers[(stage + kStages) % kStages];
      if (there) {
        ptx::wait_for_copies<kStages - 2>();
        // What this thread has copied it may look at without a barrier.
        if (a_copied && watch.wants(true)) see_copied<kRowsOfA>(current.a, stage, watch);
        if (b_copied && watch.wants(false)) see_copied<kRowsOfB>(current.b, stage, watch);
        __syncthreads();  // the stage is there for all, and all are done with the one before it,
      }
      fill(stage + kStages - 1);  // whose buffer is the next to be filled
      if (there) multiply_stage<kRowsOfA, kRowsOfB>(current, sums);
    }
  }

  __device__ static bool is_copied(const Operand& from, bool rows) {
    return !kSplit && from.type == kType && from.width(rows) % kOctet == 0 && is_aligned(from.data);
  }

  // A thread's share of a stage.
  template <bool kRows, class Watch>
  __device__ __forceinline__ static void fill_parts(const Operand& from, bool copied, int line,
                                                    int step, Parts& to, Watch& watch, bool is_a) {
    const int l = Share::line(kRows);
    if (copied) {
#pragma unroll
      for (int i = 0; i < kOctets; ++i) {
        const int s = Share::step(kRows, i);
        const bool there = line + l < from.lines && step + s < from.depth;
        const int64_t index = there ? from.index(kRows, line + l, step + s) : 0;
        ptx::copy_async(to.part[0].at(kRows, l, s), element(from.data, kType, index), there);
      }
      return;
    }
#pragma unroll 1
    for (int i = 0; i < kOctets; ++i) {
      const int s = Share::step(kRows, i);
      Octet octet = widen(from.load(kRows, line + l, step + s), from.type);
      if (watch.wants(is_a)) watch.see(octet, step / kDepth * kOctets + i);
      const Bits high = narrow(octet, kType);
      *to.part[0].at(kRows, l, s) = low_words(high);
      if constexpr (kSplit) {
        const Octet rounded = widen(high, kType);
#pragma unroll
        for (int k = 0; k < kOctet; ++k) octet.x[k] = octet.x[k] - rounded.x[k];
        *to.part[1].at(kRows, l, s) = low_words(narrow(octet, kType));
      }
    }
  }

  template <bool kRows, class Watch>
  __device__ static void see_copied(Parts& from, int stage, Watch& watch) {
#pragma unroll 1
    for (int i = 0; i < kOctets; ++i) {
      const uint4 x = *from.part[0].at(kRows, Share::line(kRows), Share::step(kRows, i));
      watch.see(widen({{x.x, x.y, x.z, x.w}}, kType), stage * kOctets + i);
    }
  }

  __device__ static uint4 low_words(const Bits& half) {
    return {half.word[0], half.word[1], half.word[2], half.word[3]};
  }

  // The fragment of 16 lines and 16 steps: pairs (lines 0-7, steps 0-7), then what `outer` says
  // comes first, of (lines 8-15, steps 0-7) and (lines 0-7, steps 8-15).
  template <bool kLinesFirst, bool kRows>
  __device__ static void load_fragment(uint32_t (&to)[4], Half8& from, int line, int step) {
    const int row = lane() % 8;
    const int second = lane() / 8 % 2 * 8;
    const int third = lane() / 16 * 8;
    const int lines = kLinesFirst ? second : third;
    const int steps = kLinesFirst ? third : second;
    if constexpr (kRows) {
      ptx::load_matrices<false>(to, from.at(true, line + lines + row, step + steps));
    } else {
      ptx::load_matrices<true>(to, from.at(false, line + lines, step + steps + row));
    }
  }

  // sums += a b, of one part of each.
  template <bool kRowsOfA, bool kRowsOfB>
  __device__ static void multiply_parts(Half8& a_part, Half8& b_part, int step,
                                        float (&sums)[kRowTiles][kColTiles][4]) {
    const int first_row = WarpResults::first_row();
    const int first_col = WarpResults::first_col();
    uint32_t b[kColTiles / 2][4];
#pragma unroll
    for (int j = 0; j < kColTiles / 2; ++j) {
      load_fragment<false, kRowsOfB>(b[j], b_part, first_col + j * 16, step);
    }
#pragma unroll
    for (int i = 0; i < kRowTiles; ++i) {
      uint32_t a[4];
      load_fragment<true, kRowsOfA>(a, a_part, first_row + i * 16, step);
#pragma unroll
      for (int j = 0; j < kColTiles; ++j) {
        const uint32_t pair[2] = {b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]};
        ptx::multiply_add(sums[i][j], a, pair, Half{});
      }
    }
  }

  template <bool kRowsOfA, bool kRowsOfB>
  __device__ static void multiply_stage(Operands& stage, float (&sums)[kRowTiles][kColTiles][4]) {
    constexpr int kProducts = kSplit ? 3 : kDepth / 16;  // hi hi, hi lo, lo hi; or steps
#pragma unroll 1  // or fragments of the next product would take registers
    for (int i = 0; i < kProducts; ++i) {
      Half8& a = stage.a.part[kSplit ? i / 2 : 0];
      Half8& b = stage.b.part[kSplit ? i % 2 : 0];
      multiply_parts<kRowsOfA, kRowsOfB>(a, b, kSplit ? 0 : i * 16, sums);
    }
  }
};

}  // namespace lean::cuda
