// Arithmetic of several words: add.cc, addc, sub.cc, subc, mad.cc, madc (PTX ISA 9.7.2). The carry
// of a lane is its bit in Warp::carry; after a subtraction it is the borrow.
#include "simt/instructions/dispatch.h"
#include "simt/instructions/modifiers.h"
#include "simt/machine/columns.h"

namespace lean::simt {
namespace {

enum class Kind { add, sub, mad_lo, mad_hi };

// What an instruction computes from three words, c used by mad alone, and a carry.
template <class U>
struct Result {
  U value;
  bool carry;
};

template <Kind kind, class T>
Result<std::make_unsigned_t<T>> combine(T a, T b, T c, bool carry) {
  using U = std::make_unsigned_t<T>;
  if constexpr (kind == Kind::sub) {
    const U difference = static_cast<U>(a) - static_cast<U>(b);
    const bool borrow = static_cast<U>(a) < static_cast<U>(b) || (carry && difference == 0);
    return {static_cast<U>(difference - carry), borrow};
  } else {
    U x = static_cast<U>(a);
    U y = static_cast<U>(b);
    if constexpr (kind == Kind::mad_lo) {
      x = static_cast<U>(a) * static_cast<U>(b);
      y = static_cast<U>(c);
    } else if constexpr (kind == Kind::mad_hi) {
      x = static_cast<U>((static_cast<__int128>(a) * b) >> (8 * sizeof(T)));
      y = static_cast<U>(c);
    }
    const U sum = x + y;
    const U total = sum + carry;
    return {total, sum < x || total < sum};
  }
}

// An unsigned product of 64 bits does not fit a signed one of 128.
template <>
Result<uint64_t> combine<Kind::mad_hi, uint64_t>(uint64_t a, uint64_t b, uint64_t c, bool carry) {
  const auto x = static_cast<uint64_t>((static_cast<unsigned __int128>(a) * b) >> 64);
  return combine<Kind::add, uint64_t>(x, c, 0, carry);
}

template <Kind kind, class T>
Flow execute(Warp& warp, const Instruction& instruction, Mask mask) {
  const bool carry_in = instruction.data[0];
  const bool carry_out = instruction.data[1];
  const Column* operands = instruction.operands;
  const Lanes<T> a = read<T>(warp, operands[1]);
  const Lanes<T> b = read<T>(warp, operands[2]);
  Lanes<T> c = {};
  if (kind == Kind::mad_lo || kind == Kind::mad_hi) c = read<T>(warp, operands[3]);
  Lanes<T> results;
  Mask carries = 0;
  for (int i = 0; i < kLanes; ++i) {
    const bool carry = carry_in && (warp.carry >> i & 1);
    const auto result = combine<kind>(a[i], b[i], c[i], carry);
    results[i] = static_cast<T>(result.value);
    carries |= Mask{result.carry} << i;
  }
  if (carry_out) warp.carry = (warp.carry & ~mask) | (carries & mask);
  write(warp, operands[0], results, mask);
  return Flow::next;
}

template <Kind kind>
Execute select_kind(Type type, const Instruction& i) {
  const int arguments = kind == Kind::mad_lo || kind == Kind::mad_hi ? 3 : 2;
  if (i.operand_count != arguments + 1) return nullptr;
  return for_wide_integer(type, [&]<class T>() -> Execute { return execute<kind, T>; });
}

// `carry_in`: addc, subc and madc. Of the others only the forms with .cc are meant here.
Execute select(const Spelling& spelling, Instruction& i, std::string_view name, bool carry_in) {
  Modifiers m(spelling);
  const bool carry_out = m.take("cc");
  const bool lo = m.take("lo");
  const bool hi = m.take("hi");
  const Type type = m.take_type();
  if (!m.done() || (!carry_in && !carry_out)) return nullptr;
  i.data[0] = carry_in;
  i.data[1] = carry_out;
  if (name == "mad") {
    if (lo == hi) return nullptr;
    return lo ? select_kind<Kind::mad_lo>(type, i) : select_kind<Kind::mad_hi>(type, i);
  }
  if (lo || hi) return nullptr;
  return name == "add" ? select_kind<Kind::add>(type, i) : select_kind<Kind::sub>(type, i);
}

Execute select_add(const Spelling& spelling, Instruction& i) {
  return select(spelling, i, "add", false);
}
Execute select_addc(const Spelling& spelling, Instruction& i) {
  return select(spelling, i, "add", true);
}
Execute select_sub(const Spelling& spelling, Instruction& i) {
  return select(spelling, i, "sub", false);
}
Execute select_subc(const Spelling& spelling, Instruction& i) {
  return select(spelling, i, "sub", true);
}
Execute select_mad(const Spelling& spelling, Instruction& i) {
  return select(spelling, i, "mad", false);
}
Execute select_madc(const Spelling& spelling, Instruction& i) {
  return select(spelling, i, "mad", true);
}

const RegisterOpcode kOpcodes[] = {
    {"add", select_add},   {"addc", select_addc}, {"sub", select_sub},
    {"subc", select_subc}, {"mad", select_mad},   {"madc", select_madc},
};

}  // namespace
}  // namespace lean::simt
