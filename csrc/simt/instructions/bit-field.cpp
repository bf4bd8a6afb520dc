// bfe, bfi, bmsk, szext (PTX ISA 9.7.1) and prmt (9.7.9).
#include <algorithm>

#include "simt/instructions/dispatch.h"
#include "simt/instructions/lanewise.h"
#include "simt/instructions/modifiers.h"

namespace lean::simt {
namespace {

// `count` ones from bit 0 upwards.
template <class U>
U ones(uint32_t count) {
  return count >= 8 * sizeof(U) ? static_cast<U>(~U{0}) : (U{1} << count) - 1;
}

// The field is filled up with zeros, or with its highest bit when T is signed; a field that sticks
// out at the top has the top bit of `a` for that.
template <class T>
T bfe(T a, uint32_t position, uint32_t length) {
  using U = std::make_unsigned_t<T>;
  constexpr uint32_t kTop = 8 * sizeof(T) - 1;
  position &= 0xff;
  length &= 0xff;
  const U bits = static_cast<U>(a);
  const U field = position > kTop ? 0 : bits >> std::min(position, kTop);
  const U inside = ones<U>(std::min(length, position > kTop ? 0 : kTop + 1 - position));
  const uint32_t last = std::min(position + length - 1, kTop);
  const bool sign = std::is_signed_v<T> && length != 0 && (bits >> (last & kTop) & 1);
  return static_cast<T>((field & inside) | (sign ? static_cast<U>(~inside) : U{0}));
}

template <class U>
U bfi(U a, U b, uint32_t position, uint32_t length) {
  constexpr uint32_t kTop = 8 * sizeof(U) - 1;
  position &= 0xff;
  length &= 0xff;
  const uint32_t shift = std::min(position, kTop);
  const U field = position > kTop ? 0 : ones<U>(length) << shift;
  return (b & ~field) | ((a << shift) & field);
}

template <bool wrap>
uint32_t bmsk(uint32_t position, uint32_t width) {
  const uint32_t from = position & 31;
  const uint32_t end = from + (width & 31);
  const uint32_t upwards = !wrap && position > 31 ? 0 : 0xffffffffu << from;
  const bool open = end > 31 || (!wrap && (position > 31 || width > 31));
  return upwards & ~(open ? 0 : 0xffffffffu << (end & 31));
}

template <class T, bool wrap>
T szext(T a, uint32_t width) {
  if (!wrap && width > 31) return a;
  const uint32_t bits = width & 31;
  const uint32_t kept = ones<uint32_t>(bits);
  const bool sign = std::is_signed_v<T> && bits != 0 && (a >> ((bits - 1) & 31) & 1);
  return static_cast<T>((static_cast<uint32_t>(a) & kept) | (sign ? ~kept : 0));
}

// A nibble of the selector names a byte of {b, a}; its top bit asks for that byte's sign instead.
uint32_t prmt(uint32_t a, uint32_t b, uint32_t selector) {
  const uint64_t bytes = uint64_t{b} << 32 | a;
  uint32_t result = 0;
  for (int k = 0; k < 4; ++k) {
    const uint32_t nibble = selector >> (4 * k);
    const auto byte = static_cast<uint32_t>(bytes >> (8 * (nibble & 7))) & 0xff;
    const uint32_t sign = (byte & 0x80) ? 0xff : 0;
    result |= ((nibble & 8) ? sign : byte) << (8 * k);
  }
  return result;
}

// The other modes choose among four selectors.
template <uint32_t s0, uint32_t s1, uint32_t s2, uint32_t s3>
uint32_t prmt_mode(uint32_t a, uint32_t b, uint32_t mode) {
  const uint32_t low = (mode & 1) ? s1 : s0;
  const uint32_t high = (mode & 1) ? s3 : s2;
  return prmt(a, b, (mode & 2) ? high : low);
}

Execute select_bfe(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  return for_wide_integer(type, [&]<class T>() { return lanewise_of<bfe<T>>(i); });
}

Execute select_bfi(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  if (type == Type::b32) return lanewise_of<bfi<uint32_t>>(i);
  if (type == Type::b64) return lanewise_of<bfi<uint64_t>>(i);
  return nullptr;
}

Execute select_bmsk(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool clamp = m.take("clamp");
  const bool wrap = m.take("wrap");
  const Type type = m.take_type();
  if (!m.done() || clamp == wrap || type != Type::b32) return nullptr;
  return wrap ? lanewise_of<bmsk<true>>(i) : lanewise_of<bmsk<false>>(i);
}

Execute select_szext(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool clamp = m.take("clamp");
  const bool wrap = m.take("wrap");
  const Type type = m.take_type();
  if (!m.done() || clamp == wrap) return nullptr;
  return for_flag(wrap, [&](auto w) -> Execute {
    constexpr bool kWrap = w;
    if (type == Type::u32) return lanewise_of<szext<uint32_t, kWrap>>(i);
    if (type == Type::s32) return lanewise_of<szext<int32_t, kWrap>>(i);
    return nullptr;
  });
}

Execute select_prmt(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  if (m.take_type() != Type::b32) return nullptr;
  if (m.done()) return lanewise_of<prmt>(i);
  const std::string_view mode = m.take_next();
  if (!m.done()) return nullptr;
  if (mode == "f4e") return lanewise_of<prmt_mode<0x3210, 0x4321, 0x5432, 0x6543>>(i);
  if (mode == "b4e") return lanewise_of<prmt_mode<0x5670, 0x6701, 0x7012, 0x0123>>(i);
  if (mode == "rc8") return lanewise_of<prmt_mode<0x0000, 0x1111, 0x2222, 0x3333>>(i);
  if (mode == "ecl") return lanewise_of<prmt_mode<0x3210, 0x3211, 0x3222, 0x3333>>(i);
  if (mode == "ecr") return lanewise_of<prmt_mode<0x0000, 0x1110, 0x2210, 0x3210>>(i);
  if (mode == "rc16") return lanewise_of<prmt_mode<0x1010, 0x3232, 0x1010, 0x3232>>(i);
  return nullptr;
}

const RegisterOpcode kOpcodes[] = {
    {"bfe", select_bfe},     {"bfi", select_bfi},   {"bmsk", select_bmsk},
    {"szext", select_szext}, {"prmt", select_prmt},
};

}  // namespace
}  // namespace lean::simt
