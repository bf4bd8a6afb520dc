// Integer arithmetic against the definitions of the PTX manual in 128-bit integers.
#include "lane-check.h"

namespace lean::simt {
namespace {

using Wide = __int128;

// The low bits of a value, as T.
template <class T>
T low(Wide value) {
  return static_cast<T>(static_cast<unsigned __int128>(value));
}

template <class T>
Wide clamp(Wide value) {
  const Wide lowest = std::numeric_limits<T>::min(), highest = std::numeric_limits<T>::max();
  return value < lowest ? lowest : value > highest ? highest : value;
}

template <class T>
void check_arithmetic(const std::string& type) {
  check_lanes<T, T, T>("add." + type, [](T a, T b) { return low<T>(Wide(a) + b); });
  check_lanes<T, T, T>("sub." + type, [](T a, T b) { return low<T>(Wide(a) - b); });
  check_lanes<T, T, T>("min." + type, [](T a, T b) { return a < b ? a : b; });
  check_lanes<T, T, T>("max." + type, [](T a, T b) { return a > b ? a : b; });
  check_lanes<T, T, T>("mul.lo." + type, [](T a, T b) { return low<T>(Wide(a) * b); });
  check_lanes<T, T, T>("mul.hi." + type, [](T a, T b) -> T {
    if (std::is_same_v<T, uint64_t>) {
      return static_cast<T>(static_cast<unsigned __int128>(a) * b >> 64);
    }
    return low<T>(Wide(a) * Wide(b) >> (8 * sizeof(T)));
  });
  check_lanes<T, T, T, T>("mad.lo." + type, [](T a, T b, T c) { return low<T>(Wide(a) * b + c); });
  check_lanes<T, T, T, T>("mad.hi." + type, [](T a, T b, T c) -> T {
    if (std::is_same_v<T, uint64_t>) {
      return static_cast<T>((static_cast<unsigned __int128>(a) * b >> 64) + c);
    }
    return low<T>((Wide(a) * Wide(b) >> (8 * sizeof(T))) + c);
  });
  check_lanes<T, T, T, T>("sad." + type, [](T a, T b, T c) {
    return low<T>(Wide(c) + (a < b ? Wide(b) - a : Wide(a) - b));
  });
  check_lanes<T, T, T>("div." + type, [](T a, T b) -> T {
    return b == 0 ? static_cast<T>(-1) : low<T>(Wide(a) / b);
  });
  check_lanes<T, T, T>("rem." + type,
                       [](T a, T b) -> T { return b == 0 ? a : low<T>(Wide(a) % b); });
  if constexpr (std::is_signed_v<T>) {
    check_lanes<T, T>("neg." + type, [](T a) { return low<T>(-Wide(a)); });
    check_lanes<T, T>("abs." + type, [](T a) { return low<T>(a < 0 ? -Wide(a) : Wide(a)); });
  }
}

template <class T, class W>
void check_wide(const std::string& type) {
  check_lanes<W, T, T>("mul.wide." + type, [](T a, T b) { return low<W>(Wide(a) * b); });
  check_lanes<W, T, T, W>("mad.wide." + type,
                          [](T a, T b, W c) { return low<W>(Wide(a) * b + c); });
}

TEST_CASE("integer arithmetic") {
  check_arithmetic<uint16_t>("u16");
  check_arithmetic<int16_t>("s16");
  check_arithmetic<uint32_t>("u32");
  check_arithmetic<int32_t>("s32");
  check_arithmetic<uint64_t>("u64");
  check_arithmetic<int64_t>("s64");
  check_wide<uint16_t, uint32_t>("u16");
  check_wide<int16_t, int32_t>("s16");
  check_wide<uint32_t, uint64_t>("u32");
  check_wide<int32_t, int64_t>("s32");
}

TEST_CASE("saturated integer arithmetic") {
  using I = int32_t;
  check_lanes<I, I, I>("add.sat.s32", [](I a, I b) { return I(clamp<I>(Wide(a) + b)); });
  check_lanes<I, I, I>("sub.sat.s32", [](I a, I b) { return I(clamp<I>(Wide(a) - b)); });
  check_lanes<I, I, I, I>("mad.hi.sat.s32",
                          [](I a, I b, I c) { return I(clamp<I>((Wide(a) * b >> 32) + c)); });
  check_lanes<I, I, I>("min.relu.s32", [](I a, I b) { return std::max(0, std::min(a, b)); });
  check_lanes<I, I, I>("max.relu.s32", [](I a, I b) { return std::max({0, a, b}); });
}

uint32_t pair_of(uint32_t a, uint32_t b, int (*op)(int, int), bool is_signed) {
  uint32_t result = 0;
  for (int k = 0; k < 2; ++k) {
    const uint32_t x = a >> (16 * k) & 0xffff, y = b >> (16 * k) & 0xffff;
    const int value = is_signed ? op(int16_t(x), int16_t(y)) : op(int(x), int(y));
    result |= (uint32_t(value) & 0xffff) << (16 * k);
  }
  return result;
}

TEST_CASE("pairs of 16-bit integers") {
  using U = uint32_t;
  const auto check = [](const std::string& text, int (*op)(int, int), bool is_signed) {
    check_lanes<U, U, U>(text, [=](U a, U b) { return pair_of(a, b, op, is_signed); });
  };
  check(
      "add.u16x2", [](int a, int b) { return a + b; }, false);
  check(
      "add.s16x2", [](int a, int b) { return a + b; }, true);
  check(
      "min.u16x2", [](int a, int b) { return std::min(a, b); }, false);
  check(
      "min.s16x2", [](int a, int b) { return std::min(a, b); }, true);
  check(
      "max.u16x2", [](int a, int b) { return std::max(a, b); }, false);
  check(
      "max.s16x2", [](int a, int b) { return std::max(a, b); }, true);
  check(
      "min.relu.s16x2", [](int a, int b) { return std::max(0, std::min(a, b)); }, true);
  check(
      "max.relu.s16x2",
      [](int a, int b) {
        return std::max({0, a, b});
      },
      true);
}

// The low 24 bits, by their sign if T has one.
template <class T>
Wide low24(T a) {
  const int64_t value = int64_t(uint32_t(a) & 0xffffff);
  return std::is_signed_v<T> && (value >> 23) ? value - (1 << 24) : value;
}

template <class T>
void check_24(const std::string& type) {
  check_lanes<T, T, T>("mul24.lo." + type, [](T a, T b) { return low<T>(low24(a) * low24(b)); });
  check_lanes<T, T, T>("mul24.hi." + type,
                       [](T a, T b) { return low<T>(low24(a) * low24(b) >> 16); });
  check_lanes<T, T, T, T>("mad24.lo." + type,
                          [](T a, T b, T c) { return low<T>(low24(a) * low24(b) + c); });
  check_lanes<T, T, T, T>("mad24.hi." + type,
                          [](T a, T b, T c) { return low<T>((low24(a) * low24(b) >> 16) + c); });
}

TEST_CASE("mul24 and mad24") {
  using I = int32_t;
  check_24<uint32_t>("u32");
  check_24<int32_t>("s32");
  check_lanes<I, I, I, I>("mad24.hi.sat.s32", [](I a, I b, I c) {
    return I(clamp<I>(Wide(int32_t(low24(a) * low24(b) >> 16)) + c));
  });
}

template <class E>
int64_t part(uint32_t value, int k) {
  E element;
  std::memcpy(&element, reinterpret_cast<const char*>(&value) + k * sizeof(E), sizeof(E));
  return element;
}

template <class A8, class A16, class B>
void check_dot(const std::string& types) {
  using U = uint32_t;
  check_lanes<U, U, U, U>("dp4a." + types, [](U a, U b, U c) {
    int64_t sum = c;
    for (int k = 0; k < 4; ++k) sum += part<A8>(a, k) * part<B>(b, k);
    return U(sum);
  });
  check_lanes<U, U, U, U>("dp2a.lo." + types, [](U a, U b, U c) {
    return U(c + part<A16>(a, 0) * part<B>(b, 0) + part<A16>(a, 1) * part<B>(b, 1));
  });
  check_lanes<U, U, U, U>("dp2a.hi." + types, [](U a, U b, U c) {
    return U(c + part<A16>(a, 0) * part<B>(b, 2) + part<A16>(a, 1) * part<B>(b, 3));
  });
}

TEST_CASE("dp4a and dp2a") {
  check_dot<uint8_t, uint16_t, uint8_t>("u32.u32");
  check_dot<uint8_t, uint16_t, int8_t>("u32.s32");
  check_dot<int8_t, int16_t, uint8_t>("s32.u32");
  check_dot<int8_t, int16_t, int8_t>("s32.s32");
}

// A chain over two words is arithmetic of twice the length.
template <class T, class W>
void check_chain(const std::string& type) {
  Random64 random(1);
  for (int round = 0; round < 60; ++round) {
    TestWarp warp;
    Lanes<T> words[6];
    Column columns[6];
    for (int k = 0; k < 6; ++k) columns[k] = warp.put(words[k] = any_lanes<T>(random));
    const Column to = warp.put(Lanes<T>{}), to_high = warp.put(Lanes<T>{});
    constexpr int kBits = 8 * sizeof(T);
    const auto joined = [&](int low, int high, int i) {
      return W(std::make_unsigned_t<T>(words[low][i])) | W(std::make_unsigned_t<T>(words[high][i]))
                                                             << kBits;
    };
    const auto check = [&](auto wanted) {
      const Lanes<T> low = warp.get<T>(to), high = warp.get<T>(to_high);
      for (int i = 0; i < kLanes; ++i) {
        const W value = wanted(i);
        CHECK(low[i] == static_cast<T>(value));
        CHECK(high[i] == static_cast<T>(value >> kBits));
      }
    };
    run(warp, "add.cc." + type, {to, columns[0], columns[1]});
    run(warp, "addc." + type, {to_high, columns[2], columns[3]});
    check([&](int i) { return joined(0, 2, i) + joined(1, 3, i); });
    run(warp, "sub.cc." + type, {to, columns[0], columns[1]});
    run(warp, "subc.cc." + type, {to_high, columns[2], columns[3]});
    check([&](int i) { return joined(0, 2, i) - joined(1, 3, i); });
    run(warp, "mad.lo.cc." + type, {to, columns[0], columns[1], columns[4]});
    run(warp, "madc.hi." + type, {to_high, columns[0], columns[1], columns[5]});
    check([&](int i) { return W(words[0][i]) * W(words[1][i]) + joined(4, 5, i); });
  }
}

TEST_CASE("carries lead from one word to the next") {
  check_chain<uint32_t, uint64_t>("u32");
  check_chain<int32_t, uint64_t>("s32");
  check_chain<uint64_t, unsigned __int128>("u64");
  check_chain<int64_t, unsigned __int128>("s64");
}

TEST_CASE("carries of lanes that do not take part stay") {
  TestWarp warp;
  Lanes<uint32_t> ones;
  ones.fill(0xffffffff);
  const Column a = warp.put(ones), to = warp.put(ones);
  run(warp, "add.cc.u32", {to, a, a});
  CHECK(warp.warp.carry == kAllLanes);
  run(warp, "add.cc.u32", {to, a, warp.constant(0u)}, 0xff);
  CHECK(warp.warp.carry == 0xffffff00);
}

TEST_CASE("integer forms that PTX does not have are refused") {
  CHECK_FALSE(is_known("add.u8", 3));
  CHECK_FALSE(is_known("add.sat.u32", 3));
  CHECK_FALSE(is_known("add.s32", 4));
  CHECK_FALSE(is_known("mul.s32", 3));
  CHECK_FALSE(is_known("mul.wide.s64", 3));
  CHECK_FALSE(is_known("mad.lo.sat.s32", 4));
  CHECK_FALSE(is_known("neg.u32", 2));
  CHECK_FALSE(is_known("add.s32.foo", 3));
}

}  // namespace
}  // namespace lean::simt
