// .f32 and .f64 arithmetic against the host's scalar operations in each rounding mode.
#include <cfenv>
#include <cmath>

#include "lane-check.h"

namespace lean::simt {
namespace {

float flush(float x) { return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0f, x) : x; }

// As single precision results are written: one NaN, .ftz, .sat.
float finished(float x, bool ftz, bool sat) {
  if (ftz) x = flush(x);
  if (sat) return x > 0 ? std::min(x, 1.0f) : 0.0f;
  return x == x ? x : as<float>(0x7fffffff);
}

// Results of double precision operations that are NaN are all the same to the tests.
template <class T>
T same_nan(T x) {
  return x == x ? x : std::numeric_limits<T>::quiet_NaN();
}

struct RoundingName {
  const char* name;
  int mode;
};
const RoundingName kRoundings[] = {
    {"rn", FE_TONEAREST}, {"rz", FE_TOWARDZERO}, {"rm", FE_DOWNWARD}, {"rp", FE_UPWARD}};

template <class T>
[[gnu::noinline]] T in_mode(int mode, T (*op)(T, T, T), T a, T b, T c) {
  std::fesetround(mode);
  volatile T x = a, y = b, z = c;
  volatile T result = op(x, y, z);
  std::fesetround(FE_TONEAREST);
  return result;
}

template <class T>
T add(T a, T b, T) {
  return a + b;
}
template <class T>
T sub(T a, T b, T) {
  return a - b;
}
template <class T>
T mul(T a, T b, T) {
  return a * b;
}
template <class T>
T fma(T a, T b, T c) {
  return std::fma(a, b, c);
}
template <class T>
T div(T a, T b, T) {
  return a / b;
}
template <class T>
T rcp(T a, T, T) {
  return 1 / a;
}
template <class T>
T root(T a, T, T) {
  return std::sqrt(a);
}

void check_single(const std::string& opcode, float (*op)(float, float, float), int operands,
                  bool has_sat) {
  for (const RoundingName& rounding : kRoundings) {
    for (const bool ftz : {false, true}) {
      for (const bool sat : {false, true}) {
        if (sat && !has_sat) continue;
        const std::string text =
            opcode + "." + rounding.name + (ftz ? ".ftz" : "") + (sat ? ".sat" : "") + ".f32";
        const auto reference = [&](float a, float b, float c) {
          if (ftz) a = flush(a), b = flush(b), c = flush(c);
          return finished(in_mode(rounding.mode, op, a, b, c), ftz, sat);
        };
        if (operands == 1) {
          check_lanes<float, float>(text, [&](float a) { return reference(a, 0, 0); });
        } else if (operands == 2) {
          check_lanes<float, float, float>(text,
                                           [&](float a, float b) { return reference(a, b, 0); });
        } else {
          check_lanes<float, float, float, float>(text, reference);
        }
      }
    }
  }
}

// Of doubles, NaN is compared as NaN alone.
void check_double(const std::string& opcode, double (*op)(double, double, double), int operands) {
  Random64 random(1);
  for (const RoundingName& rounding : kRoundings) {
    for (int round = 0; round < 100; ++round) {
      TestWarp warp;
      Lanes<double> in[3];
      std::vector<TestOperand> columns{warp.put(any_lanes<double>(random))};
      for (int k = 0; k < operands; ++k) {
        in[k] = any_lanes<double>(random);
        columns.push_back(warp.put(in[k]));
      }
      run(warp, opcode + "." + rounding.name + ".f64", columns);
      const Lanes<double> results = warp.get<double>(columns[0].columns[0]);
      for (int i = 0; i < kLanes; ++i) {
        const double wanted = in_mode(rounding.mode, op, in[0][i], in[1][i], in[2][i]);
        CHECK(bits_of(same_nan(results[i])) == bits_of(same_nan(wanted)));
      }
    }
  }
}

TEST_CASE("arithmetic in every rounding mode") {
  check_single("add", add<float>, 2, true);
  check_single("sub", sub<float>, 2, true);
  check_single("mul", mul<float>, 2, true);
  check_single("fma", fma<float>, 3, true);
  check_single("mad", fma<float>, 3, true);
  check_single("div", div<float>, 2, false);
  check_single("rcp", rcp<float>, 1, false);
  check_single("sqrt", root<float>, 1, false);
  check_double("add", add<double>, 2);
  check_double("sub", sub<double>, 2);
  check_double("mul", mul<double>, 2);
  check_double("fma", fma<double>, 3);
  check_double("mad", fma<double>, 3);
  check_double("div", div<double>, 2);
  check_double("rcp", rcp<double>, 1);
  check_double("sqrt", root<double>, 1);
}

TEST_CASE("without a rounding mode it is to nearest") {
  check_lanes<float, float, float>("add.f32",
                                   [](float a, float b) { return finished(a + b, false, false); });
  check_lanes<float, float, float>(
      "mul.ftz.f32", [](float a, float b) { return finished(flush(a) * flush(b), true, false); });
}

// The distance in units of the last place of the wanted result.
template <class T>
double ulps(T value, long double wanted) {
  if (value != value || wanted != wanted) return (value != value) == (wanted != wanted) ? 0 : 1e9;
  const T nearest = static_cast<T>(wanted);
  if (value == nearest || std::isinf(nearest)) return value == nearest ? 0 : 1e9;
  const T above = std::nextafter(std::fabs(nearest), std::numeric_limits<T>::infinity());
  const long double ulp = static_cast<long double>(above) - std::fabs(nearest);
  return static_cast<double>(std::fabs(value - wanted) / ulp);
}

// `error(x, result)` is what a result is off, as a part of what PTX allows.
template <class T, class Error>
void check_bound(const std::string& text, int operands, Error error) {
  Random64 random(1);
  for (int round = 0; round < 200; ++round) {
    TestWarp warp;
    const auto a = any_lanes<T>(random), b = any_lanes<T>(random);
    const Column to = warp.put(a);
    std::vector<TestOperand> columns{to, warp.put(a)};
    if (operands == 2) columns.push_back(warp.put(b));
    run(warp, text, columns);
    for (int i = 0; i < kLanes; ++i) {
      const T result = warp.get<T>(to)[i];
      INFO(text << " of " << bits_of(a[i]) << " " << bits_of(b[i]) << " is " << result);
      CHECK(error(a[i], b[i], result) <= 1);
    }
  }
}

TEST_CASE("approximations keep the bounds of the manual") {
  using F = float;
  check_bound<F>("div.approx.f32", 2, [](F a, F b, F r) {
    if (std::fabs(b) > 0x1p126f && std::fabs(b) < INFINITY) {
      return std::isinf(a) || a != a ? (r != r ? 0.0 : 9.0) : r == 0 ? 0.0 : 9.0;
    }
    return ulps(r, static_cast<long double>(a) / b) / 2;
  });
  check_bound<F>("div.full.f32", 2,
                 [](F a, F b, F r) { return ulps(r, static_cast<long double>(a) / b) / 2; });
  check_bound<F>("rcp.approx.f32", 1, [](F a, F, F r) { return ulps(r, 1.0L / a); });
  check_bound<F>("sqrt.approx.f32", 1,
                 [](F a, F, F r) { return ulps(r, std::sqrt(static_cast<long double>(a))); });
  check_bound<F>("rsqrt.approx.f32", 1, [](F a, F, F r) {
    return ulps(r, 1.0L / std::sqrt(static_cast<long double>(a)));
  });
  check_bound<double>("rsqrt.approx.f64", 1, [](double a, double, double r) {
    return ulps(r, 1.0L / std::sqrt(static_cast<long double>(a))) / 2;
  });
  check_bound<F>("ex2.approx.f32", 1,
                 [](F a, F, F r) { return ulps(r, std::exp2(static_cast<long double>(a))) / 0.6; });
  check_bound<F>("lg2.approx.f32", 1, [](F a, F, F r) {
    const long double wanted = std::log2(static_cast<long double>(a));
    if (a == 0) return r == -INFINITY ? 0.0 : 9.0;
    return std::min(ulps(r, wanted), static_cast<double>(std::fabs(r - wanted) * 0x1p22L));
  });
  check_bound<F>("sin.approx.f32", 1, [](F a, F, F r) {
    if (std::isinf(a) || a != a) return r != r ? 0.0 : 9.0;
    return std::fabs(r - std::sin(static_cast<double>(a))) * 0x1p20;
  });
  check_bound<F>("cos.approx.f32", 1, [](F a, F, F r) {
    if (std::isinf(a) || a != a) return r != r ? 0.0 : 9.0;
    return std::fabs(r - std::cos(static_cast<double>(a))) * 0x1p20;
  });
  check_bound<F>("tanh.approx.f32", 1, [](F a, F, F r) {
    const long double wanted = std::tanh(static_cast<long double>(a));
    if (a != a || a == 0) return r != r || r == 0 ? 0.0 : 9.0;
    return static_cast<double>(std::fabs(r - wanted) / std::fabs(wanted) * 0x1p11L);
  });
}

TEST_CASE("special values of approximations") {
  TestWarp warp;
  Lanes<float> values;
  values.fill(INFINITY);
  values[1] = -INFINITY;
  values[2] = 0.0f;
  values[3] = -0.0f;
  values[4] = 0x1p-130f;
  values[5] = -0x1p-130f;
  values[6] = -1.0f;
  values[7] = std::nanf("");
  const Column a = warp.put(values), to = warp.put(values);
  const auto result = [&](const std::string& text, int lane) {
    run(warp, text, {to, a});
    return bits_of(warp.get<float>(to)[lane]);
  };
  CHECK(result("ex2.approx.ftz.f32", 0) == bits_of(INFINITY));
  CHECK(result("ex2.approx.ftz.f32", 1) == bits_of(0.0f));
  CHECK(result("ex2.approx.ftz.f32", 5) == bits_of(1.0f));
  CHECK(result("ex2.approx.ftz.f32", 7) == 0x7fffffff);
  CHECK(result("lg2.approx.ftz.f32", 4) == bits_of(-INFINITY));
  CHECK(result("lg2.approx.f32", 4) == bits_of(-130.0f));
  CHECK(result("lg2.approx.f32", 6) == 0x7fffffff);
  CHECK(result("rcp.approx.ftz.f32", 5) == bits_of(-INFINITY));
  CHECK(result("rcp.approx.ftz.f32", 1) == bits_of(-0.0f));
  CHECK(result("rsqrt.approx.f32", 3) == bits_of(-INFINITY));
  CHECK(result("rsqrt.approx.f32", 6) == 0x7fffffff);
  CHECK(result("rsqrt.approx.ftz.f32", 4) == bits_of(INFINITY));
  CHECK(result("sqrt.approx.ftz.f32", 5) == bits_of(-0.0f));
  CHECK(result("sqrt.approx.f32", 6) == 0x7fffffff);
}

TEST_CASE("rcp.approx.ftz.f64 and rsqrt.approx.ftz.f64 work on the upper halves") {
  Random64 random(1);
  TestWarp warp;
  const auto a = any_lanes<double>(random);
  const Column to = warp.put(a), in = warp.put(a);
  for (const bool root : {false, true}) {
    run(warp, root ? "rsqrt.approx.ftz.f64" : "rcp.approx.ftz.f64", {to, in});
    for (int i = 0; i < kLanes; ++i) {
      double x = as<double>(bits_of(a[i]) >> 32 << 32);
      if (std::fpclassify(x) == FP_SUBNORMAL) x = std::copysign(0.0, x);
      const double wanted = root ? 1 / std::sqrt(x) : 1 / x;
      const double result = warp.get<double>(to)[i];
      CHECK((bits_of(result) & 0xffffffff) == 0);
      if (std::isinf(wanted) || wanted == 0) {
        CHECK(bits_of(result) == bits_of(wanted));
      } else if (wanted == wanted && std::fpclassify(wanted) == FP_NORMAL) {
        CHECK(std::fabs(result / wanted - 1) < 0x1p-19);
      }
    }
  }
}

template <class T>
T chosen(T a, T b, bool maximum, bool nan) {
  const T canonical = sizeof(T) == 4 ? as<T>(0x7fffffff) : as<T>(0x7fffffffffffffff);
  if (a != a && b != b) return canonical;
  if (a != a || b != b) return nan ? canonical : a != a ? b : a;
  if (a == 0 && b == 0) return std::signbit(a) == maximum ? b : a;
  return (a < b) == maximum ? b : a;
}

TEST_CASE("min and max") {
  for (const bool maximum : {false, true}) {
    const std::string opcode = maximum ? "max" : "min";
    check_lanes<double, double, double>(
        opcode + ".f64", [&](double a, double b) { return chosen(a, b, maximum, false); });
    for (int form = 0; form < 8; ++form) {
      const bool ftz = form & 1, nan = form & 2, xorsign = form & 4;
      const std::string text = opcode + (ftz ? ".ftz" : "") + (nan ? ".NaN" : "") +
                               (xorsign ? ".xorsign.abs" : "") + ".f32";
      check_lanes<float, float, float>(text, [&](float a, float b) {
        if (ftz) a = flush(a), b = flush(b);
        if (!xorsign) return chosen(a, b, maximum, nan);
        const float magnitude = chosen(std::fabs(a), std::fabs(b), maximum, nan);
        if (magnitude != magnitude) return magnitude;
        return std::signbit(a) != std::signbit(b) ? -magnitude : magnitude;
      });
    }
  }
}

TEST_CASE("signs") {
  check_lanes<float, float>("abs.f32", [](float a) { return as<float>(bits_of(a) & 0x7fffffff); });
  check_lanes<float, float>("neg.f32", [](float a) { return as<float>(bits_of(a) ^ 0x80000000); });
  check_lanes<float, float>("abs.ftz.f32", [](float a) { return std::fabs(flush(a)); });
  check_lanes<float, float>("neg.ftz.f32", [](float a) { return -flush(a); });
  check_lanes<double, double>("abs.f64", [](double a) { return std::fabs(a); });
  check_lanes<double, double>("neg.f64", [](double a) { return -a; });
  check_lanes<float, float, float>("copysign.f32", [](float a, float b) {
    return as<float>((bits_of(a) & 0x80000000) | (bits_of(b) & 0x7fffffff));
  });
  check_lanes<double, double, double>("copysign.f64",
                                      [](double a, double b) { return std::copysign(b, a); });
}

TEST_CASE("floating-point forms that PTX does not have are refused") {
  CHECK_FALSE(is_known("fma.f32", 4));
  CHECK_FALSE(is_known("add.ftz.f64", 3));
  CHECK_FALSE(is_known("add.rna.f32", 3));
  CHECK_FALSE(is_known("div.f32", 3));
  CHECK_FALSE(is_known("div.approx.f64", 3));
  CHECK_FALSE(is_known("sqrt.approx.f64", 2));
  CHECK_FALSE(is_known("rcp.approx.f64", 2));
  CHECK_FALSE(is_known("min.NaN.f64", 3));
  CHECK_FALSE(is_known("min.f32", 4));
  CHECK_FALSE(is_known("max.abs.f32", 3));
  CHECK_FALSE(is_known("ex2.f32", 2));
  CHECK_FALSE(is_known("tanh.approx.ftz.f32", 2));
  CHECK_FALSE(is_known("add.f32x2", 3));
}

}  // namespace
}  // namespace lean::simt
