// Compares an instruction with a function of scalars, lane by lane and bit by bit, for random and
// for extreme operands, with all lanes and with some, in registers of their own and in place.
#pragma once

#include <functional>
#include <limits>
#include <tuple>

#include "instruction-fixture.h"

namespace lean::simt {

using Random64 = std::mt19937_64;

template <class T>
T as(uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <class T>
uint64_t bits_of(T value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}

// Patterns that are extreme as an integer, or as a number of the floating-point format of that
// size.
template <class T>
uint64_t pattern(Random64& random) {
  constexpr int kBits = 8 * sizeof(T);
  constexpr uint64_t kTop = uint64_t{1} << (kBits - 1);
  if (random() % 3 == 0) return random();
  static const uint64_t kSmall[] = {0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 255, 256};
  static const uint64_t kFloats[] = {
      0x00000000, 0x00000001, 0x007fffff, 0x00800000, 0x00800001, 0x3f800000, 0x3f7fffff,
      0x3f800001, 0x3f000000, 0x3fc00000, 0x40200000, 0x4b000000, 0x4b7fffff, 0x4f000000,
      0x4effffff, 0x4f800000, 0x5f000000, 0x5f800000, 0x7e800000, 0x7f000000, 0x7f7fffff,
      0x7f800000, 0x7fc00000, 0x7f800001, 0x34000000, 0x33800000, 0x0d800000, 0x20000000};
  static const uint64_t kDoubles[] = {
      0x0000000000000000, 0x0000000000000001, 0x000fffffffffffff, 0x0010000000000000,
      0x3ff0000000000000, 0x3fefffffffffffff, 0x3ff0000000000001, 0x3fe0000000000000,
      0x3ff8000000000000, 0x4004000000000000, 0x41dfffffffc00000, 0x41e0000000000000,
      0x41f0000000000000, 0x43e0000000000000, 0x43f0000000000000, 0x47efffffe0000000,
      0x47effffff0000000, 0x3690000000000000, 0x36a0000000000000, 0x380fffffffffffff,
      0x7fefffffffffffff, 0x7ff0000000000000, 0x7ff8000000000000, 0x3e60000000000000};
  static const uint64_t kHalves[] = {0x0000, 0x0001, 0x03ff, 0x0400, 0x3c00, 0x3bff,
                                     0x3c01, 0x3800, 0x7bff, 0x7c00, 0x7c01, 0x7e00,
                                     0x007f, 0x0080, 0x3f80, 0x3f7f, 0x7f7f, 0x7f80,
                                     0x7fc0, 0x1400, 0x1800, 0x2000, 0x0200, 0x5000};
  switch (random() % 5) {
    case 0:
      return kSmall[random() % std::size(kSmall)];
    case 1:
      return 0 - kSmall[random() % std::size(kSmall)];
    case 2:
      return kTop + random() % 3 - 1;
    default:
      break;
  }
  const uint64_t sign = random() % 2 ? kTop : 0;
  if (kBits == 64) return kDoubles[random() % std::size(kDoubles)] ^ sign;
  if (kBits == 16) return kHalves[random() % std::size(kHalves)] ^ sign;
  if (kBits == 32 && random() % 4 == 0) {  // a pair of numbers of 16 bits
    const uint64_t low = kHalves[random() % std::size(kHalves)];
    return low | kHalves[random() % std::size(kHalves)] << 16 | sign;
  }
  return kFloats[random() % std::size(kFloats)] ^ sign;
}

// Floating-point numbers of near magnitudes too, so that sums and products are of interest.
template <class T>
T any_value(Random64& random) {
  if constexpr (std::is_same_v<T, Flag>) {
    return {random() % 2 != 0};
  } else if constexpr (std::is_floating_point_v<T>) {
    if (random() % 3 != 0) return as<T>(pattern<T>(random));
    const double magnitude = std::ldexp(static_cast<double>(random() >> 11), -53);
    const double value = std::ldexp(0.5 + magnitude, static_cast<int>(random() % 9) - 4);
    return static_cast<T>(random() % 2 ? value : -value);
  } else {
    return as<T>(pattern<T>(random));
  }
}

template <class T>
Lanes<T> any_lanes(Random64& random) {
  Lanes<T> lanes;
  for (T& lane : lanes) lane = any_value<T>(random);
  return lanes;
}

inline Lanes<Flag> flags_of(Mask bits) {
  Lanes<Flag> lanes;
  for (int i = 0; i < kLanes; ++i) lanes[i] = {(bits >> i & 1) != 0};
  return lanes;
}

template <class T>
Column lay_out(TestWarp& warp, const Lanes<T>& lanes, bool wide) {
  if constexpr (std::is_same_v<T, Flag>) {
    Mask bits = 0;
    for (int i = 0; i < kLanes; ++i) bits |= Mask{lanes[i].value} << i;
    return warp.predicate(bits);
  } else {
    return warp.put(lanes, wide);
  }
}

template <class T>
Lanes<T> fetch(const TestWarp& warp, Column column) {
  if constexpr (std::is_same_v<T, Flag>) {
    return flags_of(warp.get_predicate(column));
  } else {
    return warp.get<T>(column);
  }
}

struct CheckOptions {
  int rounds = 60;
  bool in_place = true;   // also with the destination among the sources
  bool odd_width = true;  // also with narrow values in wide registers
};

// Compiled once for the types of an instruction, whatever it computes.
template <class R, class... A>
void check_lanes_of(const std::string& text,
                    const std::type_identity_t<std::function<R(const A&...)>>& reference,
                    CheckOptions options) {
  INFO(text);
  Random64 random(std::hash<std::string>()(text));
  for (int round = 0; round < options.rounds; ++round) {
    const Mask mask = round % 3 == 2 ? static_cast<Mask>(random()) | 1 : kAllLanes;
    const bool wide = options.odd_width && round % 5 == 4;
    TestWarp warp;
    const std::tuple<Lanes<A>...> in{any_lanes<A>(random)...};
    std::vector<Column> columns;
    std::apply(
        [&](const auto&... lanes) {
          (columns.push_back(
               lay_out(warp, lanes,
                       wide || sizeof(typename std::decay_t<decltype(lanes)>::value_type) > 4)),
           ...);
        },
        in);
    const Lanes<R> before = any_lanes<R>(random);
    Column to = lay_out(warp, before, wide || sizeof(R) > 4);
    const bool same = sizeof(R) == sizeof(std::get<0>(in)[0]) && options.in_place &&
                      round % 4 == 3 && !std::is_same_v<R, Flag>;
    if (same) to = columns[0];
    const Lanes<R> old = same ? fetch<R>(warp, to) : before;
    std::vector<TestOperand> operands{to};
    for (const Column column : columns) operands.push_back(column);
    REQUIRE(run(warp, text, operands, mask) == Flow::next);
    const Lanes<R> results = fetch<R>(warp, to);
    for (int i = 0; i < kLanes; ++i) {
      const R wanted =
          (mask >> i & 1)
              ? std::apply([&](const auto&... lanes) { return reference(lanes[i]...); }, in)
              : old[i];
      if (bits_of(results[i]) == bits_of(wanted)) continue;
      std::string values;
      std::apply(
          [&](const auto&... lanes) {
            char buffer[32];
            ((std::snprintf(buffer, sizeof buffer, " %llx",
                            static_cast<unsigned long long>(bits_of(lanes[i]))),
              values += buffer),
             ...);
          },
          in);
      INFO("round " << round << " lane " << i << " operands" << values);
      CHECK_MESSAGE(bits_of(results[i]) == bits_of(wanted), text);
      return;
    }
  }
}

// `reference(args...)` is the result of one lane.
template <class R, class... A, class Reference>
void check_lanes(const std::string& text, Reference reference, CheckOptions options = {}) {
  check_lanes_of<R, A...>(
      text, [&](const A&... operands) { return R{reference(operands...)}; }, options);
}

}  // namespace lean::simt
