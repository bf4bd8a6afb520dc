// Divergence, barriers, clusters, launches.
#include <doctest/doctest.h>

#include <numeric>

#include "ptx-kernel.h"

using namespace lean::simt;

namespace {

// Calls `body` in each scheduling order.
template <class Body>
void in_every_order(Body body) {
  const Options before = options();
  for (const auto order :
       {Options::Order::forward, Options::Order::reverse, Options::Order::random}) {
    for (const uint64_t seed : {1, 2, 3}) {
      options().order = order;
      options().seed = seed;
      CAPTURE(static_cast<int>(order));
      CAPTURE(seed);
      body();
      if (order != Options::Order::random) break;
    }
  }
  options() = before;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const char* const kStoreThread = R"(
  .reg .b32 %r<8>;
  .reg .b64 %rd<8>;
  ld.param.u64 %rd1, [out];
  mov.u32 %r1, %tid.x;
  mov.u32 %r2, %ctaid.x;
  mov.u32 %r3, %ntid.x;
  mad.lo.s32 %r4, %r2, %r3, %r1;
  mul.wide.u32 %rd2, %r4, 4;
  add.s64 %rd3, %rd1, %rd2;
  st.global.u32 [%rd3], %r4;
  ret;
)";

}  // namespace

TEST_CASE("every thread of a grid runs once") {
  in_every_order([] {
    DeviceArray<uint32_t> out(1000);
    PtxKernel kernel(".param .u64 out", kStoreThread);
    kernel({10}, {100}, {out.address()});
    std::vector<uint32_t> expected(1000);
    std::iota(expected.begin(), expected.end(), 0u);
    CHECK(out.values() == expected);
  });
}

TEST_CASE("a store past the end names the place") {
  DeviceArray<uint32_t> out(999);
  PtxKernel kernel(".param .u64 out", kStoreThread);
  const std::string report = kernel.fault({10}, {100}, {out.address()});
  CAPTURE(report);
  CHECK(contains(report, "out of bounds: a write of 4 bytes"));
  CHECK(contains(report, "allocation of 3996 bytes"));
  CHECK(contains(report, "block (9,0,0) thread (99,0,0)"));
  CHECK(contains(report, "st.global.u32 [%rd3], %r4"));
}

TEST_CASE("lanes that diverge meet again") {
  in_every_order([] {
    DeviceArray<uint32_t> out(64);
    // Each lane loops %tid times; then all vote.
    PtxKernel kernel(".param .u64 out", R"(
      .reg .pred %p<3>;
      .reg .b32 %r<9>;
      .reg .b64 %rd<5>;
      mov.u32 %r1, %tid.x;
      mov.u32 %r2, 0;
      mov.u32 %r3, 0;
    LOOP:
      setp.ge.u32 %p1, %r2, %r1;
      @%p1 bra DONE;
      add.u32 %r3, %r3, %r2;
      add.u32 %r2, %r2, 1;
      bra.uni LOOP;
    DONE:
      bar.warp.sync -1;
      ld.param.u64 %rd1, [out];
      mul.wide.u32 %rd2, %r1, 4;
      add.s64 %rd3, %rd1, %rd2;
      st.global.u32 [%rd3], %r3;
    )");
    kernel({1}, {64}, {out.address()});
    for (uint32_t i = 0; i < 64; ++i) CHECK(out.values()[i] == (i == 0 ? 0 : i * (i - 1) / 2));
  });
}

TEST_CASE("blocks share memory across barriers") {
  in_every_order([] {
    DeviceArray<uint32_t> out(256);
    PtxKernel kernel(".param .u64 out", R"(
      .shared .align 4 .b8 tile[1024];
      .reg .b32 %r<9>;
      .reg .b64 %rd<5>;
      mov.u32 %r1, %tid.x;
      mov.u32 %r2, tile;
      shl.b32 %r3, %r1, 2;
      add.u32 %r4, %r2, %r3;
      st.shared.u32 [%r4], %r1;
      bar.sync 0;
      xor.b32 %r5, %r3, 1020;
      add.u32 %r6, %r2, %r5;
      ld.shared.u32 %r7, [%r6];
      ld.param.u64 %rd1, [out];
      mul.wide.u32 %rd2, %r1, 4;
      add.s64 %rd3, %rd1, %rd2;
      st.global.u32 [%rd3], %r7;
    )");
    kernel({1}, {256}, {out.address()});
    for (uint32_t i = 0; i < 256; ++i) CHECK(out.values()[i] == 255 - i);
  });
}

TEST_CASE("shared memory that nothing has written is not read") {
  in_every_order([] {
    PtxKernel kernel("", R"(
      .shared .align 4 .b8 tile[1024];
      .reg .b32 %r<9>;
      ld.shared.u32 %r1, [tile+16];
    )");
    CHECK(contains(kernel.fault({1}, {32}), "uninitialized: a read of 4 bytes"));
  });
}

TEST_CASE("a barrier that a part of a warp reaches") {
  in_every_order([] {
    PtxKernel kernel("", R"(
      .reg .pred %p<2>;
      .reg .b32 %r<9>;
      mov.u32 %r1, %tid.x;
      setp.lt.u32 %p1, %r1, 7;
      @%p1 bra SKIP;
      bar.sync 0;
    SKIP:
      bar.sync 1;
    )");
    const std::string report = kernel.fault({1}, {64});
    CAPTURE(report);
    CHECK(contains(report, "divergent barrier"));
  });
}

TEST_CASE("threads that exit while others wait for the block") {
  in_every_order([] {
    PtxKernel kernel("", R"(
      .reg .pred %p<2>;
      .reg .b32 %r<9>;
      mov.u32 %r1, %tid.x;
      setp.lt.u32 %p1, %r1, 32;
      @%p1 ret;
      bar.sync 0;
    )");
    const std::string report = kernel.fault({1}, {64});
    CAPTURE(report);
    CHECK(contains(report, "divergent barrier"));
    CHECK(contains(report, "exit"));
  });
}

TEST_CASE("one barrier at two places") {
  in_every_order([] {
    PtxKernel kernel("", R"(
      .reg .pred %p<2>;
      .reg .b32 %r<9>;
      mov.u32 %r1, %tid.x;
      setp.lt.u32 %p1, %r1, 32;
      @%p1 bra OTHER;
      bar.sync 0;
      ret;
    OTHER:
      bar.sync 0;
    )");
    CHECK(contains(kernel.fault({1}, {64}), "while other threads wait for it at"));
  });
}

TEST_CASE("lanes of a warp wait in a loop for each other") {
  in_every_order([] {
    for (const char* who : {"0", "1"}) {
      DeviceArray<uint32_t> flag(std::vector<uint32_t>{0});
      PtxKernel kernel(".param .u64 flag", std::string(R"(
        .reg .pred %p<3>;
        .reg .b32 %r<9>;
        .reg .b64 %rd<3>;
        ld.param.u64 %rd1, [flag];
        mov.u32 %r1, %tid.x;
        setp.eq.u32 %p1, %r1, )") + who + R"(;
        @%p1 bra SET;
      SPIN:
        ld.volatile.global.u32 %r2, [%rd1];
        setp.eq.u32 %p2, %r2, 0;
        @%p2 bra SPIN;
        bra END;
      SET:
        nanosleep.u32 20;
        st.volatile.global.u32 [%rd1], 1;
      END:
        bar.warp.sync 3;
      )");
      kernel({1}, {2}, {flag.address()});
      CHECK(flag.values()[0] == 1);
    }
  });
}

TEST_CASE("nobody can go on") {
  in_every_order([] {
    PtxKernel kernel("", R"(
      .reg .pred %p<2>;
      .reg .b32 %r<9>;
      mov.u32 %r1, %tid.x;
      setp.lt.u32 %p1, %r1, 32;
      @%p1 bra OTHER;
      bar.sync 1, 64;
      ret;
    OTHER:
      bar.sync 2, 64;
    )");
    const std::string report = kernel.fault({1}, {64});
    CAPTURE(report);
    CHECK(contains(report, "deadlock: no thread can go on"));
    CHECK(contains(report, "32 wait at"));
  });
}

TEST_CASE("an instruction that nobody knows is refused where it is reached") {
  PtxKernel kernel(".param .u32 go", R"(
    .reg .pred %p<2>;
    .reg .b32 %r<9>;
    .reg .b64 %rd<9>;
    ld.param.u32 %r1, [go];
    setp.eq.u32 %p1, %r1, 0;
    @%p1 bra SKIP;
    tensormap.replace.tile.rank.global.b1024.b32 [%rd1], 3;
  SKIP:
    ret;
  )");
  CHECK(kernel.fault({1}, {32}, {0}) == "");
  const std::string report = kernel.fault({1}, {32}, {1});
  CHECK(contains(report, "unsupported"));
  CHECK(contains(report, "tensormap.replace.tile.rank.global.b1024.b32 [%rd1], 3"));
}

TEST_CASE("cp.async lands when it is waited for") {
  std::vector<uint32_t> values(128);
  std::iota(values.begin(), values.end(), 0u);
  const auto text = [](const char* wait) {
    return std::string(R"(
      .shared .align 16 .b8 tile[512];
      .reg .b32 %r<12>;
      .reg .b64 %rd<9>;
      ld.param.u64 %rd1, [in];
      ld.param.u64 %rd2, [out];
      mov.u32 %r1, %tid.x;
      shl.b32 %r2, %r1, 4;
      mov.u32 %r3, tile;
      add.u32 %r4, %r3, %r2;
      cvt.u64.u32 %rd3, %r2;
      add.s64 %rd4, %rd1, %rd3;
      cp.async.cg.shared.global [%r4], [%rd4], 16;
      cp.async.commit_group;
    )") + wait +
           R"(
      ld.shared.v4.u32 {%r5, %r6, %r7, %r8}, [%r4];
      add.s64 %rd5, %rd2, %rd3;
      st.global.v4.u32 [%rd5], {%r5, %r6, %r7, %r8};
    )";
  };
  DeviceArray<uint32_t> in(values), out(128);
  PtxKernel right(".param .u64 in, .param .u64 out", text("cp.async.wait_group 0;"));
  right({1}, {32}, {in.address(), out.address()});
  CHECK(out.values() == values);
  PtxKernel early(".param .u64 in, .param .u64 out", text("cp.async.wait_group 1;"));
  CHECK(contains(early.fault({1}, {32}, {in.address(), out.address()}), "async copy"));
}
