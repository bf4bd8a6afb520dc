// cvt, of every pair of types, against the definitions of the formats.
#include <cmath>

#include "lane-check.h"
#include "number-formats.h"

namespace lean::simt {
namespace {

using Wide = __int128;

struct ModeName {
  const char* name;
  Mode mode;
};
const ModeName kModes[] = {
    {"rn", Mode::nearest}, {"rz", Mode::zero}, {"rm", Mode::down}, {"rp", Mode::up}};

template <class T>
constexpr const char* name_of_type() {
  constexpr bool s = std::is_signed_v<T>;
  return sizeof(T) == 1   ? (s ? "s8" : "u8")
         : sizeof(T) == 2 ? (s ? "s16" : "u16")
         : sizeof(T) == 4 ? (s ? "s32" : "u32")
         : s              ? "s64"
                          : "u64";
}

template <class F>
void for_integers(F f) {
  f(uint8_t()), f(int8_t()), f(uint16_t()), f(int16_t());
  f(uint32_t()), f(int32_t()), f(uint64_t()), f(int64_t());
}

template <class D>
D clamp(Wide value) {
  const Wide lowest = std::numeric_limits<D>::min(), highest = std::numeric_limits<D>::max();
  return static_cast<D>(value < lowest ? lowest : value > highest ? highest : value);
}

TEST_CASE("integers to integers") {
  for_integers([](auto to) {
    for_integers([](auto from) {
      using D = decltype(to);
      using S = decltype(from);
      const std::string types = std::string(".") + name_of_type<D>() + "." + name_of_type<S>();
      check_lanes<D, S>("cvt" + types,
                        [](S a) { return static_cast<D>(static_cast<uint64_t>(Wide(a))); });
      check_lanes<D, S>("cvt.sat" + types, [](S a) { return clamp<D>(a); });
    });
  });
}

TEST_CASE("the sign fills a wider register") {
  TestWarp warp;
  Lanes<uint32_t> values;
  values.fill(0x12345680);
  const Column to = warp.put(Lanes<uint64_t>{}), narrow = warp.put(values);
  run(warp, "cvt.s8.u32", {to, warp.put(values)});
  CHECK(warp.get<uint64_t>(to)[0] == 0xffffffffffffff80);
  run(warp, "cvt.u8.u32", {to, warp.put(values)});
  CHECK(warp.get<uint64_t>(to)[0] == 0x80);
  run(warp, "cvt.s16.s8", {narrow, warp.put(values)});
  CHECK(warp.get<uint32_t>(narrow)[0] == 0xffffff80);
  run(warp, "cvt.rzi.s8.f32", {narrow, warp.constant(-3.5f)});
  CHECK(warp.get<uint32_t>(narrow)[0] == 0xfffffffd);
}

// The formats as cvt names them, with the type that holds their patterns.
template <class F>
void for_floats(F f) {
  f(uint16_t(), "f16", kF16);
  f(uint16_t(), "bf16", kBf16);
  f(uint32_t(), "f32", kF32);
}

TEST_CASE("integers to floating-point numbers") {
  for_integers([](auto from) {
    using S = decltype(from);
    for (const ModeName& mode : kModes) {
      const std::string start = std::string("cvt.") + mode.name;
      for_floats([&](auto to, const std::string& name, const NumberFormat& format) {
        using D = decltype(to);
        check_lanes<D, S>(start + "." + name + "." + name_of_type<S>(), [&](S a) {
          return static_cast<D>(format.rounded(static_cast<long double>(a), mode.mode));
        });
        check_lanes<D, S>(start + ".sat." + name + "." + name_of_type<S>(), [&](S a) {
          return static_cast<D>(format.rounded(a > 0 ? 1.0L : 0.0L, mode.mode));
        });
      });
      check_lanes<double, S>(start + ".f64." + name_of_type<S>(), [&](S a) {
        const bool negative = a < 0;
        const long double exact = static_cast<long double>(a);
        double value = static_cast<double>(exact);
        if (mode.mode == Mode::nearest) return value;
        const bool up = mode.mode == Mode::up || (mode.mode == Mode::zero && negative);
        if (up && value < exact) value = std::nextafter(value, INFINITY);
        if (!up && value > exact) value = std::nextafter(value, -INFINITY);
        return value;
      });
    }
  });
}

long double to_integral(long double value, Mode mode) {
  switch (mode) {
    case Mode::zero:
      return std::trunc(value);
    case Mode::down:
      return std::floor(value);
    case Mode::up:
      return std::ceil(value);
    default:
      break;
  }
  const long double below = std::floor(value), rest = value - below;
  if (rest != 0.5L) return rest < 0.5L ? below : below + 1;
  return std::fmod(below, 2.0L) == 0 ? below : below + 1;
}

long double flush(long double value, bool ftz) {
  return ftz && std::fabs(value) < 0x1p-126L ? std::copysign(0.0L, value) : value;
}

template <class S, class Value>
void check_to_integers(const std::string& name, bool is_double, Value value) {
  for_integers([&](auto to) {
    using D = decltype(to);
    for (const ModeName& mode : kModes) {
      for (const bool ftz : {false, true}) {
        if (ftz && name != "f32") continue;
        for (const char* sat : {"", ".sat"}) {  // changes nothing: it is always so
          check_lanes<D, S>(std::string("cvt.") + mode.name + "i" + (ftz ? ".ftz" : "") + sat +
                                "." + name_of_type<D>() + "." + name,
                            [&](S a) -> D {
                              const long double x = flush(value(a), ftz);
                              if (x != x) {
                                const D top = static_cast<D>(uint64_t{1} << (8 * sizeof(D) - 1));
                                return is_double || sizeof(D) == 8 ? top : D(0);
                              }
                              const long double rounded = to_integral(x, mode.mode);
                              if (rounded > 0x1p100L) return std::numeric_limits<D>::max();
                              if (rounded < -0x1p100L) return std::numeric_limits<D>::min();
                              return clamp<D>(static_cast<Wide>(rounded));
                            });
        }
      }
    }
  });
}

TEST_CASE("floating-point numbers to integers") {
  for_floats([](auto from, const std::string& name, const NumberFormat& format) {
    using S = decltype(from);
    check_to_integers<S>(name, false, [&](S a) { return format.value(a); });
  });
  check_to_integers<double>("f64", true, [](double a) { return static_cast<long double>(a); });
}

template <class S, class Value>
void check_narrowing(const std::string& from, int from_bits, Value value) {
  for_floats([&](auto to, const std::string& name, const NumberFormat& format) {
    using D = decltype(to);
    if (format.width >= from_bits) return;
    for (const ModeName& mode : kModes) {
      for (const bool sat : {false, true}) {
        const std::string text =
            std::string("cvt.") + mode.name + (sat ? ".sat." : ".") + name + "." + from;
        check_lanes<D, S>(text, [&](S a) {
          long double x = value(a);
          if (sat) x = x > 0 ? std::min(x, 1.0L) : 0.0L;
          return static_cast<D>(format.rounded(x, mode.mode));
        });
      }
      if (from != "f32") continue;
      check_lanes<D, S>(std::string("cvt.") + mode.name + ".relu." + name + ".f32", [&](S a) {
        const long double x = value(a);
        return static_cast<D>(format.rounded(x <= 0 ? 0.0L : x, mode.mode));
      });
    }
  });
}

TEST_CASE("floating-point numbers to shorter ones") {
  check_narrowing<uint32_t>("f32", 32, [](uint32_t a) { return kF32.value(a); });
  check_narrowing<double>("f64", 64, [](double a) { return static_cast<long double>(a); });
  check_lanes<uint32_t, double>("cvt.rn.ftz.f32.f64", [](double a) {
    const uint64_t bits = kF32.rounded(static_cast<long double>(a), Mode::nearest);
    return static_cast<uint32_t>((bits & kF32.infinity()) == 0 ? bits & kF32.sign() : bits);
  });
}

TEST_CASE("floating-point numbers to longer ones") {
  const auto to_single = [](long double x) {
    return static_cast<uint32_t>(kF32.rounded(x, Mode::nearest));
  };
  check_lanes<uint32_t, uint16_t>("cvt.f32.f16",
                                  [&](uint16_t a) { return to_single(kF16.value(a)); });
  check_lanes<uint32_t, uint16_t>("cvt.f32.bf16",
                                  [&](uint16_t a) { return to_single(kBf16.value(a)); });
  check_lanes<uint32_t, uint16_t>(
      "cvt.ftz.f32.bf16", [&](uint16_t a) { return to_single(flush(kBf16.value(a), true)); });
  Random64 random(1);
  for (int round = 0; round < 50; ++round) {
    TestWarp warp;
    const auto a = any_lanes<float>(random);
    const auto h = any_lanes<uint16_t>(random);
    const Column to = warp.put(Lanes<double>{}), half = warp.put(Lanes<double>{});
    run(warp, "cvt.f64.f32", {to, warp.put(a)});
    run(warp, "cvt.f64.f16", {half, warp.put(h)});
    for (int i = 0; i < kLanes; ++i) {
      const double wide = warp.get<double>(to)[i], from_half = warp.get<double>(half)[i];
      CHECK((wide == static_cast<double>(a[i]) || (wide != wide && a[i] != a[i])));
      const long double value = kF16.value(h[i]);
      CHECK((from_half == value || (from_half != from_half && value != value)));
    }
  }
}

TEST_CASE("rounding to integral numbers of the same type") {
  for (const ModeName& mode : kModes) {
    const std::string start = std::string("cvt.") + mode.name + "i";
    for_floats([&](auto type, const std::string& name, const NumberFormat& format) {
      using T = decltype(type);
      check_lanes<T, T>(start + "." + name + "." + name, [&](T a) {
        const long double x = format.value(a);
        const long double result = x != x || std::isinf(x) ? x : to_integral(x, mode.mode);
        return static_cast<T>(format.rounded(std::copysign(result, x), Mode::nearest));
      });
    });
    Random64 random(1);
    for (int round = 0; round < 50; ++round) {
      TestWarp warp;
      const auto a = any_lanes<double>(random);
      const Column to = warp.put(a);
      run(warp, start + ".f64.f64", {to, warp.put(a)});
      for (int i = 0; i < kLanes; ++i) {
        const double result = warp.get<double>(to)[i];
        if (a[i] != a[i]) {
          CHECK(result != result);
          continue;
        }
        const long double wanted = std::isinf(a[i]) ? a[i] : to_integral(a[i], mode.mode);
        CHECK(bits_of(result) == bits_of(std::copysign(static_cast<double>(wanted), a[i])));
      }
    }
  }
  check_lanes<uint32_t, uint32_t>("cvt.ftz.sat.f32.f32", [](uint32_t a) {
    const long double x = flush(kF32.value(a), true);
    return static_cast<uint32_t>(kF32.rounded(x > 0 ? std::min(x, 1.0L) : 0.0L, Mode::nearest));
  });
}

TEST_CASE("pairs") {
  using U = uint32_t;
  const struct {
    std::string name;
    const NumberFormat& format;
  } kPairs[] = {{"f16x2", kF16}, {"bf16x2", kBf16}};
  for (const auto& pair : kPairs) {
    for (int m = 0; m < 2; ++m) {
      for (const bool relu : {false, true}) {
        check_lanes<U, U, U>(
            std::string("cvt.") + kModes[m].name + (relu ? ".relu." : ".") + pair.name + ".f32",
            [&](U a, U b) {
              const auto half = [&](U bits) {
                const long double x = kF32.value(bits);
                return pair.format.rounded(relu && x <= 0 ? 0.0L : x, kModes[m].mode);
              };
              return U(half(a) << 16 | half(b));
            });
      }
    }
  }
}

TEST_CASE("tf32") {
  using U = uint32_t;
  const auto check = [](const std::string& text, Mode mode, bool relu) {
    check_lanes<U, U>(text, [&](U a) {
      const long double x = kF32.value(a);
      return U(kTf32.rounded(relu && x <= 0 ? 0.0L : x, mode) << 13);
    });
  };
  check("cvt.rna.tf32.f32", Mode::away, false);
  check("cvt.rn.tf32.f32", Mode::nearest, false);
  check("cvt.rz.tf32.f32", Mode::zero, false);
  check("cvt.rn.relu.tf32.f32", Mode::nearest, true);
}

TEST_CASE("cvt.pack") {
  using U = uint32_t;
  using I = int32_t;
  check_lanes<U, I, I>("cvt.pack.sat.u16.s32",
                       [](I a, I b) { return U(clamp<uint16_t>(a)) << 16 | clamp<uint16_t>(b); });
  check_lanes<U, I, I>("cvt.pack.sat.s16.s32", [](I a, I b) {
    return U(uint16_t(clamp<int16_t>(a))) << 16 | uint16_t(clamp<int16_t>(b));
  });
  check_lanes<U, I, I, U>("cvt.pack.sat.u8.s32.b32", [](I a, I b, U c) {
    return c << 16 | U(clamp<uint8_t>(a)) << 8 | clamp<uint8_t>(b);
  });
  check_lanes<U, I, I, U>("cvt.pack.sat.s8.s32.b32", [](I a, I b, U c) {
    return c << 16 | U(uint8_t(clamp<int8_t>(a))) << 8 | uint8_t(clamp<int8_t>(b));
  });
}

// Of 8-bit formats: the largest number, and what NaN is.
struct ByteFormat {
  std::string name;
  int fraction, bias;
  uint32_t largest;

  long double value(uint32_t bits) const {
    const uint32_t magnitude = bits & 0x7f;
    const bool infinite = fraction == 2 && magnitude == 0x7c;
    if (infinite) return bits & 0x80 ? -INFINITY : INFINITY;
    if (magnitude > largest) return NAN;
    const int exponent = static_cast<int>(magnitude >> fraction);
    const int rest = static_cast<int>(magnitude) & ((1 << fraction) - 1);
    const long double x = exponent == 0
                              ? std::ldexp(static_cast<long double>(rest), 1 - bias - fraction)
                              : std::ldexp(static_cast<long double>(rest + (1 << fraction)),
                                           exponent - bias - fraction);
    return bits & 0x80 ? -x : x;
  }
  uint32_t nearest(long double x) const {
    if (x != x) return 0x7f;
    const uint32_t sign = std::signbit(x) ? 0x80 : 0;
    if (std::fabs(x) >= value(largest)) return largest | sign;
    uint32_t best = 0;
    for (uint32_t each = 1; each <= largest; ++each) {
      const long double old = std::fabs(std::fabs(x) - value(best));
      const long double now = std::fabs(std::fabs(x) - value(each));
      if (now < old || (now == old && each % 2 == 0)) best = each;
    }
    return best | sign;
  }
};

TEST_CASE("8-bit numbers") {
  using U = uint32_t;
  const ByteFormat kFormats[] = {{"e4m3x2", 3, 7, 0x7e}, {"e5m2x2", 2, 15, 0x7b}};
  for (const ByteFormat& format : kFormats) {
    check_lanes<uint16_t, U, U>("cvt.rn.satfinite." + format.name + ".f32", [&](U a, U b) {
      return uint16_t(format.nearest(kF32.value(a)) << 8 | format.nearest(kF32.value(b)));
    });
    check_lanes<uint16_t, U>("cvt.rn.satfinite." + format.name + ".f16x2", [&](U a) {
      return uint16_t(format.nearest(kF16.value(a >> 16)) << 8 |
                      format.nearest(kF16.value(a & 0xffff)));
    });
    check_lanes<U, uint16_t>("cvt.rn.f16x2." + format.name, [&](uint16_t a) {
      const auto half = [&](U byte) { return kF16.rounded(format.value(byte), Mode::nearest); };
      return U(half(a >> 8) << 16 | half(a & 0xff));
    });
  }
}

TEST_CASE("conversions that PTX does not have are refused") {
  CHECK_FALSE(is_known("cvt.f16.f32", 2));
  CHECK_FALSE(is_known("cvt.f32.s32", 2));
  CHECK_FALSE(is_known("cvt.s32.f32", 2));
  CHECK_FALSE(is_known("cvt.rn.s32.f32", 2));
  CHECK_FALSE(is_known("cvt.rni.f16.f32", 2));
  CHECK_FALSE(is_known("cvt.rn.f32.f32", 2));
  CHECK_FALSE(is_known("cvt.b32.u32", 2));
  CHECK_FALSE(is_known("cvt.rm.f16x2.f32", 3));
  CHECK_FALSE(is_known("cvt.rs.f16x2.f32", 4));
  CHECK_FALSE(is_known("cvt.rn.e4m3x2.f32", 3));
  CHECK_FALSE(is_known("cvt.ftz.f64.f16", 2));
  CHECK_FALSE(is_known("cvt.rna.f16.f32", 2));
}

}  // namespace
}  // namespace lean::simt
