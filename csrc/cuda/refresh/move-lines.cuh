// Momentum moves with its lines, in place: from[i] is the place in which what belongs in place i
// lies, or -1 for a line that is new. Both indexes ascend, so lines do not overtake each other:
// those that move down are moved first to last, those that move up last to first, and none lands on
// one that has yet to move. Some are moved at a time, all read before any is written.
#pragma once

#include "cuda/device/octet.cuh"
#include "cuda/device/reduce.cuh"

namespace lean::cuda {

struct MovingLines {
  void* momentum;
  DType type;
  const int32_t* from;
  int64_t rank;
  int64_t length;

  // Lines are rows: one thread moves `count` elements of all of them, from `column` on.
  __device__ void move_columns(int64_t column, int count) const {
    const auto place = [&](int64_t line) { return line * length + column; };
    constexpr int kSome = 4;
    for (int64_t begin = 0; begin < rank; begin += kSome) {
      move_some<kSome>([&](int k) { return begin + k; }, true, place, count);
    }
    for (int64_t begin = rank - 1; begin >= 0; begin -= kSome) {
      move_some<kSome>([&](int k) { return begin - k; }, false, place, count);
    }
    for (int64_t i = 0; i < rank; ++i) {
      if (from[i] < 0) store(momentum, type, place(i), count, Bits{});
    }
  }

  // Lines are columns: one warp moves the elements of a row, a lane one of each 32.
  __device__ void move_row(int64_t row) const {
    const int lane = threadIdx.x % kWarp;
    const auto place = [&](int64_t line) { return row * rank + line; };
    for (int64_t begin = 0; begin < rank; begin += kWarp) {
      move_one(begin + lane, true, place);
    }
    for (int64_t begin = (rank - 1) / kWarp * kWarp; begin >= 0; begin -= kWarp) {
      move_one(begin + lane, false, place);
    }
    for (int64_t i = lane; i < rank; i += kWarp) {
      if (from[i] < 0) store(momentum, type, place(i), 1, Bits{});
    }
  }

 private:
  // Where place i takes its line from, or -1 where it takes none in this direction.
  __device__ int64_t source(int64_t i, bool down) const {
    if (i < 0 || i >= rank) return -1;
    const int64_t line = from[i];
    return (down ? line > i : line < i) ? line : -1;
  }

  template <int kSome, class Line, class Place>
  __device__ void move_some(Line line, bool down, Place place, int count) const {
    int64_t sources[kSome];
    Bits bits[kSome];
#pragma unroll
    for (int k = 0; k < kSome; ++k) {
      sources[k] = source(line(k), down);
      if (sources[k] >= 0) bits[k] = load(momentum, type, place(sources[k]), count);
    }
#pragma unroll
    for (int k = 0; k < kSome; ++k) {
      if (sources[k] >= 0) store(momentum, type, place(line(k)), count, bits[k]);
    }
  }

  template <class Place>
  __device__ void move_one(int64_t i, bool down, Place place) const {
    const int64_t line = source(i, down);
    Bits bits;
    if (line >= 0) bits = load(momentum, type, place(line), 1);
    __syncwarp();
    if (line >= 0) store(momentum, type, place(i), 1, bits);
    __syncwarp();
  }
};

}  // namespace lean::cuda
