// Logic, shifts and bit fields, against the bit by bit definitions of the PTX manual.
#include "lane-check.h"

namespace lean::simt {
namespace {

using U = uint32_t;

template <class T>
bool bit(T value, int position) {
  return position >= 0 && position < int(8 * sizeof(T)) && (uint64_t(value) >> position & 1);
}

// From a function of bit positions.
template <class T, class F>
T from_bits(F is_set) {
  uint64_t value = 0;
  for (int k = 0; k < int(8 * sizeof(T)); ++k) value |= uint64_t(is_set(k)) << k;
  return static_cast<T>(value);
}

template <class T>
void check_logic(const std::string& type) {
  check_lanes<T, T, T>("and." + type, [](T a, T b) { return T(a & b); });
  check_lanes<T, T, T>("or." + type, [](T a, T b) { return T(a | b); });
  check_lanes<T, T, T>("xor." + type, [](T a, T b) { return T(a ^ b); });
  check_lanes<T, T>("not." + type, [](T a) { return T(~a); });
  check_lanes<T, T>("cnot." + type, [](T a) { return T(a == 0); });
  check_lanes<T, T, U>("shl." + type, [](T a, U n) {
    return from_bits<T>([&](int k) { return n < 64 && bit(a, k - int(n)); });
  });
  check_lanes<T, T, U>("shr." + type, [](T a, U n) {
    return from_bits<T>([&](int k) { return n < 64 && bit(a, k + int(n)); });
  });
}

template <class T>
void check_shr(const std::string& type) {
  check_lanes<T, T, U>("shr." + type, [](T a, U n) {
    constexpr int kTop = 8 * sizeof(T) - 1;
    return from_bits<T>([&](int k) {
      const bool inside = n < 64 && k + int(n) <= kTop;
      return inside ? bit(a, k + int(n)) : std::is_signed_v<T> && bit(a, kTop);
    });
  });
}

TEST_CASE("logic and shifts") {
  check_logic<uint16_t>("b16");
  check_logic<uint32_t>("b32");
  check_logic<uint64_t>("b64");
  check_shr<uint16_t>("u16");
  check_shr<int16_t>("s16");
  check_shr<uint32_t>("u32");
  check_shr<int32_t>("s32");
  check_shr<uint64_t>("u64");
  check_shr<int64_t>("s64");
}

TEST_CASE("the amount of a shift may be a constant of any width") {
  TestWarp warp;
  Lanes<uint64_t> values;
  for (int i = 0; i < kLanes; ++i) values[i] = i + 1;
  const Column a = warp.put(values), to = warp.put(values);
  for (const bool wide : {false, true}) {
    run(warp, "shl.b64", {to, a, warp.constant(3u, wide)});
    CHECK(warp.get<uint64_t>(to)[5] == 48);
    run(warp, "shr.s64", {to, a, warp.constant(1u, wide)});
    CHECK(warp.get<uint64_t>(to)[5] == 3);
  }
}

TEST_CASE("logic of predicates") {
  check_lanes<Flag, Flag, Flag>("and.pred", [](Flag a, Flag b) { return a.value && b.value; });
  check_lanes<Flag, Flag, Flag>("or.pred", [](Flag a, Flag b) { return a.value || b.value; });
  check_lanes<Flag, Flag, Flag>("xor.pred", [](Flag a, Flag b) { return a.value != b.value; });
  check_lanes<Flag, Flag>("not.pred", [](Flag a) { return !a.value; });
}

TEST_CASE("lop3 with every table") {
  Random64 random(1);
  for (uint32_t table = 0; table < 256; ++table) {
    TestWarp warp;
    const auto a = any_lanes<U>(random), b = any_lanes<U>(random), c = any_lanes<U>(random);
    const Column to = warp.put(a);
    const TestOperand lut = immediate(warp, table);
    run(warp, "lop3.b32", {to, warp.put(a), warp.put(b), warp.put(c), lut});
    const auto wanted = [&](int i) {
      return from_bits<U>(
          [&](int k) { return bit(table, bit(a[i], k) * 4 + bit(b[i], k) * 2 + bit(c[i], k)); });
    };
    for (int i = 0; i < kLanes; ++i) CHECK(warp.get<U>(to)[i] == wanted(i));
    const Column p = warp.predicate(0), q = warp.predicate(0x0f0f0f0f);
    run(warp, "lop3.or.b32",
        {std::vector<Column>{to, p}, warp.put(a), warp.put(b), warp.put(c), lut, q});
    for (int i = 0; i < kLanes; ++i) {
      CHECK(bit(warp.get_predicate(p), i) == (wanted(i) != 0 || bit(0x0f0f0f0fu, i)));
    }
  }
}

TEST_CASE("funnel shifts") {
  const auto funnel = [](U a, U b, U n, bool left) {
    return from_bits<U>([&](int k) {
      const int from = left ? k + 32 - int(n) : k + int(n);
      return from < 32 ? bit(a, from) : bit(b, from - 32);
    });
  };
  check_lanes<U, U, U, U>("shf.l.wrap.b32",
                          [&](U a, U b, U n) { return funnel(a, b, n % 32, true); });
  check_lanes<U, U, U, U>("shf.r.wrap.b32",
                          [&](U a, U b, U n) { return funnel(a, b, n % 32, false); });
  check_lanes<U, U, U, U>("shf.l.clamp.b32",
                          [&](U a, U b, U n) { return funnel(a, b, std::min(n, 32u), true); });
  check_lanes<U, U, U, U>("shf.r.clamp.b32",
                          [&](U a, U b, U n) { return funnel(a, b, std::min(n, 32u), false); });
}

template <class T>
void check_counts(const std::string& size) {
  constexpr int kBits = 8 * sizeof(T);
  check_lanes<U, T>("popc.b" + size, [](T a) {
    U count = 0;
    for (int k = 0; k < kBits; ++k) count += bit(a, k);
    return count;
  });
  check_lanes<U, T>("clz.b" + size, [](T a) {
    U count = 0;
    while (count < kBits && !bit(a, kBits - 1 - int(count))) ++count;
    return count;
  });
  check_lanes<T, T>("brev.b" + size,
                    [](T a) { return from_bits<T>([&](int k) { return bit(a, kBits - 1 - k); }); });
}

template <class T>
void check_bfind(const std::string& type) {
  constexpr int kTop = 8 * sizeof(T) - 1;
  const auto find = [](T a) {
    const bool flip = std::is_signed_v<T> && bit(a, kTop);
    for (int k = kTop; k >= 0; --k) {
      if (bit(a, k) != flip) return k;
    }
    return -1;
  };
  check_lanes<U, T>("bfind." + type, [&](T a) { return U(find(a)); });
  check_lanes<U, T>("bfind.shiftamt." + type,
                    [&](T a) { return find(a) < 0 ? ~0u : U(kTop - find(a)); });
}

TEST_CASE("bit counts") {
  check_counts<uint32_t>("32");
  check_counts<uint64_t>("64");
  check_bfind<uint32_t>("u32");
  check_bfind<int32_t>("s32");
  check_bfind<uint64_t>("u64");
  check_bfind<int64_t>("s64");
}

TEST_CASE("fns") {
  Random64 random(1);
  for (int round = 0; round < 200; ++round) {
    const U mask = round % 2 ? U(random()) : U(random() & random() & random());
    const U base = round % 32;
    const int n = int(random() % 21) - 10;
    TestWarp warp;
    const Column to = warp.put(Lanes<U>{});
    run(warp, "fns.b32", {to, warp.constant(mask), warp.constant(base), warp.constant(n)});
    U wanted = ~0u;
    int count = std::abs(n);
    if (n == 0) {
      if (bit(mask, int(base))) wanted = base;
    } else {
      for (int k = int(base); k >= 0 && k<32; k += n> 0 ? 1 : -1) {
        if (bit(mask, k) && --count == 0) wanted = U(k);
      }
    }
    CHECK(warp.get<U>(to)[7] == wanted);
  }
}

template <class T>
void check_bfe(const std::string& type) {
  check_lanes<T, T, U, U>("bfe." + type, [](T a, U b, U c) {
    constexpr int kTop = 8 * sizeof(T) - 1;
    const int position = b & 255, length = c & 255;
    const bool fill =
        std::is_signed_v<T> && length && bit(a, std::min(position + length - 1, kTop));
    return from_bits<T>(
        [&](int k) { return k < length && position + k <= kTop ? bit(a, position + k) : fill; });
  });
}

template <class T>
void check_bfi(const std::string& type) {
  check_lanes<T, T, T, U, U>("bfi." + type, [](T a, T b, U c, U d) {
    const int position = c & 255, length = d & 255;
    return from_bits<T>([&](int k) {
      return k >= position && k < position + length ? bit(a, k - position) : bit(b, k);
    });
  });
}

TEST_CASE("bit fields") {
  check_bfe<uint32_t>("u32");
  check_bfe<int32_t>("s32");
  check_bfe<uint64_t>("u64");
  check_bfe<int64_t>("s64");
  check_bfi<uint32_t>("b32");
  check_bfi<uint64_t>("b64");
}

TEST_CASE("bmsk and szext") {
  const auto range = [](int from, int width) {
    return from_bits<U>([&](int k) { return k >= from && k < from + width; });
  };
  check_lanes<U, U, U>("bmsk.wrap.b32", [&](U a, U b) { return range(a % 32, b % 32); });
  check_lanes<U, U, U>("bmsk.clamp.b32", [&](U a, U b) {
    return range(int(std::min(a, 32u)), int(std::min(b, 32u)));
  });
  const auto extend = [](U a, U n, bool is_signed) {
    return from_bits<U>(
        [&](int k) { return k < int(n) ? bit(a, k) : is_signed && n > 0 && bit(a, int(n) - 1); });
  };
  check_lanes<U, U, U>("szext.wrap.u32", [&](U a, U n) { return extend(a, n % 32, false); });
  check_lanes<U, U, U>("szext.wrap.s32", [&](U a, U n) { return extend(a, n % 32, true); });
  check_lanes<U, U, U>("szext.clamp.u32",
                       [&](U a, U n) { return extend(a, std::min(n, 32u), false); });
  check_lanes<U, U, U>("szext.clamp.s32",
                       [&](U a, U n) { return extend(a, std::min(n, 32u), true); });
}

U permute(U a, U b, const int (&bytes)[4]) {  // the lowest first
  U result = 0;
  for (int k = 0; k < 4; ++k) {
    const int from = bytes[k] & 7;
    result |= ((from < 4 ? a : b) >> (8 * (from % 4)) & 255) << (8 * k);
  }
  return result;
}

TEST_CASE("prmt") {
  check_lanes<U, U, U, U>("prmt.b32", [](U a, U b, U c) {
    U result = 0;
    for (int k = 0; k < 4; ++k) {
      const int nibble = c >> (4 * k) & 15;
      const int from = nibble & 7;
      const U byte = (from < 4 ? a : b) >> (8 * (from % 4)) & 255;
      result |= (nibble < 8 ? byte : byte >= 128 ? 255 : 0) << (8 * k);
    }
    return result;
  });
  const auto check = [](const std::string& mode, auto bytes) {
    check_lanes<U, U, U, U>("prmt.b32." + mode, [=](U a, U b, U c) {
      int chosen[4];
      for (int k = 0; k < 4; ++k) chosen[k] = bytes(int(c & 3), k);
      return permute(a, b, chosen);
    });
  };
  check("f4e", [](int n, int k) { return n + k; });
  check("b4e", [](int n, int k) { return (n - k) & 7; });
  check("rc8", [](int n, int) { return n; });
  check("ecl", [](int n, int k) { return std::max(n, k); });
  check("ecr", [](int n, int k) { return std::min(n, k); });
  check("rc16", [](int n, int k) { return (n & 1) * 2 + (k & 1); });
}

}  // namespace
}  // namespace lean::simt
