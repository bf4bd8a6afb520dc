// The lanes of a warp's registers, as arrays that the compiler vectorizes loops over.
#pragma once

#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

#include "simt/machine/instruction.h"
#include "simt/machine/warp.h"

namespace lean::simt {

template <class T>
using Lanes = std::array<T, kLanes>;

// What holds a T in a register: 32 bits, or 64 for wider types.
template <class T>
using Cell = std::conditional_t<sizeof(T) <= 4, uint32_t, uint64_t>;

// An unsigned integer of T's size.
template <class T>
using BitsOf =
    std::conditional_t<sizeof(T) == 1, uint8_t,
                       std::conditional_t<sizeof(T) == 2, uint16_t,
                                          std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>>;

template <class T>
T from_cell(Cell<T> cell) {
  return std::bit_cast<T>(static_cast<BitsOf<T>>(cell));
}

// A narrow value fills its cell: by its sign when T is a signed integer, else with zeros.
template <class T>
Cell<T> to_cell(T value) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<Cell<T>>(value);
  } else {
    return std::bit_cast<BitsOf<T>>(value);
  }
}

inline const std::byte* source(const Warp& warp, Column column) {
  return (column.constant ? warp.constants : warp.registers) + column.offset;
}

// Whether the column's cells are those of T, so that they may be used where they are.
template <class T>
bool is_native(Column column) {
  return column.wide == (sizeof(T) > 4);
}

// Copies 32 cells of the other width: the low halves, or with zeros above.
void convert_cells(const std::byte* from, uint32_t* to);
void convert_cells(const std::byte* from, uint64_t* to);

// The cells of an operand: in place where they are T's, else copied to `scratch`.
template <class T>
const Cell<T>* cells(const Warp& warp, Column column, Lanes<Cell<T>>& scratch) {
  const std::byte* from = source(warp, column);
  if (is_native<T>(column)) [[likely]] {
    return reinterpret_cast<const Cell<T>*>(from);
  }
  convert_cells(from, scratch.data());
  return scratch.data();
}

// All lanes of an operand. Of a register that is wider than T, the low bytes.
template <class T>
Lanes<T> read(const Warp& warp, Column column) {
  Lanes<Cell<T>> scratch;
  const Cell<T>* from = cells<T>(warp, column, scratch);
  Lanes<T> lanes;
  for (int i = 0; i < kLanes; ++i) lanes[i] = from_cell<T>(from[i]);
  return lanes;
}

// Stores `value(i)` into the lanes of `mask`. A lane's value may depend on the old contents of that
// lane, not of others.
template <class C, class Value>
[[gnu::always_inline]] inline void put(C* to, Mask mask, Value value) {
  if (mask == kAllLanes) {
#pragma GCC ivdep
    for (int i = 0; i < kLanes; ++i) to[i] = static_cast<C>(value(i));
  } else {
#pragma GCC ivdep
    for (int i = 0; i < kLanes; ++i) {
      const C fresh = static_cast<C>(value(i));
      to[i] = (mask >> i & 1) ? fresh : to[i];
    }
  }
}

// Writes the lanes of `mask`. A narrow value fills its cell as to_cell says, also a wide one.
template <class T>
void write(Warp& warp, Column column, const Lanes<T>& lanes, Mask mask) {
  if (column.sink) return;
  std::byte* to = warp.registers + column.offset;
  const auto value = [&](int i) {
    if constexpr (std::is_integral_v<T>) {
      return lanes[i];
    } else {
      return to_cell(lanes[i]);
    }
  };
  if (column.wide) {
    put(reinterpret_cast<uint64_t*>(to), mask, value);
  } else {
    put(reinterpret_cast<uint32_t*>(to), mask, value);
  }
}

inline Mask read_predicate(const Warp& warp, Column column) {
  Mask bits;
  std::memcpy(&bits, source(warp, column), sizeof bits);
  return column.negated ? ~bits : bits;
}

inline void write_predicate(Warp& warp, Column column, Mask bits, Mask mask) {
  if (column.sink) return;
  std::byte* to = warp.registers + column.offset;
  Mask old;
  std::memcpy(&old, to, sizeof old);
  old = (old & ~mask) | (bits & mask);
  std::memcpy(to, &old, sizeof old);
}

}  // namespace lean::simt
