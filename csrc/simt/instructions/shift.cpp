// shl, shr and shf (PTX ISA 9.7.8).
#include <algorithm>

#include "simt/instructions/dispatch.h"
#include "simt/instructions/lanewise.h"
#include "simt/instructions/modifiers.h"

namespace lean::simt {
namespace {

// Amounts past the width count as the width. The amount is a .u32 whatever the type is; `Amount` is
// as wide as the column that holds it, which of a constant may be 64 bits.
template <class U, class Amount>
U shl(U a, Amount amount) {
  constexpr uint32_t kBits = 8 * sizeof(U);
  const auto n = static_cast<uint32_t>(amount);
  return n >= kBits ? 0 : static_cast<U>(a << (n & (kBits - 1)));
}

template <class T, class Amount>
T shr(T a, Amount amount) {
  constexpr uint32_t kBits = 8 * sizeof(T);
  const auto n = static_cast<uint32_t>(amount);
  if (std::is_signed_v<T>) return static_cast<T>(a >> std::min(n, kBits - 1));
  return n >= kBits ? 0 : static_cast<T>(a >> (n & (kBits - 1)));
}

template <bool wrap>
uint32_t funnel_amount(uint32_t amount) {
  return wrap ? amount & 31 : std::min(amount, 32u);
}

template <bool wrap>
uint32_t shf_l(uint32_t a, uint32_t b, uint32_t amount) {
  const uint64_t both = uint64_t{b} << 32 | a;
  return static_cast<uint32_t>((both << funnel_amount<wrap>(amount)) >> 32);
}

template <bool wrap>
uint32_t shf_r(uint32_t a, uint32_t b, uint32_t amount) {
  const uint64_t both = uint64_t{b} << 32 | a;
  return static_cast<uint32_t>(both >> funnel_amount<wrap>(amount));
}

Execute select_shl(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done() || i.operand_count != 3) return nullptr;
  return for_bits(type, [&]<class U>() {
    return i.operands[2].wide ? lanewise_of<shl<U, uint64_t>>(i) : lanewise_of<shl<U, uint32_t>>(i);
  });
}

Execute select_shr(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done() || i.operand_count != 3) return nullptr;
  const auto make = [&]<class T>() {
    return i.operands[2].wide ? lanewise_of<shr<T, uint64_t>>(i) : lanewise_of<shr<T, uint32_t>>(i);
  };
  return is_bits(type) ? for_bits(type, make) : for_integer(type, make);
}

Execute select_shf(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool left = m.take("l");
  const bool right = m.take("r");
  const bool clamp = m.take("clamp");
  const bool wrap = m.take("wrap");
  const Type type = m.take_type();
  if (!m.done() || left == right || clamp == wrap || type != Type::b32) return nullptr;
  if (left) return wrap ? lanewise_of<shf_l<true>>(i) : lanewise_of<shf_l<false>>(i);
  return wrap ? lanewise_of<shf_r<true>>(i) : lanewise_of<shf_r<false>>(i);
}

const RegisterOpcode kOpcodes[] = {
    {"shl", select_shl},
    {"shr", select_shr},
    {"shf", select_shf},
};

}  // namespace
}  // namespace lean::simt
