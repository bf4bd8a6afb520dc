// wmma.mma (PTX ISA 9.7.14.4).
#include <cstring>

#include "simt/instructions/matrix-product.h"
#include "simt/instructions/modifiers.h"
#include "simt/instructions/wmma-fragment.h"
#include "simt/machine/columns.h"
#include "simt/machine/convergence.h"

namespace lean::simt {
namespace {

// A fragment of `count` elements as a matrix, row by row. Repeated elements are left out.
template <class Element, class T>
void read_fragment(const Warp& warp, const Column* registers, int count, T* matrix) {
  constexpr int E = Element::kCount;
  for (int r = 0; r < count / kLanes / E; ++r) {
    const auto lanes = read<typename Element::Register>(warp, registers[r]);
    for (int e = 0; e < E; ++e) {
      T* to = matrix + kLanes * (r * E + e);
      for (int lane = 0; lane < kLanes; ++lane) to[lane] = Element::at(lanes[lane], e);
    }
  }
}

template <class T>
struct ElementPlain {
  using Register = T;
  static constexpr int kCount = 1;
  static T at(T value, int) { return value; }
};

template <class T>
void write_fragment(Warp& warp, const Column* registers, int count, const T* matrix) {
  for (int r = 0; r < count / kLanes; ++r) {
    Lanes<T> lanes;
    std::memcpy(lanes.data(), matrix + kLanes * r, sizeof lanes);
    write(warp, registers[r], lanes, kAllLanes);
  }
}

void write_halves(Warp& warp, const Column* registers, int count, const float* matrix) {
  for (int r = 0; r < count / kLanes / 2; ++r) {
    const float* from = matrix + 2 * kLanes * r;
    Lanes<uint32_t> lanes;
    for (int lane = 0; lane < kLanes; ++lane) {
      lanes[lane] =
          round_to<F16>(from[lane]).bits | uint32_t{round_to<F16>(from[kLanes + lane]).bits} << 16;
    }
    write(warp, registers[r], lanes, kAllLanes);
  }
}

// data: registers of a, b and c; whether d and c are .f16.
template <class Element, int m, int n, int k>
Flow multiply(Warp& warp, const Instruction& i, Mask mask) {
  if (!whole_warp(warp, i, mask)) return Flow::wait;
  using T = typename Element::Accumulator;
  alignas(64) T a[m * k];
  alignas(64) T transposed[k][m];
  alignas(64) T b[k][n];
  alignas(64) T c[m * n];
  alignas(64) T by_column[n][m];
  const bool half_d = i.data[3] & 1;
  const bool half_c = i.data[3] & 2;
  const Column* of_a = i.operands + (half_d ? 4 : m * n / kLanes);
  const Column* of_b = of_a + i.data[0];
  const Column* of_c = of_b + i.data[1];
  read_fragment<Element>(warp, of_a, m * k, a);
  read_fragment<Element>(warp, of_b, k * n, &b[0][0]);
  if (half_c) {
    read_fragment<ElementF16>(warp, of_c, m * n, c);
  } else {
    read_fragment<ElementPlain<T>>(warp, of_c, m * n, c);
  }
  for (int row = 0; row < m; ++row) {
    for (int column = 0; column < k; ++column) transposed[column][row] = a[row * k + column];
    for (int column = 0; column < n; ++column) by_column[column][row] = c[row * n + column];
  }
  multiply_add(transposed, b, by_column);
  for (int row = 0; row < m; ++row) {
    for (int column = 0; column < n; ++column) c[row * n + column] = by_column[column][row];
  }
  if constexpr (std::is_same_v<T, float>) {
    if (half_d) {
      write_halves(warp, i.operands, m * n, c);
      return Flow::next;
    }
  }
  write_fragment(warp, i.operands, m * n, c);
  return Flow::next;
}

template <class Element>
Execute for_half_shape(const Shape& shape) {
  if (shape == kHalfShapes[0]) return multiply<Element, 16, 16, 16>;
  if (shape == kHalfShapes[1]) return multiply<Element, 32, 8, 16>;
  if (shape == kHalfShapes[2]) return multiply<Element, 8, 32, 16>;
  return nullptr;
}

// wmma.mma.sync.aligned.alayout.blayout.shape.dtype{.atype.btype}.ctype
Execute select_multiply(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  if (!m.take("mma") || !m.take("sync") || !m.take("aligned")) return nullptr;
  for (int k = 0; k < 2; ++k) {
    // Fragments do not depend on the layouts.
    if (!m.take("row") && !m.take("col")) return nullptr;
  }
  const Type d = m.take_type();
  Type a = m.take_type();
  Type c = a;
  const Type b = m.take_type();
  if (b == Type::none) {
    a = Type::f16;
  } else {
    c = m.take_type();
    if (b != a) return nullptr;
  }
  if (a == Type::f64) m.take("rn");
  const auto shape = shape_named(m.take_next());
  if (!m.done() || !shape || !has_type(*shape, a)) return nullptr;
  const bool halves = b == Type::none;
  const Type accumulator = a == Type::f64 ? Type::f64 : Type::f32;
  if (d != accumulator && !(halves && d == Type::f16)) return nullptr;
  if (c != accumulator && !(halves && c == Type::f16)) return nullptr;
  i.data[0] = static_cast<uint32_t>(registers_of(a, shape->m * shape->k, false));
  i.data[1] = static_cast<uint32_t>(registers_of(a, shape->k * shape->n, false));
  i.data[2] = static_cast<uint32_t>(registers_of(c, shape->m * shape->n, true));
  i.data[3] = (d == Type::f16 ? 1 : 0) | (c == Type::f16 ? 2 : 0);
  const auto results = static_cast<uint32_t>(registers_of(d, shape->m * shape->n, true));
  if (i.operand_count != results + i.data[0] + i.data[1] + i.data[2]) return nullptr;
  if (a == Type::f16) return for_half_shape<ElementF16>(*shape);
  if (a == Type::bf16) return for_half_shape<ElementBf16>(*shape);
  if (a == Type::tf32) return multiply<ElementTf32, 16, 16, 8>;
  if (a == Type::f64) return multiply<ElementF64, 8, 8, 4>;
  return nullptr;
}

const RegisterOpcode kOpcodes[] = {{"wmma", select_multiply}};

}  // namespace
}  // namespace lean::simt
