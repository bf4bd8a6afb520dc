// mov: registers, predicates, vectors.
#include "lane-check.h"

namespace lean::simt {
namespace {

template <class T>
void check_mov(const std::string& type) {
  check_lanes<T, T>("mov." + type, [](T a) { return a; });
}

TEST_CASE("mov of registers and predicates") {
  check_mov<uint16_t>("b16");
  check_mov<uint16_t>("u16");
  check_mov<int16_t>("s16");
  check_mov<uint32_t>("b32");
  check_mov<uint32_t>("u32");
  check_mov<int32_t>("s32");
  check_mov<uint32_t>("f32");
  check_mov<uint64_t>("b64");
  check_mov<uint64_t>("u64");
  check_mov<int64_t>("s64");
  check_mov<uint64_t>("f64");
  check_lanes<Flag, Flag>("mov.pred", [](Flag a) { return a; });
}

// A whole of `count` elements E.
template <class Whole, class E>
void check_vector(const std::string& type) {
  constexpr size_t kCount = sizeof(Whole) / sizeof(E);
  Random64 random(1);
  for (const Mask mask : {kAllLanes, Mask{0x12345678}}) {
    TestWarp warp;
    std::vector<Column> elements, copies;
    std::vector<Lanes<E>> values;
    for (size_t k = 0; k < kCount; ++k) {
      values.push_back(any_lanes<E>(random));
      elements.push_back(warp.put(values[k]));
      copies.push_back(warp.put(Lanes<E>{}));
    }
    const Column whole = warp.put(Lanes<Whole>{});
    run(warp, "mov." + type, {whole, elements}, mask);
    Column sink;
    sink.sink = true;
    copies[0] = sink;
    run(warp, "mov." + type, {copies, whole}, mask);
    for (int i = 0; i < kLanes; ++i) {
      E parts[kCount] = {};
      const Whole joined = warp.get<Whole>(whole)[i];
      std::memcpy(parts, &joined, sizeof joined);
      for (size_t k = 0; k < kCount; ++k) {
        const E wanted = (mask >> i & 1) ? values[k][i] : E{0};
        CHECK(parts[k] == wanted);
        if (k > 0) CHECK(warp.get<E>(copies[k])[i] == wanted);
      }
    }
  }
}

TEST_CASE("mov packs and unpacks") {
  check_vector<uint16_t, uint8_t>("b16");
  check_vector<uint32_t, uint16_t>("b32");
  check_vector<uint32_t, uint8_t>("b32");
  check_vector<uint64_t, uint32_t>("b64");
  check_vector<uint64_t, uint16_t>("b64");
}

TEST_CASE("mov of 128 bits") {
  Random64 random(1);
  TestWarp warp;
  const auto low = any_lanes<uint64_t>(random), high = any_lanes<uint64_t>(random);
  Column first = warp.put(low), whole = warp.put(low), second = warp.put(low), copy = warp.put(low);
  warp.put(low);  // `copy` has 16 bytes a lane, as `whole` has
  const Column to[] = {warp.put(high), warp.put(low)};
  first = warp.put(low);
  second = warp.put(high);
  run(warp, "mov.b128", {whole, std::vector<Column>{first, second}});
  run(warp, "mov.b128", {copy, whole});
  run(warp, "mov.b128", {std::vector<Column>{to[0], to[1]}, copy});
  CHECK(warp.get<uint64_t>(to[0]) == low);
  CHECK(warp.get<uint64_t>(to[1]) == high);
}

TEST_CASE("a constant") {
  TestWarp warp;
  const Column to = warp.put(Lanes<uint64_t>{});
  run(warp, "mov.u64", {to, warp.constant(uint64_t{0x123456789abc})}, 0xff);
  CHECK(warp.get<uint64_t>(to)[7] == 0x123456789abc);
  CHECK(warp.get<uint64_t>(to)[8] == 0);
}

TEST_CASE("moves that PTX does not have are refused") {
  CHECK_FALSE(is_known("mov.b8", 2));
  CHECK_FALSE(is_known("mov.foo.b32", 2));
  TestWarp warp;
  const Column column = warp.put(Lanes<uint32_t>{});
  const std::vector<Column> three(3, column);
  const bool known = TestInstruction("mov.b32", {column, three}).instruction.execute != nullptr;
  CHECK_FALSE(known);
}

}  // namespace
}  // namespace lean::simt
