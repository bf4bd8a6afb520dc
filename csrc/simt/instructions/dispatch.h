// From what a spelling says at run time to template arguments. Each takes a generic lambda that
// returns an Execute, and returns nullptr where the type is none of its own.
#pragma once

#include <cstdint>
#include <type_traits>

#include "simt/instructions/rounding.h"
#include "simt/machine/instruction.h"

namespace lean::simt {

// The integers of 32 and 64 bits.
template <class Make>
Execute for_wide_integer(Type type, Make make) {
  switch (type) {
    case Type::u32:
      return make.template operator()<uint32_t>();
    case Type::s32:
      return make.template operator()<int32_t>();
    case Type::u64:
      return make.template operator()<uint64_t>();
    case Type::s64:
      return make.template operator()<int64_t>();
    default:
      return nullptr;
  }
}

// Those of 16 bits too.
template <class Make>
Execute for_integer(Type type, Make make) {
  if (type == Type::u16) return make.template operator()<uint16_t>();
  if (type == Type::s16) return make.template operator()<int16_t>();
  return for_wide_integer(type, make);
}

template <class Make>
Execute for_signed(Type type, Make make) {
  return is_signed(type) ? for_integer(type, make) : nullptr;
}

// .b16, .b32 and .b64.
template <class Make>
Execute for_bits(Type type, Make make) {
  switch (type) {
    case Type::b16:
      return make.template operator()<uint16_t>();
    case Type::b32:
      return make.template operator()<uint32_t>();
    case Type::b64:
      return make.template operator()<uint64_t>();
    default:
      return nullptr;
  }
}

// The lambda's argument is a std::bool_constant.
template <class Make>
Execute for_flag(bool flag, Make make) {
  return flag ? make(std::true_type()) : make(std::false_type());
}

// The lambda's argument is a std::integral_constant<Rounding, ...>.
template <class Make>
Execute for_rounding(Rounding rounding, Make make) {
  switch (rounding) {
    case Rounding::rn:
      return make(std::integral_constant<Rounding, Rounding::rn>());
    case Rounding::rz:
      return make(std::integral_constant<Rounding, Rounding::rz>());
    case Rounding::rm:
      return make(std::integral_constant<Rounding, Rounding::rm>());
    case Rounding::rp:
      return make(std::integral_constant<Rounding, Rounding::rp>());
    default:
      return nullptr;
  }
}

}  // namespace lean::simt
