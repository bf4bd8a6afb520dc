// Instructions by which the lanes of a warp exchange something.
#include "lane-check.h"

namespace lean::simt {
namespace {

using U = uint32_t;

// The pseudocode of shfl in the PTX manual.
struct Source {
  int lane;
  bool inside;
};
Source source_of(const std::string& mode, int lane, U b, U c) {
  const int bval = b & 31, cval = c & 31, mask = c >> 8 & 31;
  const int max_lane = (lane & mask) | (cval & ~mask), min_lane = lane & mask;
  int j = 0;
  bool inside = false;
  if (mode == "up") j = lane - bval, inside = j >= max_lane;
  if (mode == "down") j = lane + bval, inside = j <= max_lane;
  if (mode == "bfly") j = lane ^ bval, inside = j <= max_lane;
  if (mode == "idx") j = min_lane | (bval & ~mask), inside = j <= max_lane;
  return {inside ? j : lane, inside};
}

TEST_CASE("shfl in segments of every width") {
  Random64 random(1);
  for (const std::string mode : {"up", "down", "bfly", "idx"}) {
    for (const U width : {32u, 16u, 8u, 4u, 2u, 1u}) {
      for (U b = 0; b < 34; ++b) {
        const U c = (32 - width) << 8 | (mode == "up" ? 0 : 31);
        TestWarp warp;
        const auto values = any_lanes<U>(random);
        Lanes<U> amounts;
        for (int i = 0; i < kLanes; ++i) amounts[i] = mode == "idx" ? (b + 3 * i) % 32 : b;
        const Column to = warp.put(values), p = warp.predicate(0);
        run(warp, "shfl.sync." + mode + ".b32",
            {std::vector<Column>{to, p}, to, warp.put(amounts), warp.constant(c),
             warp.constant(kAllLanes)});
        for (int i = 0; i < kLanes; ++i) {
          const Source from = source_of(mode, i, amounts[i], c);
          CHECK(warp.get<U>(to)[i] == values[from.lane]);
          CHECK((warp.get_predicate(p) >> i & 1) == from.inside);
        }
      }
    }
  }
}

TEST_CASE("groups with masks of their own shuffle at once") {
  TestWarp warp;
  Lanes<U> values, masks;
  for (int i = 0; i < kLanes; ++i) {
    values[i] = i;
    masks[i] = i < 16 ? 0x0000ffff : 0xffff0000;
  }
  const Column to = warp.put(values);
  run(warp, "shfl.sync.bfly.b32",
      {to, to, warp.constant(1u), warp.constant(0x101fu), warp.put(masks)});
  for (int i = 0; i < kLanes; ++i) CHECK(warp.get<U>(to)[i] == U(i ^ 1));
}

FaultKind fault_of(TestWarp& warp, const std::string& text,
                   const std::vector<TestOperand>& operands, Mask mask) {
  try {
    run(warp, text, operands, mask);
  } catch (const Fault& fault) {
    return fault.kind();
  }
  return FaultKind::unsupported;
}

TEST_CASE("lanes that a mask names must be there") {
  TestWarp warp;
  const Column to = warp.put(Lanes<U>{});
  const std::vector<TestOperand> shuffle{to, to, warp.constant(1u), warp.constant(31u),
                                         warp.constant(0xffffu)};
  // Others may still come.
  CHECK((run(warp, "shfl.sync.bfly.b32", shuffle, 0x00ff) == Flow::wait));
  CHECK((run(warp, "shfl.sync.bfly.b32", shuffle, 0xffff) == Flow::next));
  // Lane 16 is not named.
  CHECK((fault_of(warp, "shfl.sync.bfly.b32", shuffle, 0x1ffff) == FaultKind::bad_warp_operation));
  // Lane 9 has exited.
  warp.warp.alive = ~Mask{0x200};
  CHECK((fault_of(warp, "shfl.sync.bfly.b32", shuffle, 0xfdff) == FaultKind::bad_warp_operation));
}

TEST_CASE("a shuffle must not read a lane that takes no part") {
  TestWarp warp;
  const Column to = warp.put(Lanes<U>{});
  const std::vector<TestOperand> shuffle{to, to, warp.constant(8u), warp.constant(31u),
                                         warp.constant(0xffffu)};
  CHECK((fault_of(warp, "shfl.sync.down.b32", shuffle, 0xffff) == FaultKind::bad_warp_operation));
}

TEST_CASE("groups that are complete go on while others wait") {
  TestWarp warp;
  Lanes<U> masks;
  for (int i = 0; i < kLanes; ++i) masks[i] = i < 16 ? 0x0000ffff : 0xffff0000;
  const Column to = warp.put(Lanes<U>{});
  warp.warp.running = 0x00ffffff;
  const Flow flow =
      run(warp, "redux.sync.add.u32", {to, warp.constant(1u), warp.put(masks)}, 0x00ffffff);
  CHECK((flow == Flow::moved));
  CHECK(warp.get<U>(to)[3] == 16);
  CHECK(warp.get<U>(to)[20] == 0);
  CHECK(warp.warp.running == 0x0000ffff);
  REQUIRE(warp.warp.parked.size() == 1);
  CHECK(warp.warp.parked[0].lanes == 0x00ff0000);
  CHECK(warp.warp.parked[0].pc + 1 == warp.warp.pc);
}

TEST_CASE("votes") {
  for (const Mask votes : {Mask{0}, kAllLanes, Mask{0x00f0}, Mask{0xff00ffff}}) {
    for (const Mask members : {kAllLanes, Mask{0x00f0}, Mask{0xffff}}) {
      TestWarp warp;
      const Column in = warp.predicate(votes), p = warp.predicate(0);
      const Column to = warp.put(Lanes<U>{}), mask = warp.constant(members);
      const Mask yes = votes & members;
      const auto result = [&](const std::string& mode) {
        run(warp, "vote.sync." + mode + ".pred", {p, in, mask}, members);
        return warp.get_predicate(p);
      };
      CHECK(result("all") == (yes == members ? members : 0));
      CHECK(result("any") == (yes != 0 ? members : 0));
      CHECK(result("uni") == (yes == members || yes == 0 ? members : 0));
      run(warp, "vote.sync.ballot.b32", {to, in, mask}, members);
      for (int i = 0; i < kLanes; ++i) {
        CHECK(warp.get<U>(to)[i] == ((members >> i & 1) ? yes : 0));
      }
    }
  }
}

template <class T>
void check_match(const std::string& type) {
  Random64 random(1);
  for (const Mask members : {kAllLanes, Mask{0xf0f0f0f1}}) {
    for (const int values : {1, 2, 5}) {
      TestWarp warp;
      Lanes<T> in;
      for (T& each : in) each = static_cast<T>((random() % values) << (8 * sizeof(T) - 4));
      const Column to = warp.put(Lanes<U>{}), from = warp.put(in), p = warp.predicate(0);
      const Column mask = warp.constant(members);
      run(warp, "match.any.sync." + type, {to, from, mask}, members);
      bool all = true;
      for (int i = 0; i < kLanes; ++i) {
        Mask same = 0;
        for (int k = 0; k < kLanes; ++k) same |= Mask{in[i] == in[k]} << k;
        if (!(members >> i & 1)) continue;
        CHECK(warp.get<U>(to)[i] == (same & members));
        all = all && (same & members) == members;
      }
      run(warp, "match.all.sync." + type, {std::vector<Column>{to, p}, from, mask}, members);
      CHECK(warp.get<U>(to)[0] == (all ? members : 0));
      CHECK(warp.get_predicate(p) == (all ? members : 0));
      run(warp, "match.all.sync." + type, {to, from, mask}, members);
      CHECK(warp.get<U>(to)[0] == (all ? members : 0));
    }
  }
}

TEST_CASE("match") {
  check_match<uint32_t>("b32");
  check_match<uint64_t>("b64");
}

template <class T, class F>
void check_redux(const std::string& text, F combine) {
  Random64 random(1);
  for (const Mask members : {kAllLanes, Mask{0x80000000}, Mask{0x0ff0f00f}}) {
    TestWarp warp;
    const auto in = any_lanes<T>(random);
    const Column to = warp.put(Lanes<T>{});
    run(warp, text, {to, warp.put(in), warp.constant(members)}, members);
    bool first = true;
    T total = 0;
    for (int i = 0; i < kLanes; ++i) {
      if (!(members >> i & 1)) continue;
      total = first ? in[i] : combine(total, in[i]);
      first = false;
    }
    for (int i = 0; i < kLanes; ++i) {
      CHECK(warp.get<T>(to)[i] == ((members >> i & 1) ? total : 0));
    }
  }
}

TEST_CASE("redux") {
  using I = int32_t;
  check_redux<U>("redux.sync.add.u32", [](U a, U b) { return a + b; });
  check_redux<I>("redux.sync.add.s32", [](I a, I b) { return I(U(a) + U(b)); });
  check_redux<U>("redux.sync.min.u32", [](U a, U b) { return std::min(a, b); });
  check_redux<I>("redux.sync.min.s32", [](I a, I b) { return std::min(a, b); });
  check_redux<U>("redux.sync.max.u32", [](U a, U b) { return std::max(a, b); });
  check_redux<I>("redux.sync.max.s32", [](I a, I b) { return std::max(a, b); });
  check_redux<U>("redux.sync.and.b32", [](U a, U b) { return a & b; });
  check_redux<U>("redux.sync.or.b32", [](U a, U b) { return a | b; });
  check_redux<U>("redux.sync.xor.b32", [](U a, U b) { return a ^ b; });
}

TEST_CASE("activemask and elect") {
  TestWarp warp;
  const Column to = warp.put(Lanes<U>{}), p = warp.predicate(0);
  run(warp, "activemask.b32", {to}, 0x00f0);
  CHECK(warp.get<U>(to)[4] == 0x00f0);
  CHECK(warp.get<U>(to)[0] == 0);
  run(warp, "elect.sync", {std::vector<Column>{to, p}, warp.constant(Mask{0x0f00})}, 0x0f00);
  CHECK(warp.get<U>(to)[11] == 8);
  CHECK(warp.get_predicate(p) == 0x0100);
}

TEST_CASE("warp operations that PTX does not have are refused") {
  CHECK_FALSE(is_known("shfl.bfly.b32", 5));
  CHECK_FALSE(is_known("shfl.sync.bfly.b64", 5));
  CHECK_FALSE(is_known("vote.ballot.b32", 3));
  CHECK_FALSE(is_known("redux.sync.add.b32", 3));
  CHECK_FALSE(is_known("redux.sync.min.f32", 3));
  CHECK_FALSE(is_known("match.any.sync.b16", 3));
}

}  // namespace
}  // namespace lean::simt
