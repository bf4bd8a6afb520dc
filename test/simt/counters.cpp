// Counters of kernels whose traffic is known.
#include "simt/counters/counters.h"

#include <doctest/doctest.h>

#include "ptx-kernel.h"

using namespace lean::simt;

namespace {

// Copies out[i * stride] = in[i * stride] for each thread.
const char* const kCopy = R"(
  .reg .b32 %r<8>;
  .reg .b64 %rd<8>;
  ld.param.u64 %rd1, [in];
  ld.param.u64 %rd2, [out];
  ld.param.u32 %r1, [stride];
  mov.u32 %r2, %tid.x;
  mov.u32 %r3, %ctaid.x;
  mov.u32 %r4, %ntid.x;
  mad.lo.u32 %r5, %r3, %r4, %r2;
  mul.lo.u32 %r6, %r5, %r1;
  mul.wide.u32 %rd3, %r6, 4;
  add.s64 %rd4, %rd1, %rd3;
  add.s64 %rd5, %rd2, %rd3;
  ld.global.u32 %r7, [%rd4];
  st.global.u32 [%rd5], %r7;
)";
const char* const kCopyParameters = ".param .u64 in, .param .u64 out, .param .u32 stride";

LaunchCounters count(PtxKernel& kernel, Dim grid, Dim block,
                     const std::vector<uint64_t>& arguments) {
  const Options before = options();
  options().count = true;
  reset_counters();
  kernel(grid, block, arguments);
  options() = before;
  const std::vector<LaunchCounters> launches = take_counters();
  REQUIRE(launches.size() == 1);
  return launches[0];
}

}  // namespace

TEST_CASE("counters: sectors of neighbouring and of scattered words") {
  DeviceArray<uint32_t> in(std::vector<uint32_t>(8 * 256, 1)), out(8 * 256);
  PtxKernel copy(kCopyParameters, kCopy);
  const LaunchCounters dense = count(copy, {2}, {128}, {in.address(), out.address(), 1});
  CHECK(dense.loads.bytes == 1024);
  CHECK(dense.loads.sectors_requested == 32);
  CHECK(dense.loads.sectors_touched == 32);
  CHECK(dense.loads.used() == 1.0);
  CHECK(dense.stores.sectors_touched == 32);
  const LaunchCounters sparse = count(copy, {2}, {128}, {in.address(), out.address(), 8});
  CHECK(sparse.loads.sectors_requested == 256);
  CHECK(sparse.loads.used() == 0.125);
  const LaunchCounters same = count(copy, {2}, {128}, {in.address(), out.address(), 0});
  CHECK(same.loads.bytes == 8 * 4);
  CHECK(same.loads.sectors_requested == 8);
  CHECK(same.loads.sectors_touched == 1);
}

TEST_CASE("counters: bank conflicts") {
  const auto conflicts = [](uint32_t stride, const char* access) {
    PtxKernel kernel(".param .u32 stride", std::string(R"(
      .shared .align 16 .b8 tile[16384];
      .reg .b32 %r<12>;
      .reg .b64 %rd<4>;
      mov.u32 %r1, %tid.x;
      ld.param.u32 %r2, [stride];
      mul.lo.u32 %r3, %r1, %r2;
      mov.u32 %r4, tile;
      add.u32 %r5, %r4, %r3;
    )") + access);
    const LaunchCounters counters = count(kernel, {1}, {32}, {stride});
    return std::pair(counters.shared_wavefronts, counters.bank_conflicts);
  };
  using Pair = std::pair<uint64_t, uint64_t>;
  const char* word = "st.shared.u32 [%r5], %r1;";
  CHECK(conflicts(4, word) == Pair{1, 0});
  CHECK(conflicts(8, word) == Pair{2, 1});
  CHECK(conflicts(128, word) == Pair{32, 31});
  CHECK(conflicts(132, word) == Pair{1, 0});
  CHECK(conflicts(0, word) == Pair{1, 0});
  CHECK(conflicts(8, "st.shared.u64 [%r5], %rd1;") == Pair{2, 0});
  CHECK(conflicts(16, "st.shared.v4.u32 [%r5], {%r1, %r1, %r1, %r1};") == Pair{4, 0});
  CHECK(conflicts(128, "st.shared.v4.u32 [%r5], {%r1, %r1, %r1, %r1};") == Pair{32, 28});
}

TEST_CASE("counters: instructions and barriers") {
  PtxKernel kernel("", R"(
    .reg .b32 %r<8>;
    .reg .f32 %f<8>;
    mov.f32 %f1, 0f3F800000;
    add.f32 %f2, %f1, %f1;
    mul.f32 %f3, %f2, %f1;
    add.s32 %r1, %r2, %r3;
    cvt.rn.f32.s32 %f4, %r1;
    bar.sync 0;
    ret;
  )");
  const LaunchCounters counters = count(kernel, {3}, {48}, {});
  const auto of = [&](InstructionClass which) {
    return counters.classes[static_cast<size_t>(which)];
  };
  CHECK(counters.warp_instructions == 3 * 2 * 7);
  CHECK(counters.thread_instructions == 3 * 48 * 7);
  CHECK(counters.barriers == 6);
  CHECK(of(InstructionClass::single) == 12);
  CHECK(of(InstructionClass::integer) == 6);
  CHECK(of(InstructionClass::conversion) == 6);
  CHECK(of(InstructionClass::control) == 12);
}

TEST_CASE("counters: launches of the same kernel are added up") {
  DeviceArray<uint32_t> in(std::vector<uint32_t>(256, 1)), out(256);
  PtxKernel copy(kCopyParameters, kCopy);
  const LaunchCounters once = count(copy, {1}, {64}, {in.address(), out.address(), 1});
  const std::vector<LaunchCounters> sums = summed({once, once});
  REQUIRE(sums.size() == 1);
  CHECK(sums[0].launches == 2);
  CHECK(sums[0].loads.bytes == 2 * once.loads.bytes);
  const std::string json = to_json(sums);
  CHECK(json.find("\"kernel\":\"k\"") != std::string::npos);
  CHECK(json.find("\"launches\":2") != std::string::npos);
}
