// A tensor cut into nearly equal runs, each of which one block or thread adds up: a function of the
// shapes alone, so that sums depend on nothing else.
#pragma once

#include <cstdint>

namespace lean {

// Where the piece-th of `pieces` runs of `count` things begins; of the run after the last: `count`.
constexpr int64_t piece_begin(int64_t count, int64_t pieces, int64_t piece) {
  return count / pieces * piece + count % pieces * piece / pieces;
}

// The same in elements of a tensor, at multiples of 16 of them: whole vectors on every device.
constexpr int64_t aligned_piece_begin(int64_t numel, int64_t pieces, int64_t piece) {
  constexpr int64_t kStep = 16;
  const int64_t begin = kStep * piece_begin((numel + kStep - 1) / kStep, pieces, piece);
  return begin < numel ? begin : numel;
}

}  // namespace lean
