// popc, clz, bfind, brev and fns (PTX ISA 9.7.1).
#include <bit>

#include "simt/instructions/dispatch.h"
#include "simt/instructions/lanewise.h"
#include "simt/instructions/modifiers.h"

namespace lean::simt {
namespace {

template <class T>
uint32_t popc(T a) {
  return static_cast<uint32_t>(std::popcount(a));
}

template <class T>
uint32_t clz(T a) {
  return static_cast<uint32_t>(std::countl_zero(a));
}

// The position of the highest bit that is not the sign's, counted from bit 0, or, with `shiftamt`,
// as the distance from the top.
template <class T, bool shiftamt>
uint32_t bfind(T a) {
  using U = std::make_unsigned_t<T>;
  const U bits = static_cast<U>(a < 0 ? ~a : a);
  const auto zeros = static_cast<uint32_t>(std::countl_zero(bits));
  if (bits == 0) return 0xffffffffu;
  return shiftamt ? zeros : static_cast<uint32_t>(8 * sizeof(T) - 1) - zeros;
}

template <class T>
T brev(T a) {
  constexpr T kAll = static_cast<T>(~T{0});
  constexpr T kOdd = kAll / 3;       // 0x5555...
  constexpr T kPairs = kAll / 5;     // 0x3333...
  constexpr T kNibbles = kAll / 17;  // 0x0f0f...
  a = ((a >> 1) & kOdd) | ((a & kOdd) << 1);
  a = ((a >> 2) & kPairs) | ((a & kPairs) << 2);
  a = ((a >> 4) & kNibbles) | ((a & kNibbles) << 4);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(a);
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(a);
}

// The position of the n-th set bit, counted from `base` upwards or downwards.
uint32_t fns(uint32_t bits, uint32_t base, int32_t n) {
  if (base > 31) return 0xffffffffu;
  if (n == 0) return (bits >> base & 1) ? base : 0xffffffffu;
  const int step = n > 0 ? 1 : -1;
  uint32_t left = n > 0 ? static_cast<uint32_t>(n) : 0u - static_cast<uint32_t>(n);
  for (int position = static_cast<int>(base); position >= 0 && position < 32; position += step) {
    if ((bits >> position & 1) && --left == 0) return static_cast<uint32_t>(position);
  }
  return 0xffffffffu;
}

Execute select_popc(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  if (type == Type::b32) return lanewise_of<popc<uint32_t>>(i);
  if (type == Type::b64) return lanewise_of<popc<uint64_t>>(i);
  return nullptr;
}

Execute select_clz(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  if (type == Type::b32) return lanewise_of<clz<uint32_t>>(i);
  if (type == Type::b64) return lanewise_of<clz<uint64_t>>(i);
  return nullptr;
}

Execute select_bfind(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool shiftamt = m.take("shiftamt");
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  return for_wide_integer(type, [&]<class T>() {
    return shiftamt ? lanewise_of<bfind<T, true>>(i) : lanewise_of<bfind<T, false>>(i);
  });
}

Execute select_brev(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  if (type == Type::b32) return lanewise_of<brev<uint32_t>>(i);
  if (type == Type::b64) return lanewise_of<brev<uint64_t>>(i);
  return nullptr;
}

Execute select_fns(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  return m.done() && type == Type::b32 ? lanewise_of<fns>(i) : nullptr;
}

const RegisterOpcode kOpcodes[] = {
    {"popc", select_popc}, {"clz", select_clz}, {"bfind", select_bfind},
    {"brev", select_brev}, {"fns", select_fns},
};

}  // namespace
}  // namespace lean::simt
