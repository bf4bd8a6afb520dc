// mma against products of matrices that are written down element by element, as in the figures of
// the PTX manual; wmma with its own loads and stores.
#include <cmath>

#include "lane-check.h"
#include "number-formats.h"
#include "simt/memory/device-memory.h"

namespace lean::simt {
namespace {

struct Position {
  int row, column;
};

// Where element i of a lane's fragment of a lies, by the manual's figures for each shape.
Position in_a(int bits, int rows, int lane, int i) {
  const int group = lane >> 2, in_group = lane % 4;
  if (bits == 64)
    return {rows == 8 ? group : group + 8 * (i % 2), in_group + 4 * (rows == 8 ? i : i / 2)};
  if (bits == 32) return {group + 8 * (i % 2), in_group + 4 * (i / 2)};
  if (bits == 16) return {group + ((i / 2) % 2 ? 8 : 0), in_group * 2 + i % 2 + (i >= 4 ? 8 : 0)};
  return {group + ((i / 4) % 2 ? 8 : 0), in_group * 4 + i % 4 + (i >= 8 ? 16 : 0)};
}

Position in_b(int bits, int lane, int i) {
  const int group = lane >> 2, in_group = lane % 4;
  if (bits >= 32) return {in_group + 4 * i, group};
  if (bits == 16) return {in_group * 2 + i % 2 + (i >= 2 ? 8 : 0), group};
  return {in_group * 4 + i % 4 + (i >= 4 ? 16 : 0), group};
}

Position in_c(int lane, int i) { return {(lane >> 2) + (i >= 2 ? 8 : 0), lane % 4 * 2 + i % 2}; }

// A fragment: the registers, each as a pattern of 32 or 64 bits, for the lanes.
using Registers = std::vector<Lanes<uint64_t>>;

// `place` gives an element's position, `bits_at` its pattern.
template <class Place, class Bits>
Registers fragment(int elements, int bits, Place place, Bits bits_at) {
  const int in_register = bits >= 32 ? 1 : 32 / bits;
  Registers registers(elements / in_register, Lanes<uint64_t>{});
  for (int lane = 0; lane < kLanes; ++lane) {
    for (int i = 0; i < elements; ++i) {
      const Position at = place(lane, i);
      registers[i / in_register][lane] |= uint64_t(bits_at(at)) << (bits % 64 * (i % in_register));
    }
  }
  return registers;
}

std::vector<Column> put(TestWarp& warp, const Registers& registers, bool wide) {
  std::vector<Column> columns;
  for (const Lanes<uint64_t>& lanes : registers) {
    if (wide) {
      columns.push_back(warp.put(lanes));
      continue;
    }
    Lanes<uint32_t> narrow;
    for (int i = 0; i < kLanes; ++i) narrow[i] = static_cast<uint32_t>(lanes[i]);
    columns.push_back(warp.put(narrow));
  }
  return columns;
}

uint64_t at(const std::vector<uint64_t>& matrix, int columns, Position p) {
  return matrix[p.row * columns + p.column];
}

// Elements of a and b as patterns of `bits` bits, with their values as T. Of each element of d, the
// sum begins with c and goes along k.
template <class T, class Value>
void check_mma(const std::string& text, int m, int k, int bits, bool half_c, Value value,
               const std::vector<uint64_t>& patterns) {
  INFO(text);
  Random64 random(1);
  for (int round = 0; round < 10; ++round) {
    std::vector<uint64_t> a(m * k), b(k * 8), c(m * 8);
    for (uint64_t& each : a) each = patterns[random() % patterns.size()];
    for (uint64_t& each : b) each = patterns[random() % patterns.size()];
    const int c_bits = half_c ? 16 : 8 * sizeof(T);
    for (uint64_t& each : c) {
      const int number = static_cast<int>(random() % 200) - 100;
      each = half_c ? kF16.rounded(number / 8.0L, Mode::nearest)
                    : bits_of(std::is_integral_v<T> ? T(number) : T(number / T(7)));
    }
    TestWarp warp;
    const auto c_place = [](int lane, int i) { return in_c(lane, i); };
    const auto of_a = fragment(
        m * k / 32, bits, [&](int l, int i) { return in_a(bits, m, l, i); },
        [&](Position p) { return at(a, k, p); });
    const auto of_b = fragment(
        k * 8 / 32, bits, [&](int l, int i) { return in_b(bits, l, i); },
        [&](Position p) { return at(b, 8, p); });
    const auto of_c =
        fragment(m * 8 / 32, c_bits, c_place, [&](Position p) { return at(c, 8, p); });
    const auto c_columns = put(warp, of_c, c_bits == 64);
    // In place, as kernels accumulate.
    run(warp, text,
        {c_columns, put(warp, of_a, bits == 64), put(warp, of_b, bits == 64), c_columns});
    const auto of_d = fragment(m * 8 / 32, c_bits, c_place, [&](Position p) -> uint64_t {
      T sum = half_c ? T(kF16.value(at(c, 8, p))) : as<T>(at(c, 8, p));
      for (int i = 0; i < k; ++i) {
        const T x = value(at(a, k, {p.row, i})), y = value(at(b, 8, {i, p.column}));
        if constexpr (std::is_integral_v<T>) {
          sum += x * y;
        } else {
          sum = std::fma(x, y, sum);
        }
      }
      return half_c ? kF16.rounded(static_cast<long double>(sum), Mode::nearest) : bits_of(sum);
    });
    for (size_t r = 0; r < of_d.size(); ++r) {
      for (int lane = 0; lane < kLanes; ++lane) {
        const uint64_t result = c_bits == 64 ? warp.get<uint64_t>(c_columns[r])[lane]
                                             : warp.get<uint32_t>(c_columns[r])[lane];
        CHECK(result == of_d[r][lane]);
      }
    }
  }
}

std::vector<uint64_t> halves(const NumberFormat& format) {
  std::vector<uint64_t> patterns;
  for (const long double x : {0.0L, 1.0L, -1.0L, 0.3L, -2.7L, 5.11L, 0.001L, 1e-7L}) {
    patterns.push_back(format.rounded(x, Mode::nearest));
  }
  return patterns;
}

TEST_CASE("mma of half precision") {
  const auto f16 = [](uint64_t bits) { return static_cast<float>(kF16.value(bits)); };
  const auto bf16 = [](uint64_t bits) { return static_cast<float>(kBf16.value(bits)); };
  for (const int k : {8, 16}) {
    const std::string start = "mma.sync.aligned.m16n8k" + std::to_string(k) + ".row.col.";
    check_mma<float>(start + "f32.bf16.bf16.f32", 16, k, 16, false, bf16, halves(kBf16));
    check_mma<float>(start + "f32.f16.f16.f32", 16, k, 16, false, f16, halves(kF16));
    check_mma<float>(start + "f16.f16.f16.f16", 16, k, 16, true, f16, halves(kF16));
  }
}

TEST_CASE("mma of tf32 ignores the bits below") {
  std::vector<uint64_t> patterns = halves(kF32);
  patterns.push_back(0x3f801fff);
  for (const int k : {4, 8}) {
    check_mma<float>(
        "mma.sync.aligned.m16n8k" + std::to_string(k) + ".row.col.f32.tf32.tf32.f32", 16, k, 32,
        false, [](uint64_t bits) { return as<float>(bits & 0xffffe000); }, patterns);
  }
}

TEST_CASE("mma of double precision") {
  const std::vector<uint64_t> patterns{bits_of(0.1), bits_of(-3.7), bits_of(0.0), bits_of(1e-9)};
  const auto value = [](uint64_t bits) { return as<double>(bits); };
  const std::string end = ".row.col.f64.f64.f64.f64";
  check_mma<double>("mma.sync.aligned.m8n8k4" + end, 8, 4, 64, false, value, patterns);
  for (const int k : {4, 8, 16}) {
    check_mma<double>("mma.sync.aligned.m16n8k" + std::to_string(k) + end, 16, k, 64, false, value,
                      patterns);
  }
}

TEST_CASE("mma of bytes") {
  const std::vector<uint64_t> patterns{0, 1, 255, 128, 127, 77, 200};
  for (const int k : {16, 32}) {
    const std::string start = "mma.sync.aligned.m16n8k" + std::to_string(k) + ".row.col.s32.";
    check_mma<int32_t>(
        start + "s8.s8.s32", 16, k, 8, false, [](uint64_t bits) { return int32_t(int8_t(bits)); },
        patterns);
    check_mma<int32_t>(
        start + "u8.u8.s32", 16, k, 8, false, [](uint64_t bits) { return int32_t(bits); },
        patterns);
  }
}

// a is signed and b is not, or the other way round. Small products: the order does not matter.
TEST_CASE("mma of bytes with and without sign") {
  const auto one = [](const std::string& types, uint8_t a, uint8_t b) {
    TestWarp warp;
    Lanes<uint32_t> zeros{}, all_a, all_b;
    all_a.fill(a * 0x01010101u);
    all_b.fill(b * 0x01010101u);
    const std::vector<Column> of_a(4, warp.put(all_a)), of_b(2, warp.put(all_b));
    std::vector<Column> d;
    for (int i = 0; i < 4; ++i) d.push_back(warp.put(zeros));
    const std::vector<Column> c(4, warp.put(zeros));
    run(warp, "mma.sync.aligned.m16n8k32.row.col.s32." + types + ".s32", {d, of_a, of_b, c});
    return warp.get<int32_t>(d[3])[17];
  };
  CHECK(one("s8.u8", 0xff, 0xff) == -255 * 32);
  CHECK(one("u8.s8", 0xff, 0xff) == -255 * 32);
  CHECK(one("s8.s8", 0xff, 0xff) == 32);
  CHECK(one("u8.u8", 0xff, 0xff) == 255 * 255 * 32);
}

TEST_CASE("mma needs the whole warp") {
  TestWarp warp;
  const std::vector<Column> four(4, warp.put(Lanes<uint32_t>{}));
  const std::vector<Column> two(2, four[0]);
  const std::string text = "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32";
  CHECK((run(warp, text, {four, four, two, four}, 0x7fffffff) == Flow::wait));
  warp.warp.alive = 0x7fffffff;
  CHECK_THROWS_AS(run(warp, text, {four, four, two, four}, 0x7fffffff), Fault);
}

TEST_CASE("mma forms that are not known are refused") {
  CHECK_FALSE(is_known("mma.sync.aligned.m8n8k4.row.col.f32.f16.f16.f32", 14));
  CHECK_FALSE(is_known("mma.sync.aligned.m16n8k16.row.row.f32.bf16.bf16.f32", 14));
  CHECK_FALSE(is_known("mma.sync.aligned.m16n8k16.row.col.f16.bf16.bf16.f16", 10));
  CHECK_FALSE(is_known("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", 13));
  CHECK_FALSE(is_known("mma.sp.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", 14));
}

}  // namespace
}  // namespace lean::simt
