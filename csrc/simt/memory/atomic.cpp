// atom and red (PTX ISA 9.0, 9.7.13.5 and 9.7.13.6).
#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>

#include "simt/checks/races.h"
#include "simt/machine/block.h"
#include "simt/machine/columns.h"
#include "simt/memory/access.h"
#include "simt/memory/address.h"
#include "simt/memory/spelling.h"

namespace lean::simt {
namespace {

enum Slot { kSpace, kReturns, kReleases };

template <class To, class From>
To bits_as(From value) {
  return std::bit_cast<To>(value);
}

float flush(float value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value) : value;
}

float from_bf16(uint16_t value) { return bits_as<float>(uint32_t{value} << 16); }

uint16_t to_bf16(float value) {
  const auto word = bits_as<uint32_t>(value);
  if (std::isnan(value)) return 0x7fff;
  return static_cast<uint16_t>((word + 0x7fff + (word >> 16 & 1)) >> 16);
}

uint16_t add_f16(uint16_t a, uint16_t b) {
  // Exact in float, then rounded once.
  const float sum =
      static_cast<float>(bits_as<_Float16>(a)) + static_cast<float>(bits_as<_Float16>(b));
  return std::isnan(sum) ? 0x7fff : bits_as<uint16_t>(static_cast<_Float16>(sum));
}

uint16_t add_bf16(uint16_t a, uint16_t b) {
  // In double: a sum in float would be rounded twice.
  const double sum = static_cast<double>(from_bf16(a)) + static_cast<double>(from_bf16(b));
  float rounded = static_cast<float>(sum);
  // Round to odd, so that the second rounding is right.
  const auto word = bits_as<uint32_t>(rounded);
  if (static_cast<double>(rounded) != sum && (word & 1) == 0 && std::isfinite(rounded)) {
    const bool toward = (std::abs(static_cast<double>(rounded)) > std::abs(sum));
    rounded = bits_as<float>(toward ? word - 1 : word + 1);
  }
  return to_bf16(rounded);
}

// Each gets the old value, the operands b and c, and whether memory is global.
struct Add {
  template <class T>
  static T apply(T old, T b, T, bool) {
    return old + b;
  }
};
struct AddFloat {
  static uint32_t apply(uint32_t old, uint32_t b, uint32_t, bool global) {
    const auto x = bits_as<float>(old), y = bits_as<float>(b);
    // In global memory, subnormal inputs and results count as zero.
    return bits_as<uint32_t>(global ? flush(flush(x) + flush(y)) : x + y);
  }
};
struct AddDouble {
  static uint64_t apply(uint64_t old, uint64_t b, uint64_t, bool) {
    return bits_as<uint64_t>(bits_as<double>(old) + bits_as<double>(b));
  }
};
template <uint16_t (*Sum)(uint16_t, uint16_t)>
struct AddHalf {
  template <class T>
  static T apply(T old, T b, T, bool) {
    if constexpr (sizeof(T) == 2) {
      return Sum(old, b);
    } else {
      const uint32_t low = Sum(static_cast<uint16_t>(old), static_cast<uint16_t>(b));
      const uint32_t high = Sum(static_cast<uint16_t>(old >> 16), static_cast<uint16_t>(b >> 16));
      return high << 16 | low;
    }
  }
};
template <bool Signed, bool Lower>
struct Extreme {
  template <class T>
  static T apply(T old, T b, T, bool) {
    using S = std::conditional_t<Signed, std::make_signed_t<T>, T>;
    const auto x = static_cast<S>(old), y = static_cast<S>(b);
    return static_cast<T>(Lower ? std::min(x, y) : std::max(x, y));
  }
};
struct And {
  template <class T>
  static T apply(T old, T b, T, bool) {
    return old & b;
  }
};
struct Or {
  template <class T>
  static T apply(T old, T b, T, bool) {
    return old | b;
  }
};
struct Xor {
  template <class T>
  static T apply(T old, T b, T, bool) {
    return old ^ b;
  }
};
struct Exchange {
  template <class T>
  static T apply(T, T b, T, bool) {
    return b;
  }
};
struct CompareSwap {
  template <class T>
  static T apply(T old, T b, T c, bool) {
    return old == b ? c : old;
  }
};
struct Increment {
  static uint32_t apply(uint32_t old, uint32_t b, uint32_t, bool) { return old >= b ? 0 : old + 1; }
};
struct Decrement {
  static uint32_t apply(uint32_t old, uint32_t b, uint32_t, bool) {
    return old == 0 || old > b ? b : old - 1;
  }
};

template <class T, class Operation>
Flow atomic(Warp& warp, const Instruction& instruction, Mask mask) {
  const bool returns = instruction.data[kReturns] != 0;
  const Column* operands = instruction.operands + (returns ? 1 : 0);
  Access access;
  access.kind = AccessKind::atomic;
  access.space = static_cast<Space>(instruction.data[kSpace]);
  access.bytes = sizeof(T);
  access.lanes = mask;
  read_addresses(warp, operands[0], instruction.displacement, access.space, access.address);
  // A release is a fence before.
  Races* races = warp.block->grid->races;
  if (races != nullptr && instruction.data[kReleases] != 0) races->fence(warp, mask);
  HostPointers host;
  resolve(warp, instruction, access, host);
  const Lanes<T> b = read<T>(warp, operands[1]);
  const bool three = instruction.operand_count > (returns ? 3 : 2);
  const Lanes<T> c = three ? read<T>(warp, operands[2]) : b;
  Lanes<T> result{};
  for (Mask left = mask; left != 0; left &= left - 1) {
    const auto i = static_cast<size_t>(std::countr_zero(left));
    const bool global = access.space == Space::global ||
                        (access.space == Space::generic && window_of(access.address[i]) == 0);
    const std::atomic_ref<T> cell(*reinterpret_cast<T*>(host[i]));
    T old = cell.load(std::memory_order_relaxed);
    while (!cell.compare_exchange_weak(old, Operation::apply(old, b[i], c[i], global),
                                       std::memory_order_acq_rel, std::memory_order_relaxed)) {
    }
    result[i] = old;
  }
  if (returns) write(warp, instruction.operands[0], result, mask);
  return Flow::next;
}

template <class Operation>
Execute of_either_size(Type type) {
  return size_of(type) == 8 ? atomic<uint64_t, Operation> : atomic<uint32_t, Operation>;
}

Execute choose_add(Type type) {
  switch (type) {
    case Type::u32:
    case Type::s32:
    case Type::u64:
      return of_either_size<Add>(type);
    case Type::f32:
      return atomic<uint32_t, AddFloat>;
    case Type::f64:
      return atomic<uint64_t, AddDouble>;
    case Type::f16:
      return atomic<uint16_t, AddHalf<add_f16>>;
    case Type::bf16:
      return atomic<uint16_t, AddHalf<add_bf16>>;
    case Type::f16x2:
      return atomic<uint32_t, AddHalf<add_f16>>;
    case Type::bf16x2:
      return atomic<uint32_t, AddHalf<add_bf16>>;
    default:
      return nullptr;
  }
}

template <bool Lower>
Execute choose_extreme(Type type) {
  switch (type) {
    case Type::u32:
    case Type::u64:
      return of_either_size<Extreme<false, Lower>>(type);
    case Type::s32:
    case Type::s64:
      return of_either_size<Extreme<true, Lower>>(type);
    default:
      return nullptr;
  }
}

Execute choose(std::string_view operation, Type type) {
  const bool bits = type == Type::b32 || type == Type::b64;
  if (operation == "add") return choose_add(type);
  if (operation == "min") return choose_extreme<true>(type);
  if (operation == "max") return choose_extreme<false>(type);
  if (operation == "and" && bits) return of_either_size<And>(type);
  if (operation == "or" && bits) return of_either_size<Or>(type);
  if (operation == "xor" && bits) return of_either_size<Xor>(type);
  if (operation == "exch" && bits) return of_either_size<Exchange>(type);
  if (operation == "cas" && bits) return of_either_size<CompareSwap>(type);
  if (operation == "cas" && type == Type::b16) return atomic<uint16_t, CompareSwap>;
  if (operation == "inc" && type == Type::u32) return atomic<uint32_t, Increment>;
  if (operation == "dec" && type == Type::u32) return atomic<uint32_t, Decrement>;
  return nullptr;
}

Execute select_atomic(const Spelling& spelling, Instruction& instruction) {
  const bool returns = spelling.opcode == "atom";
  for (const char* operation :
       {"add", "min", "max", "and", "or", "xor", "exch", "cas", "inc", "dec"}) {
    if (!spelling.has(operation)) continue;
    const auto access = read_access(spelling, operation);
    if (!access || access->vector != 1 || access->cache_policy) return nullptr;
    const size_t operands = (returns ? 1u : 0u) + (std::string_view(operation) == "cas" ? 3u : 2u);
    if (spelling.operands.size() != operands || instruction.operand_count != operands) {
      return nullptr;
    }
    instruction.data[kSpace] = static_cast<uint32_t>(access->space);
    instruction.data[kReturns] = returns ? 1 : 0;
    instruction.data[kReleases] = access->releases ? 1 : 0;
    return choose(operation, access->type);
  }
  return nullptr;
}

const RegisterOpcode kAtom("atom", select_atomic);
const RegisterOpcode kRed("red", select_atomic);

}  // namespace
}  // namespace lean::simt
