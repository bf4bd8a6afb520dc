// .f16 and .bf16 arithmetic: exact values, rounded once by the definition of the format.
#include <cmath>

#include "lane-check.h"
#include "number-formats.h"

namespace lean::simt {
namespace {

using H = uint16_t;
using U = uint32_t;
using Exact = __float128;

// A form of an instruction: its modifiers, and what they do to operands and results.
struct Form {
  const NumberFormat* format;
  std::string suffix;  // ".ftz.f16"
  bool ftz = false, sat = false, relu = false;

  H flushed(H bits) const {
    const bool is_subnormal = (bits & format->infinity()) == 0;
    return ftz && is_subnormal ? bits & 0x8000 : bits;
  }
  Exact value(H bits) const { return format->value(flushed(bits)); }
  H finish(Exact exact) const {
    const bool is_nan = exact != exact;
    if (sat) exact = is_nan || exact <= 0 ? Exact(0) : exact > 1 ? Exact(1) : exact;
    H bits = flushed(static_cast<H>(format->rounded(exact, Mode::nearest)));
    if (relu && !is_nan && (bits & 0x8000)) bits = 0;
    return bits;
  }
};

// Each form is checked as a single number and as a pair.
template <class F, class... Ignored>
void check_unary(const std::string& opcode, const std::string& suffix, F reference) {
  check_lanes<H, H>(opcode + suffix, reference);
  check_lanes<U, U>(opcode + suffix + "x2",
                    [&](U a) { return U(reference(H(a))) | U(reference(H(a >> 16))) << 16; });
}

template <class F>
void check_binary(const std::string& opcode, const std::string& suffix, F reference) {
  check_lanes<H, H, H>(opcode + suffix, reference);
  check_lanes<U, U, U>(opcode + suffix + "x2", [&](U a, U b) {
    return U(reference(H(a), H(b))) | U(reference(H(a >> 16), H(b >> 16))) << 16;
  });
}

template <class F>
void check_ternary(const std::string& opcode, const std::string& suffix, F reference) {
  const CheckOptions many{.rounds = 300};
  check_lanes<H, H, H, H>(opcode + suffix, reference, many);
  check_lanes<U, U, U, U>(
      opcode + suffix + "x2",
      [&](U a, U b, U c) {
        return U(reference(H(a), H(b), H(c))) | U(reference(H(a >> 16), H(b >> 16), H(c >> 16)))
                                                    << 16;
      },
      many);
}

const Form kForms[] = {
    {&kF16, ".f16"},
    {&kF16, ".ftz.f16", true},
    {&kF16, ".sat.f16", false, true},
    {&kF16, ".ftz.sat.f16", true, true},
    {&kBf16, ".bf16"},
};

bool is_number(Exact x) { return x == x && x < INFINITY && x > -INFINITY; }

// p + c, exactly but for what is too small to matter: then only its sign is kept.
Exact sum(Exact p, Exact c) {
  if (!is_number(p) || !is_number(c) || p == 0 || c == 0) return p + c;
  const Exact large = (p < 0 ? -p : p) > (c < 0 ? -c : c) ? p : c;
  const Exact small = large == p ? c : p;
  const Exact ratio = large / small;
  if ((ratio < 0 ? -ratio : ratio) < Exact(0x1p90)) return p + c;
  return (large < 0) == (small < 0) ? large * (1 + Exact(0x1p-80)) : large * (1 - Exact(0x1p-80));
}

TEST_CASE("half arithmetic is rounded once") {
  for (const Form& f : kForms) {
    for (const char* rn : {"", ".rn"}) {
      check_binary(std::string("add") + rn, f.suffix,
                   [&](H a, H b) { return f.finish(sum(f.value(a), f.value(b))); });
      check_binary(std::string("sub") + rn, f.suffix,
                   [&](H a, H b) { return f.finish(sum(f.value(a), -f.value(b))); });
      check_binary(std::string("mul") + rn, f.suffix,
                   [&](H a, H b) { return f.finish(f.value(a) * f.value(b)); });
    }
  }
}

TEST_CASE("half fma is rounded once") {
  Form forms[] = {
      {&kF16, ".rn.relu.f16", false, false, true},
      {&kF16, ".rn.ftz.relu.f16", true, false, true},
      {&kBf16, ".rn.relu.bf16", false, false, true},
  };
  const auto check = [](const Form& f) {
    check_ternary("fma", f.suffix, [&](H a, H b, H c) {
      return f.finish(sum(f.value(a) * f.value(b), f.value(c)));
    });
  };
  for (const Form& f : forms) check(f);
  for (Form f : kForms) {
    f.suffix = ".rn" + f.suffix;
    check(f);
  }
}

TEST_CASE("an fma that goes through double would be rounded twice") {
  // 1 + 2^-8 is the middle between two numbers; the addend is what decides.
  TestWarp warp;
  Lanes<H> a, b, c;
  a.fill(0x3f80 + 0x08);  // 1.0625
  b.fill(0x3f80 + 0x08);
  c.fill(0x0080);  // 2^-126
  const Column to = warp.put(a);
  run(warp, "fma.rn.bf16", {to, warp.put(a), warp.put(b), warp.put(c)});
  // 1.0625^2 = 1.12890625 = 144.5 / 128: a tie, which the addend breaks upwards.
  CHECK(warp.get<H>(to)[0] == 0x3f91);
  c.fill(0x8080);
  run(warp, "fma.rn.bf16", {to, warp.put(a), warp.put(b), warp.put(c)});
  CHECK(warp.get<H>(to)[0] == 0x3f90);
}

TEST_CASE("half signs") {
  const Form ftz = kForms[1];
  for (const std::string type : {".f16", ".bf16"}) {
    check_unary("abs", type, [](H a) { return H(a & 0x7fff); });
    check_unary("neg", type, [](H a) { return H(a ^ 0x8000); });
  }
  check_unary("abs", ".ftz.f16", [&](H a) { return H(ftz.flushed(a) & 0x7fff); });
  check_unary("neg", ".ftz.f16", [&](H a) { return H(ftz.flushed(a) ^ 0x8000); });
}

TEST_CASE("half min and max") {
  for (int form = 0; form < 32; ++form) {
    const bool maximum = form & 1, nan = form & 2, xorsign = form & 4, ftz = form & 8;
    const bool bf16 = form & 16;
    if (bf16 && ftz) continue;
    const Form f{bf16 ? &kBf16 : &kF16, "", ftz};
    const std::string suffix = std::string(ftz ? ".ftz" : "") + (nan ? ".NaN" : "") +
                               (xorsign ? ".xorsign.abs" : "") + (bf16 ? ".bf16" : ".f16");
    const auto choose = [&](H a, H b) -> H {
      const bool a_nan = (a & 0x7fff) > f.format->infinity();
      const bool b_nan = (b & 0x7fff) > f.format->infinity();
      if ((a_nan && b_nan) || (nan && (a_nan || b_nan))) return 0x7fff;
      if (a_nan || b_nan) return a_nan ? b : a;
      // Sign and magnitude as an integer; -0 is below +0.
      const auto rank = [](H x) { return x & 0x8000 ? -int(x & 0x7fff) - 1 : int(x); };
      return (rank(a) < rank(b)) == maximum ? b : a;
    };
    check_binary(maximum ? "max" : "min", suffix, [&](H a, H b) -> H {
      a = f.flushed(a);
      b = f.flushed(b);
      if (!xorsign) return choose(a, b);
      const H magnitude = choose(a & 0x7fff, b & 0x7fff);
      if (magnitude == 0x7fff) return magnitude;
      return magnitude | ((a ^ b) & 0x8000);
    });
  }
}

// Within one unit of the last place: PTX allows more.
template <class Function>
void check_approximation(const std::string& text, const Form& f, Function function) {
  for (U first = 0; first < 0x10000; first += 32) {
    TestWarp warp;
    Lanes<H> in;
    for (int i = 0; i < kLanes; ++i) in[i] = H(first + i);
    const Column to = warp.put(in);
    run(warp, text, {to, warp.put(in)});
    for (int i = 0; i < kLanes; ++i) {
      const H wanted = f.finish(function(static_cast<long double>(f.value(in[i]))));
      const H result = warp.get<H>(to)[i];
      INFO(text << " of " << in[i] << " is " << result);
      CHECK(std::abs(int(result) - int(wanted)) <= 1);
    }
  }
}

TEST_CASE("half ex2 and tanh, of every number") {
  const auto exp2 = [](long double x) { return std::exp2(x); };
  const auto tanh = [](long double x) { return std::tanh(x); };
  check_approximation("ex2.approx.f16", kForms[0], exp2);
  check_approximation("ex2.approx.ftz.bf16", Form{&kBf16, "", true}, exp2);
  check_approximation("tanh.approx.f16", kForms[0], tanh);
  check_approximation("tanh.approx.bf16", kForms[4], tanh);
  CHECK(is_known("ex2.approx.f16x2", 2));
  CHECK(is_known("ex2.approx.ftz.bf16x2", 2));
  CHECK(is_known("tanh.approx.bf16x2", 2));
}

TEST_CASE("half forms that PTX does not have are refused") {
  CHECK_FALSE(is_known("add.ftz.bf16", 3));
  CHECK_FALSE(is_known("add.rz.f16", 3));
  CHECK_FALSE(is_known("add.relu.f16", 3));
  CHECK_FALSE(is_known("fma.f16", 4));
  CHECK_FALSE(is_known("fma.rn.sat.relu.f16", 4));
  CHECK_FALSE(is_known("fma.rn.sat.bf16", 4));
  CHECK_FALSE(is_known("fma.rn.oob.f16", 4));
  CHECK_FALSE(is_known("ex2.approx.bf16", 2));
}

}  // namespace
}  // namespace lean::simt
