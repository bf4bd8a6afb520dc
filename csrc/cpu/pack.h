// Packs blocks of matrices for micro-kernel.h: strips of so many lines, and within a strip all its
// lines' numbers for one step of the dimension summed over, then those for the next. On the way
// 16-bit elements are widened. Lines that the last strip lacks are zeros.
#pragma once

#include "cpu/lanes.h"
#include "cpu/tiles.h"

namespace lean::cpu::LEAN_ISA {

// A block of a row-major matrix. What follows takes anything with its members whose `data` can be
// advanced and loaded from.
template <class T>
struct Block {
  T* data;
  int64_t ld;

  Block at(int64_t row, int64_t col) const { return {data + row * ld + col, ld}; }
};

// The first `count` lanes of x, a multiple of 4.
inline void store_pieces(const Lanes& x, float* to, int count) {
  if (count == kLanes) return store(to, x);
  float values[kLanes];
  store(values, x);
  for (int i = 0; i < count; i += 4) std::memcpy(to + i, values + i, 4 * sizeof(float));
}

// Lines are columns: a row of the matrix is one step of the depth.
template <int kStrip, class From>
void pack_columns(From from, int64_t depth, int64_t lines, float* to) {
  // Narrow strips are packed several at a time, from one load, and a few rows of the matrix for all
  // strips before the next ones, which are pages away.
  constexpr int kStrips = kStrip < kLanes ? kLanes / kStrip : 1;
  constexpr int kGroup = kStrips * kStrip;
  constexpr int64_t kRows = 16;
  for (int64_t begin = 0; begin < depth; begin += kRows) {
    const int64_t end = clamp(begin + kRows, 0, depth);
    for (int64_t first = 0; first < lines; first += kGroup) {
      const int strips = static_cast<int>(clamp(divide_up(lines - first, kStrip), 0, kStrips));
      for (int64_t k = begin; k < end; ++k) {
        const auto row = from.data + k * from.ld + first;
        float* step = to + first * depth + k * kStrip;
        if constexpr (kStrips == 1) {
#pragma GCC unroll 4
          for (int j = 0; j < kStrip; j += kLanes) {
            const int here = static_cast<int>(clamp(lines - first - j, 0, kLanes));
            store_pieces(here > 0 ? load(row + j, here) : Lanes{}, step + j,
                         kStrip - j < kLanes ? kStrip - j : kLanes);
          }
        } else {
          alignas(64) float values[kLanes];
          store(values, load(row, static_cast<int>(clamp(lines - first, 0, kLanes))));
          for (int i = 0; i < strips; ++i) {
            std::memcpy(step + i * kStrip * depth, values + i * kStrip, kStrip * sizeof(float));
          }
        }
      }
    }
  }
}

// to[j * kStrip + i] <- rows[i][j].
template <int kStrip>
void transpose(const float (&rows)[4][kLanes], float* to) {
  using Four = float __attribute__((vector_size(16)));
#pragma GCC unroll 4
  for (int j = 0; j < kLanes; j += 4) {
    Four row[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) std::memcpy(&row[i], rows[i] + j, sizeof row[i]);
    const Four low_01 = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5);
    const Four low_23 = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5);
    const Four high_01 = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7);
    const Four high_23 = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
    const Four column[4] = {__builtin_shufflevector(low_01, low_23, 0, 1, 4, 5),
                            __builtin_shufflevector(low_01, low_23, 2, 3, 6, 7),
                            __builtin_shufflevector(high_01, high_23, 0, 1, 4, 5),
                            __builtin_shufflevector(high_01, high_23, 2, 3, 6, 7)};
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) std::memcpy(to + (j + i) * kStrip, &column[i], sizeof column[i]);
  }
}

// Lines are rows: a column of the matrix is one step of the depth. kStrip is a multiple of 4.
template <int kStrip, class From>
void pack_rows(From from, int64_t depth, int64_t lines, float* to) {
  for (int64_t first = 0; first < lines; first += kStrip, to += kStrip * depth) {
    for (int i = 0; i < kStrip; i += 4) {
      for (int64_t k = 0; k < depth; k += kLanes) {
        const int count = static_cast<int>(clamp(depth - k, 0, kLanes));
        alignas(64) float rows[4][kLanes];
        for (int r = 0; r < 4; ++r) {
          const int64_t line = first + i + r;
          store(rows[r], line < lines ? load(from.data + line * from.ld + k, count) : Lanes{});
        }
        float* corner = to + k * kStrip + i;
        if (count == kLanes) {
          transpose<kStrip>(rows, corner);
          continue;
        }
        for (int j = 0; j < count; ++j) {
          for (int r = 0; r < 4; ++r) corner[j * kStrip + r] = rows[r][j];
        }
      }
    }
  }
}

}  // namespace lean::cpu::LEAN_ISA
