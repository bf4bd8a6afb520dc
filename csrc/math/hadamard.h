// Hadamard matrices (entries 1 and -1, H H^T = n I), entry by entry: a core of order 1, 12, 20 or
// 28 times Sylvester's matrix of order 2^p, H = core (x) Sylvester. So every order 2^p, 12 2^p, 20
// 2^p (40 2^p among them) and 28 2^p has one. Cores are Paley's (1933): with chi the quadratic
// character mod q (chi(0) = 0),
//   12, 20 (q = 11, 19):  I + S,  S = [0 1^T; -1 chi(i - j)]
//   28 (q = 13):          C (x) [1 1; 1 -1] + I (x) [1 -1; -1 -1],  C = [0 1^T; 1 chi(i - j)]
#pragma once

#include <cstdint>

namespace lean {

struct Hadamard {
  int64_t order = 1;
  int32_t core = 1;

  // The smallest one of at least n rows.
  static constexpr Hadamard at_least(int64_t n) {
    Hadamard best{0, 0};
    for (const int32_t core : {1, 12, 20, 28}) {
      int64_t order = core;
      while (order < n) order *= 2;
      if (best.core == 0 || order < best.order) best = {order, core};
    }
    return best;
  }

  constexpr bool is_negative(int64_t row, int64_t col) const {
    const int64_t blocks = order / core;  // Sylvester's order
    const bool of_core =
        core_is_negative(static_cast<int32_t>(row / blocks), static_cast<int32_t>(col / blocks));
    auto common = static_cast<uint64_t>(row % blocks & col % blocks);
    for (int half = 32; half > 0; half /= 2) common ^= common >> half;  // its parity
    return of_core != ((common & 1) != 0);
  }

 private:
  // Bit x: whether x is a square mod q.
  static constexpr uint32_t kSquares11 = 0x23a;    // 1 3 4 5 9
  static constexpr uint32_t kSquares13 = 0x161a;   // 1 3 4 9 10 12
  static constexpr uint32_t kSquares19 = 0x30af2;  // 1 4 5 6 7 9 11 16 17

  static constexpr bool is_square(uint32_t squares, int32_t q, int32_t difference) {
    return (squares >> ((difference + q) % q) & 1) != 0;
  }

  constexpr bool core_is_negative(int32_t i, int32_t j) const {
    switch (core) {
      case 12:
        return first_is_negative(kSquares11, 11, i, j);
      case 20:
        return first_is_negative(kSquares19, 19, i, j);
      case 28:
        return second_is_negative(i, j);
      default:
        return false;
    }
  }

  static constexpr bool first_is_negative(uint32_t squares, int32_t q, int32_t i, int32_t j) {
    if (i == j || i == 0) return false;
    return j == 0 || !is_square(squares, q, i - j);
  }

  static constexpr bool second_is_negative(int32_t i, int32_t j) {
    const bool both_odd = i % 2 == 1 && j % 2 == 1;
    if (i / 2 == j / 2) return i % 2 == 1 || j % 2 == 1;
    const bool conference = i / 2 != 0 && j / 2 != 0 && !is_square(kSquares13, 13, i / 2 - j / 2);
    return conference != both_odd;
  }
};

}  // namespace lean
