// Two 16-bit numbers in a 32-bit register: .u16x2, .f16x2 and the like.
#pragma once

#include <bit>
#include <cstdint>

namespace lean::simt {

template <class H>
constexpr H low_half(uint32_t pair) {
  return std::bit_cast<H>(static_cast<uint16_t>(pair));
}

template <class H>
constexpr H high_half(uint32_t pair) {
  return std::bit_cast<H>(static_cast<uint16_t>(pair >> 16));
}

template <class H>
constexpr uint32_t pack(H low, H high) {
  return std::bit_cast<uint16_t>(low) | uint32_t{std::bit_cast<uint16_t>(high)} << 16;
}

// A function of 16-bit numbers, as one of pairs.
template <auto op>
struct Pairwise;

template <class H, H (*op)(H)>
struct Pairwise<op> {
  [[gnu::always_inline]] static uint32_t apply(uint32_t a) {
    return pack(op(low_half<H>(a)), op(high_half<H>(a)));
  }
};

template <class H, H (*op)(H, H)>
struct Pairwise<op> {
  [[gnu::always_inline]] static uint32_t apply(uint32_t a, uint32_t b) {
    return pack(op(low_half<H>(a), low_half<H>(b)), op(high_half<H>(a), high_half<H>(b)));
  }
};

template <class H, H (*op)(H, H, H)>
struct Pairwise<op> {
  [[gnu::always_inline]] static uint32_t apply(uint32_t a, uint32_t b, uint32_t c) {
    return pack(op(low_half<H>(a), low_half<H>(b), low_half<H>(c)),
                op(high_half<H>(a), high_half<H>(b), high_half<H>(c)));
  }
};

template <auto op>
inline constexpr auto pairwise = Pairwise<op>::apply;

}  // namespace lean::simt
