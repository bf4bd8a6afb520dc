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

inline const std::byte* source(const Warp& warp, Column column) {
  return (column.constant ? warp.constants : warp.registers) + column.offset;
}

// All lanes of an operand. Of a register that is wider than T, the low bytes.
template <class T>
Lanes<T> read(const Warp& warp, Column column) {
  Lanes<T> lanes;
  const std::byte* from = source(warp, column);
  if (sizeof(T) > 4 || column.wide) {
    for (int i = 0; i < kLanes; ++i) std::memcpy(&lanes[i], from + i * 8, sizeof(T));
  } else {
    for (int i = 0; i < kLanes; ++i) std::memcpy(&lanes[i], from + i * 4, sizeof(T));
  }
  return lanes;
}

// Writes the lanes of `mask`. A narrow value fills its cell: by its sign when T is a signed
// integer, else with zeros.
template <class T>
void write(Warp& warp, Column column, const Lanes<T>& lanes, Mask mask) {
  if (column.sink) return;
  auto put = [&]<class C>(C* to) {
    for (int i = 0; i < kLanes; ++i) {
      C value = 0;
      if constexpr (std::is_integral_v<T>) {
        value = static_cast<C>(lanes[i]);
      } else {
        std::memcpy(&value, &lanes[i], sizeof(T) < sizeof(C) ? sizeof(T) : sizeof(C));
      }
      to[i] = (mask >> i & 1) ? value : to[i];
    }
  };
  std::byte* to = warp.registers + column.offset;
  if (column.wide) {
    put(reinterpret_cast<uint64_t*>(to));
  } else {
    put(reinterpret_cast<uint32_t*>(to));
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
