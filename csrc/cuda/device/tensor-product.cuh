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
    const auto put = [&](WarpResults& results, int) {
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
    shared.results.hand_over(product, corner, put, epilogue);
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
  struct alignas(128) Half8 {
    uint4 octets[kTile * kDepth / kOctet];

    // Lines along rows: 4 or 2 octets to a line; else 16 octets (of lines) to a step.
    __device__ uint4* at(bool rows, int line, int step) {
      if (rows) {
        const int turn = kSplit ? line / 4 % 2 : line / 2 % 2 * 2 + line / 4 % 2;
        return &octets[line * (kDepth / kOctet) + ((step / kOctet) ^ turn)];
      }
      return &octets[step * (kTile / kOctet) + ((line / kOctet) ^ (step % 8))];
    }

    // The address of what is 16 * `lines` lines and 16 * `steps` steps on from an octet, of a
    // number of lines that is divided by how many such moves there are: what at() gives, of which a
    // loop needs to keep but one address.
    template <bool kRows>
    __device__ static uint32_t moved(uint32_t address, int lines, int steps) {
      constexpr int kTwo = 2 * sizeof(uint4);  // octets
      return kRows ? (address ^ (steps * kTwo)) + lines * 16 * (kDepth / kOctet) * sizeof(uint4)
                   : (address ^ (lines * kTwo)) + steps * 16 * (kTile / kOctet) * sizeof(uint4);
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
    TileResults results;
  };
  static_assert(sizeof(Shared) <= 48 << 10, "what a block may have without asking");

  __device__ static int lane() { return WarpResults::lane(); }
  __device__ static float2* pair(float* p) { return reinterpret_cast<float2*>(p); }

  template <bool kRowsOfA, bool kRowsOfB, class Watch>
  __device__ __forceinline__ static void add_up(const Product& product, Corner corner,
                                                Operands (&buffers)[kStages], Watch& watch,
                                                float (&sums)[kRowTiles][kColTiles][4]) {
    // A watch takes the registers that addresses would be kept in.
    constexpr bool kKeeps = std::is_same_v<Watch, Unwatched>;
    Stream<kRowsOfA, kKeeps> a(product.a, corner.row, buffers[0].a);
    Stream<kRowsOfB, kKeeps> b(product.b, corner.col, buffers[0].b);
    uint32_t a_fragment = first_fragment<true, kRowsOfA>(buffers[0].a, WarpResults::first_row());
    uint32_t b_fragment = first_fragment<false, kRowsOfB>(buffers[0].b, WarpResults::first_col());
    ptx::keep(a_fragment);
    ptx::keep(b_fragment);
    if constexpr (kKeeps) {
      ptx::keep(a.to);
      ptx::keep(b.to);
    }
    const int stages = (product.a.depth + kDepth - 1) / kDepth;
    int buffer = 1;  // of the current stage; the first turns only fill
#pragma unroll 1
    for (int stage = 1 - kStages; stage < stages; ++stage) {
      Operands& current = buffers[buffer];
      if (stage >= 0) {
        ptx::wait_for_copies<kStages - 2>();
        // What this thread has copied it may look at without a barrier.
        if (a.copied && watch.wants(true)) see_copied<kRowsOfA>(current.a, stage, watch);
        if (b.copied && watch.wants(false)) see_copied<kRowsOfB>(current.b, stage, watch);
        __syncthreads();  // the stage is there for all, and all are done with the one before it,
      }
      const int next = stage + kStages - 1;
      if (next < stages) {  // whose buffer is the next to be filled
        const int to = buffer == 0 ? kStages - 1 : buffer - 1;
        fill_parts(a, next * kDepth, buffers[to].a, to, watch, true);
        fill_parts(b, next * kDepth, buffers[to].b, to, watch, false);
      }
      ptx::commit_copies();
      if (stage >= 0) {
        const uint32_t offset = buffer * sizeof(Operands);
        multiply_stage<kRowsOfA, kRowsOfB>(a_fragment + offset, b_fragment + offset, sums);
      }
      buffer = buffer == kStages - 1 ? 0 : buffer + 1;
    }
  }

  __device__ static bool is_copied(const Operand& from, bool rows) {
    return !kSplit && from.type == kType && from.width(rows) % kOctet == 0 && is_aligned(from.data);
  }

  // A thread's share of an operand, a stage after the other.
  template <bool kRows, bool kKeeps>
  struct Stream {
    const Operand& from;
    int line;
    bool copied;
    // Where it is copied: the first octet of a stage in the first buffer, and of the next stage.
    uint32_t to;
    const std::byte* next;

    __device__ Stream(const Operand& from, int first, Parts& buffer)
        : from(from),
          line(first + Share::line(kRows)),
          copied(is_copied(from, kRows)),
          to(ptx::shared_address(buffer.part[0].at(kRows, Share::line(kRows), Share::step(kRows)))),
          next(element(from.data, kType, from.index(kRows, line, Share::step(kRows)))) {}

    // Where the octet from `step` on is copied from, in order.
    __device__ const std::byte* source(int step) {
      if constexpr (!kKeeps) return element(from.data, kType, from.index(kRows, line, step));
      constexpr int kSteps = kDepth / kOctets;
      const std::byte* own = next;
      next += 2 * kSteps * (kRows ? int64_t{1} : int64_t{from.lines});
      return own;
    }
  };

  template <bool kRows, bool kKeeps, class Watch>
  __device__ __forceinline__ static void fill_parts(Stream<kRows, kKeeps>& stream, int step,
                                                    Parts& to, int buffer, Watch& watch,
                                                    bool is_a) {
    const Operand& from = stream.from;
    const int l = Share::line(kRows);
    if (stream.copied) {
#pragma unroll
      for (int i = 0; i < kOctets; ++i) {
        const int s = Share::step(kRows, i);
        const bool there = stream.line < from.lines && step + s < from.depth;
        const uint32_t first = stream.to + buffer * sizeof(Operands);
        ptx::copy_async(Half8::template moved<kRows>(first, 0, i), stream.source(step + s), there);
      }
      return;
    }
#pragma unroll 1
    for (int i = 0; i < kOctets; ++i) {
      const int s = Share::step(kRows, i);
      Octet octet = widen(from.load(kRows, stream.line, step + s), from.type);
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

  // Fragments are of 16 lines and 16 steps: pairs (lines 0-7, steps 0-7), then what `kLinesFirst`
  // says comes first, of (lines 8-15, steps 0-7) and (lines 0-7, steps 8-15). The address that a
  // lane names for the first one from line `first` on.
  template <bool kLinesFirst, bool kRows>
  __device__ static uint32_t first_fragment(Parts& of, int first) {
    const int row = lane() % 8;
    const int second = lane() / 8 % 2 * 8;
    const int third = lane() / 16 * 8;
    const int lines = first + (kLinesFirst ? second : third);
    const int steps = kLinesFirst ? third : second;
    Half8& part = of.part[0];
    return ptx::shared_address(kRows ? part.at(true, lines + row, steps)
                                     : part.at(false, lines, steps + row));
  }

  // Number `i` of those along lines, number `step` along steps.
  template <bool kRows>
  __device__ static void load_fragment(uint32_t (&to)[4], uint32_t first, int i, int step) {
    ptx::load_matrices<!kRows>(to, Half8::template moved<kRows>(first, i, step));
  }

  // sums += a b, of one part of each, whose first fragments are given.
  template <bool kRowsOfA, bool kRowsOfB>
  __device__ static void multiply_parts(uint32_t a_first, uint32_t b_first, int step,
                                        float (&sums)[kRowTiles][kColTiles][4]) {
    uint32_t b[kColTiles / 2][4];
#pragma unroll
    for (int j = 0; j < kColTiles / 2; ++j) {
      load_fragment<kRowsOfB>(b[j], b_first, j, step);
    }
#pragma unroll
    for (int i = 0; i < kRowTiles; ++i) {
      uint32_t a[4];
      load_fragment<kRowsOfA>(a, a_first, i, step);
#pragma unroll
      for (int j = 0; j < kColTiles; ++j) {
        const uint32_t pair[2] = {b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]};
        ptx::multiply_add(sums[i][j], a, pair, Half{});
      }
    }
  }

  template <bool kRowsOfA, bool kRowsOfB>
  __device__ static void multiply_stage(uint32_t a_first, uint32_t b_first,
                                        float (&sums)[kRowTiles][kColTiles][4]) {
    constexpr int kProducts = kSplit ? 3 : kDepth / 16;  // hi hi, hi lo, lo hi; or steps
#pragma unroll 1  // or fragments of the next product would take registers
    for (int i = 0; i < kProducts; ++i) {
      const uint32_t a = a_first + (kSplit ? i / 2 * sizeof(Half8) : 0);
      const uint32_t b = b_first + (kSplit ? i % 2 * sizeof(Half8) : 0);
      multiply_parts<kRowsOfA, kRowsOfB>(a, b, kSplit ? 0 : i, sums);
    }
  }
};

}  // namespace lean::cuda
