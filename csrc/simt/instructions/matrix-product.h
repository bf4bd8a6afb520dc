// d = a b + c of small matrices, for mma and wmma.
//
// Hardware adds the products of a row and a column in an order, and with a rounding of intermediate
// sums, that NVIDIA does not document. Here the order is fixed: beginning with the element of c,
// the products are added for k = 0, 1, 2 ..., each addition rounded to nearest even in the
// accumulator's type (.f16 accumulators: in single precision, and once more at the end). Products
// are exact where the elements have at most 12 bits. Results are the same in every run.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "simt/instructions/half-value.h"

namespace lean::simt {

// `a` has its k-th column of `rows` elements at a[k], `c` its j-th at c[j], so that the innermost
// loop runs along them.
template <class T, int rows, int columns, int depth>
void multiply_add(const T (&a)[depth][rows], const T (&b)[depth][columns], T (&c)[columns][rows]) {
  for (int j = 0; j < columns; ++j) {
    T sum[rows];
    for (int i = 0; i < rows; ++i) sum[i] = c[j][i];
    for (int k = 0; k < depth; ++k) {
      for (int i = 0; i < rows; ++i) {
        if constexpr (std::is_integral_v<T>) {
          sum[i] = static_cast<T>(static_cast<uint32_t>(sum[i]) +
                                  static_cast<uint32_t>(a[k][i] * b[k][j]));
        } else {
          sum[i] = std::fma(a[k][i], b[k][j], sum[i]);
        }
      }
    }
    for (int i = 0; i < rows; ++i) c[j][i] = sum[i];
  }
}

// The elements of a fragment's register. `Accumulator` is what they are widened to.
struct ElementF16 {
  using Register = uint32_t;
  using Accumulator = float;
  static constexpr int kCount = 2;
  static float at(uint32_t bits, int k) { return to_float(F16{uint16_t(bits >> (16 * k))}); }
};
struct ElementBf16 {
  using Register = uint32_t;
  using Accumulator = float;
  static constexpr int kCount = 2;
  static float at(uint32_t bits, int k) { return to_float(Bf16{uint16_t(bits >> (16 * k))}); }
};
struct ElementTf32 {  // the lower 13 bits of the fraction are ignored
  using Register = uint32_t;
  using Accumulator = float;
  static constexpr int kCount = 1;
  static float at(uint32_t bits, int) { return std::bit_cast<float>(bits & 0xffffe000u); }
};
struct ElementF64 {
  using Register = double;
  using Accumulator = double;
  static constexpr int kCount = 1;
  static double at(double value, int) { return value; }
};
template <class E>
struct ElementByte {
  using Register = uint32_t;
  using Accumulator = int32_t;
  static constexpr int kCount = 4;
  static int32_t at(uint32_t bits, int k) { return static_cast<E>(bits >> (8 * k)); }
};

}  // namespace lean::simt
