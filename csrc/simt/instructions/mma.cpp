// mma.sync (PTX ISA 9.7.14.5). Which lane holds which element is the same for all shapes and types,
// with g = lane / 4, t = lane % 4 and E elements in a register:
//   a, register r: row g + 8 (r % 2), columns 4 E (r / 2) + E t + 0 ... E - 1
//   b, register r: rows 4 E r + E t + 0 ... E - 1, column g
//   c and d, element i: row g + 8 (i / 2), column 2 t + i % 2
#include "simt/instructions/matrix-product.h"
#include "simt/instructions/modifiers.h"
#include "simt/machine/columns.h"
#include "simt/machine/convergence.h"

namespace lean::simt {
namespace {

constexpr int kGroups = 8;  // g
constexpr int kColumns = 8;

template <class Element, int rows, int depth>
void read_a(const Warp& warp, const Column* registers,
            typename Element::Accumulator (&a)[depth][rows]) {
  constexpr int E = Element::kCount;
  constexpr int kRegisters = rows * depth / kLanes / E;
  for (int r = 0; r < kRegisters; ++r) {
    const auto lanes = read<typename Element::Register>(warp, registers[r]);
    const int row = rows == 8 ? 0 : 8 * (r % 2);
    const int column = 4 * E * (rows == 8 ? r : r / 2);
    for (int t = 0; t < 4; ++t) {
      for (int e = 0; e < E; ++e) {
        auto* to = a[column + E * t + e] + row;
        for (int g = 0; g < kGroups; ++g) to[g] = Element::at(lanes[4 * g + t], e);
      }
    }
  }
}

template <class Element, int depth>
void read_b(const Warp& warp, const Column* registers,
            typename Element::Accumulator (&b)[depth][kColumns]) {
  constexpr int E = Element::kCount;
  for (int r = 0; r < depth / 4 / E; ++r) {
    const auto lanes = read<typename Element::Register>(warp, registers[r]);
    for (int t = 0; t < 4; ++t) {
      for (int e = 0; e < E; ++e) {
        auto* to = b[4 * E * r + E * t + e];
        for (int g = 0; g < kGroups; ++g) to[g] = Element::at(lanes[4 * g + t], e);
      }
    }
  }
}

// Accumulators as registers hold them: one in each, or a pair of .f16.
template <class T>
struct Single {
  static constexpr int kCount = 1;
  template <int rows>
  static void read_c(const Warp& warp, const Column* registers, T (&c)[kColumns][rows]) {
    for (int i = 0; i < rows / 4; ++i) {
      const auto lanes = read<T>(warp, registers[i]);
      for (int t = 0; t < 4; ++t) {
        for (int g = 0; g < kGroups; ++g) c[2 * t + i % 2][g + 8 * (i / 2)] = lanes[4 * g + t];
      }
    }
  }
  template <int rows>
  static void write_d(Warp& warp, const Column* registers, const T (&c)[kColumns][rows]) {
    for (int i = 0; i < rows / 4; ++i) {
      Lanes<T> lanes;
      for (int t = 0; t < 4; ++t) {
        for (int g = 0; g < kGroups; ++g) lanes[4 * g + t] = c[2 * t + i % 2][g + 8 * (i / 2)];
      }
      write(warp, registers[i], lanes, kAllLanes);
    }
  }
};

struct HalfPair {
  static constexpr int kCount = 2;
  template <int rows>
  static void read_c(const Warp& warp, const Column* registers, float (&c)[kColumns][rows]) {
    for (int r = 0; r < rows / 8; ++r) {
      const auto lanes = read<uint32_t>(warp, registers[r]);
      for (int i = 0; i < kLanes; ++i) {
        c[2 * (i % 4)][i / 4 + 8 * r] = ElementF16::at(lanes[i], 0);
        c[2 * (i % 4) + 1][i / 4 + 8 * r] = ElementF16::at(lanes[i], 1);
      }
    }
  }
  template <int rows>
  static void write_d(Warp& warp, const Column* registers, const float (&c)[kColumns][rows]) {
    for (int r = 0; r < rows / 8; ++r) {
      Lanes<uint32_t> lanes;
      for (int i = 0; i < kLanes; ++i) {
        const uint32_t low = round_to<F16>(c[2 * (i % 4)][i / 4 + 8 * r]).bits;
        const uint32_t high = round_to<F16>(c[2 * (i % 4) + 1][i / 4 + 8 * r]).bits;
        lanes[i] = low | high << 16;
      }
      write(warp, registers[r], lanes, kAllLanes);
    }
  }
};

template <class A, class B, class Accumulators, int rows, int depth>
struct Mma {
  static constexpr int kOfA = rows * depth / kLanes / A::kCount;
  static constexpr int kOfB = kColumns * depth / kLanes / B::kCount;
  static constexpr int kOfC = rows / 4 / Accumulators::kCount;

  static Flow execute(Warp& warp, const Instruction& instruction, Mask mask) {
    if (!whole_warp(warp, instruction, mask)) return Flow::wait;
    using T = typename A::Accumulator;
    alignas(64) T a[depth][rows];
    alignas(64) T b[depth][kColumns];
    alignas(64) T c[kColumns][rows];
    const Column* d = instruction.operands;
    read_a<A>(warp, d + kOfC, a);
    read_b<B>(warp, d + kOfC + kOfA, b);
    Accumulators::read_c(warp, d + kOfC + kOfA + kOfB, c);
    multiply_add(a, b, c);
    Accumulators::write_d(warp, d, c);
    return Flow::next;
  }
};

template <class A, class B, class Accumulators, int rows, int depth>
Execute mma(const Instruction& i) {
  using Form = Mma<A, B, Accumulators, rows, depth>;
  if (i.operand_count != 2 * Form::kOfC + Form::kOfA + Form::kOfB) return nullptr;
  return Form::execute;
}

struct Types {
  Type d, a, b, c;
};

template <class E>
Execute select_half(std::string_view shape, const Types& types, const Instruction& i) {
  if (types.d != types.c || types.a != types.b) return nullptr;
  if (types.d == Type::f32) {
    if (shape == "m16n8k16") return mma<E, E, Single<float>, 16, 16>(i);
    if (shape == "m16n8k8") return mma<E, E, Single<float>, 16, 8>(i);
  } else if (types.d == Type::f16 && types.a == Type::f16) {
    if (shape == "m16n8k16") return mma<E, E, HalfPair, 16, 16>(i);
    if (shape == "m16n8k8") return mma<E, E, HalfPair, 16, 8>(i);
  }
  return nullptr;
}

Execute select_tf32(std::string_view shape, const Types& types, const Instruction& i) {
  using E = ElementTf32;
  if (types.d != Type::f32 || types.c != Type::f32 || types.b != Type::tf32) return nullptr;
  if (shape == "m16n8k4") return mma<E, E, Single<float>, 16, 4>(i);
  if (shape == "m16n8k8") return mma<E, E, Single<float>, 16, 8>(i);
  return nullptr;
}

Execute select_f64(std::string_view shape, const Types& types, const Instruction& i) {
  using E = ElementF64;
  if (types.d != Type::f64 || types.c != Type::f64 || types.b != Type::f64) return nullptr;
  if (shape == "m8n8k4") return mma<E, E, Single<double>, 8, 4>(i);
  if (shape == "m16n8k4") return mma<E, E, Single<double>, 16, 4>(i);
  if (shape == "m16n8k8") return mma<E, E, Single<double>, 16, 8>(i);
  if (shape == "m16n8k16") return mma<E, E, Single<double>, 16, 16>(i);
  return nullptr;
}

template <class A, class B>
Execute select_bytes(std::string_view shape, const Types& types, const Instruction& i) {
  if (types.d != Type::s32 || types.c != Type::s32) return nullptr;
  if (shape == "m16n8k16") return mma<A, B, Single<int32_t>, 16, 16>(i);
  if (shape == "m16n8k32") return mma<A, B, Single<int32_t>, 16, 32>(i);
  return nullptr;
}

// mma.sync.aligned.shape.row.col.dtype.atype.btype.ctype
Execute select_mma(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  if (!m.take("sync") || !m.take("aligned") || !m.take("row") || !m.take("col")) return nullptr;
  Types types;
  types.d = m.take_type();
  types.a = m.take_type();
  types.b = m.take_type();
  types.c = m.take_type();
  if (types.a == Type::f64) m.take("rn");
  const std::string_view shape = m.take_next();
  if (!m.done()) return nullptr;
  using S = ElementByte<int8_t>;
  using U = ElementByte<uint8_t>;
  switch (types.a) {
    case Type::f16:
      return select_half<ElementF16>(shape, types, i);
    case Type::bf16:
      return select_half<ElementBf16>(shape, types, i);
    case Type::tf32:
      return select_tf32(shape, types, i);
    case Type::f64:
      return select_f64(shape, types, i);
    case Type::s8:
      if (types.b == Type::s8) return select_bytes<S, S>(shape, types, i);
      return types.b == Type::u8 ? select_bytes<S, U>(shape, types, i) : nullptr;
    case Type::u8:
      if (types.b == Type::u8) return select_bytes<U, U>(shape, types, i);
      return types.b == Type::s8 ? select_bytes<U, S>(shape, types, i) : nullptr;
    default:
      return nullptr;
  }
}

const RegisterOpcode kOpcodes[] = {{"mma", select_mma}};

}  // namespace
}  // namespace lean::simt
