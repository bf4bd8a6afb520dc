// setp, set, selp, slct and testp.
#include <cmath>

#include "lane-check.h"
#include "number-formats.h"

namespace lean::simt {
namespace {

struct Named {
  const char* name;
  bool less, equal, greater, unordered;  // when it holds
};
const Named kOrdered[] = {{"eq", 0, 1, 0, 0}, {"ne", 1, 0, 1, 0}, {"lt", 1, 0, 0, 0},
                          {"le", 1, 1, 0, 0}, {"gt", 0, 0, 1, 0}, {"ge", 0, 1, 1, 0}};
const Named kUnsigned[] = {
    {"lo", 1, 0, 0, 0}, {"ls", 1, 1, 0, 0}, {"hi", 0, 0, 1, 0}, {"hs", 0, 1, 1, 0}};
const Named kFloat[] = {{"equ", 0, 1, 0, 1}, {"neu", 1, 0, 1, 1}, {"ltu", 1, 0, 0, 1},
                        {"leu", 1, 1, 0, 1}, {"gtu", 0, 0, 1, 1}, {"geu", 0, 1, 1, 1},
                        {"num", 1, 1, 1, 0}, {"nan", 0, 0, 0, 1}};

template <class V>
bool holds(const Named& test, V a, V b) {
  if (a < b) return test.less;
  if (a > b) return test.greater;
  return a == b ? test.equal : test.unordered;
}

const char* const kCombinations[] = {"", ".and", ".or", ".xor"};

bool combine(int combination, bool a, bool b) {
  return combination == 0 ? a : combination == 1 ? a && b : combination == 2 ? a || b : a != b;
}

// `value` turns a T into what is compared.
template <class T, class Value>
void check_setp(const Named& test, const std::string& type, Value value) {
  const CheckOptions few{.rounds = 10};
  check_lanes<Flag, T, T>(
      "setp." + std::string(test.name) + "." + type,
      [&](T a, T b) { return holds(test, value(a), value(b)); }, few);
  for (int k = 1; k < 4; ++k) {
    check_lanes<Flag, T, T, Flag>(
        "setp." + std::string(test.name) + kCombinations[k] + "." + type,
        [&](T a, T b, Flag c) { return combine(k, holds(test, value(a), value(b)), c.value); },
        few);
  }
  if (type != "b16" && type != "b32" && type != "b64") {
    check_lanes<float, T, T>(
        "set." + std::string(test.name) + ".f32." + type,
        [&](T a, T b) { return holds(test, value(a), value(b)) ? 1.0f : 0.0f; }, few);
    check_lanes<uint32_t, T, T, Flag>(
        "set." + std::string(test.name) + ".or.u32." + type,
        [&](T a, T b, Flag c) { return holds(test, value(a), value(b)) || c.value ? ~0u : 0; },
        few);
  }
}

template <class T>
void check_integer(const std::string& type) {
  const auto same = [](T a) { return a; };
  for (const Named& test : kOrdered) check_setp<T>(test, type, same);
  if (!std::is_unsigned_v<T>) return;
  for (const Named& test : kUnsigned) check_setp<T>(test, type, same);
}

template <class T, class Value>
void check_float(const std::string& type, Value value) {
  for (const Named& test : kOrdered) check_setp<T>(test, type, value);
  for (const Named& test : kFloat) check_setp<T>(test, type, value);
}

TEST_CASE("setp and set of integers") {
  check_integer<uint16_t>("u16");
  check_integer<int16_t>("s16");
  check_integer<uint32_t>("u32");
  check_integer<int32_t>("s32");
  check_integer<uint64_t>("u64");
  check_integer<int64_t>("s64");
  for (int k = 0; k < 2; ++k) {
    check_setp<uint16_t>(kOrdered[k], "b16", [](uint16_t a) { return a; });
    check_setp<uint32_t>(kOrdered[k], "b32", [](uint32_t a) { return a; });
    check_setp<uint64_t>(kOrdered[k], "b64", [](uint64_t a) { return a; });
  }
}

TEST_CASE("setp and set of floating-point numbers") {
  check_float<float>("f32", [](float a) { return a; });
  check_float<double>("f64", [](double a) { return a; });
  check_float<uint16_t>("f16", [](uint16_t a) { return kF16.value(a); });
  check_float<uint16_t>("bf16", [](uint16_t a) { return kBf16.value(a); });
  for (const Named& test : kFloat) {
    check_lanes<Flag, float, float>("setp." + std::string(test.name) + ".ftz.f32", [&](float a,
                                                                                       float b) {
      const auto flushed = [](float x) { return std::fpclassify(x) == FP_SUBNORMAL ? 0.0f : x; };
      return holds(test, flushed(a), flushed(b));
    });
  }
}

TEST_CASE("setp with two results") {
  Random64 random(1);
  TestWarp warp;
  const auto a = any_lanes<int32_t>(random), b = any_lanes<int32_t>(random);
  const Column p = warp.predicate(0), q = warp.predicate(0), c = warp.predicate(0x33333333);
  run(warp, "setp.lt.xor.s32", {std::vector<Column>{p, q}, warp.put(a), warp.put(b), c}, 0xffff);
  for (int i = 0; i < 16; ++i) {
    const bool third = 0x33333333 >> i & 1;
    CHECK((warp.get_predicate(p) >> i & 1) == ((a[i] < b[i]) != third));
    CHECK((warp.get_predicate(q) >> i & 1) == ((a[i] >= b[i]) != third));
  }
  CHECK((warp.get_predicate(p) >> 16) == 0);
  CHECK((warp.get_predicate(q) >> 16) == 0);
}

void check_pairs(const std::string& type, const NumberFormat& format, uint32_t one) {
  Random64 random(1);
  for (const Named& test : kFloat) {
    TestWarp warp;
    const auto a = any_lanes<uint32_t>(random), b = any_lanes<uint32_t>(random);
    const Column p = warp.predicate(0), q = warp.predicate(0);
    const Column in[] = {warp.put(a), warp.put(b)};
    const Column as_number = warp.put(a), as_mask = warp.put(a);
    run(warp, "setp." + std::string(test.name) + "." + type,
        {std::vector<Column>{p, q}, in[0], in[1]});
    run(warp, "set." + std::string(test.name) + "." + type + "." + type, {as_number, in[0], in[1]});
    run(warp, "set." + std::string(test.name) + ".u32." + type, {as_mask, in[0], in[1]});
    for (int i = 0; i < kLanes; ++i) {
      const bool low = holds(test, format.value(a[i] & 0xffff), format.value(b[i] & 0xffff));
      const bool high = holds(test, format.value(a[i] >> 16), format.value(b[i] >> 16));
      CHECK((warp.get_predicate(p) >> i & 1) == low);
      CHECK((warp.get_predicate(q) >> i & 1) == high);
      CHECK(warp.get<uint32_t>(as_number)[i] == (low ? one : 0) + (high ? one << 16 : 0));
      CHECK(warp.get<uint32_t>(as_mask)[i] == (low ? 0xffffu : 0) + (high ? 0xffff0000u : 0));
    }
  }
}

TEST_CASE("setp and set of pairs") {
  check_pairs("f16x2", kF16, 0x3c00);
  check_pairs("bf16x2", kBf16, 0x3f80);
}

template <class T>
void check_selections(const std::string& type) {
  check_lanes<T, T, T, Flag>("selp." + type, [](T a, T b, Flag p) { return p.value ? a : b; });
  check_lanes<T, T, T, int32_t>("slct." + type + ".s32",
                                [](T a, T b, int32_t c) { return c >= 0 ? a : b; });
  check_lanes<T, T, T, float>("slct." + type + ".f32",
                              [](T a, T b, float c) { return c >= 0 ? a : b; });
}

TEST_CASE("selp and slct") {
  check_selections<uint16_t>("b16");
  check_selections<uint16_t>("u16");
  check_selections<uint32_t>("b32");
  check_selections<int32_t>("s32");
  check_selections<uint32_t>("f32");
  check_selections<uint64_t>("b64");
  check_selections<int64_t>("s64");
  check_selections<uint64_t>("f64");
  check_lanes<uint32_t, uint32_t, uint32_t, float>(
      "slct.ftz.b32.f32", [](uint32_t a, uint32_t b, float c) {
        return c >= 0 || std::fpclassify(c) == FP_SUBNORMAL ? a : b;
      });
}

TEST_CASE("a negated predicate") {
  TestWarp warp;
  Lanes<uint32_t> ones, twos;
  ones.fill(1);
  twos.fill(2);
  Column p = warp.predicate(0xff);
  p.negated = true;
  const Column to = warp.put(ones);
  run(warp, "selp.b32", {to, warp.put(ones), warp.put(twos), p});
  CHECK(warp.get<uint32_t>(to)[0] == 2);
  CHECK(warp.get<uint32_t>(to)[8] == 1);
}

template <class T>
void check_testp(const std::string& type) {
  const auto check = [&](const std::string& name, auto test) {
    check_lanes<Flag, T>("testp." + name + "." + type, test);
  };
  check("finite", [](T a) { return std::fabs(a) <= std::numeric_limits<T>::max(); });
  check("infinite", [](T a) { return std::fabs(a) == INFINITY; });
  check("number", [](T a) { return a == a; });
  check("notanumber", [](T a) { return a != a; });
  check("normal", [](T a) { return std::fpclassify(a) == FP_NORMAL; });
  check("subnormal", [](T a) { return std::fpclassify(a) == FP_SUBNORMAL; });
}

TEST_CASE("testp") {
  check_testp<float>("f32");
  check_testp<double>("f64");
}

TEST_CASE("comparisons that PTX does not have are refused") {
  CHECK_FALSE(is_known("setp.lt.b32", 3));
  CHECK_FALSE(is_known("setp.lo.s32", 3));
  CHECK_FALSE(is_known("setp.ltu.s32", 3));
  CHECK_FALSE(is_known("setp.eq.ftz.f64", 3));
  CHECK_FALSE(is_known("setp.eq.f16x2", 3));
  CHECK_FALSE(is_known("setp.eq.and.s32", 3));
  CHECK_FALSE(is_known("set.eq.f64.f64", 3));
  CHECK_FALSE(is_known("selp.b8", 4));
}

}  // namespace
}  // namespace lean::simt
