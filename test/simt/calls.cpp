// Functions that are called: parameters, results, divergence, and what is refused.
#include <doctest/doctest.h>

#include "ptx-kernel.h"
#include "support.h"

using lean::simt::DeviceArray;
using lean::simt::PtxKernel;
using lean::simt::test::in_every_order;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// f(a, b) = 3 a + b, of 64 bits and a structure of 8 bytes of which b is the second half.
const char* const kFunctions = R"(
  .func (.param .b64 func_retval0) triple(.param .b64 triple_param_0)
  {
    .reg .b64 %rd<4>;
    ld.param.u64 %rd1, [triple_param_0];
    mul.lo.s64 %rd2, %rd1, 3;
    st.param.b64 [func_retval0+0], %rd2;
    ret;
  }
  .visible .func (.param .b64 func_retval0) f(
    .param .b64 f_param_0,
    .param .align 4 .b8 f_param_1[8]
  )
  {
    .reg .pred %p<2>;
    .reg .b32 %r<4>;
    .reg .b64 %rd<8>;
    mov.b64 %rd4, f_param_1;
    ld.param.u32 %r1, [%rd4+4];
    ld.param.u64 %rd1, [f_param_0];
    {
      .param .b64 param0;
      st.param.b64 [param0+0], %rd1;
      .param .b64 retval0;
      call.uni (retval0), triple, (param0);
      ld.param.b64 %rd2, [retval0+0];
    }
    cvt.u64.u32 %rd3, %r1;
    add.s64 %rd5, %rd2, %rd3;
    st.param.b64 [func_retval0+0], %rd5;
    ret;
  }
)";

// A call of `callee` with %rd and %r, the result in %rd again.
std::string call(const std::string& result, const std::string& number, const std::string& half) {
  return R"({
      .param .b64 param0;
      st.param.b64 [param0], )" +
         number + R"(;
      .param .align 4 .b8 param1[8];
      st.param.b32 [param1], 99;
      st.param.b32 [param1+4], )" +
         half + R"(;
      .param .b64 retval0;
      call.uni (retval0), f, (param0, param1);
      ld.param.b64 )" +
         result + R"(, [retval0];
    })";
}

const char* const kStart = R"(
    .reg .pred %p<4>;
    .reg .b32 %r<9>;
    .reg .b64 %rd<12>;
    mov.u32 %r1, %tid.x;
    cvt.u64.u32 %rd5, %r1;
    ld.param.u64 %rd1, [out];
    mul.wide.u32 %rd2, %r1, 8;
    add.s64 %rd3, %rd1, %rd2;
)";

}  // namespace

TEST_CASE("calls: parameters, results and calls within calls") {
  in_every_order([] {
    DeviceArray<uint64_t> out(64);
    PtxKernel kernel(".param .u64 out",
                     kStart + call("%rd6", "%rd5", "%r1") + call("%rd7", "%rd6", "7") +
                         "st.global.u64 [%rd3], %rd7;",
                     kFunctions);
    kernel({1}, {64}, {out.address()});
    for (uint64_t i = 0; i < 64; ++i) CHECK(out.values()[i] == 3 * (4 * i) + 7);
  });
}

TEST_CASE("calls: lanes that come from different places") {
  in_every_order([] {
    DeviceArray<uint64_t> out(64);
    PtxKernel kernel(".param .u64 out",
                     kStart + std::string(R"(
      mov.u64 %rd7, 5;
      and.b32 %r2, %r1, 3;
      setp.eq.u32 %p1, %r2, 0;
      setp.eq.u32 %p2, %r2, 1;
      @%p1 bra END;
      @%p2 bra OTHER;
      )") + call("%rd7", "%rd5", "1") +
                         "bra END;\nOTHER:\n" + call("%rd7", "%rd5", "2") + R"(
      END:
      setp.eq.u32 %p3, %r1, %r1;
      vote.sync.ballot.b32 %r4, %p3, -1;
      cvt.u64.u32 %rd8, %r4;
      shl.b64 %rd8, %rd8, 32;
      add.u64 %rd7, %rd7, %rd8;
      st.global.u64 [%rd3], %rd7;)",
                     kFunctions);
    kernel({1}, {64}, {out.address()});
    for (uint64_t i = 0; i < 64; ++i) {
      const uint64_t wanted = i % 4 == 0 ? 5 : 3 * i + (i % 4 == 1 ? 2 : 1);
      CHECK(out.values()[i] == wanted + (uint64_t{0xffffffff} << 32));
    }
  });
}

TEST_CASE("calls: guards, early returns and functions without parameters") {
  in_every_order([] {
    DeviceArray<uint64_t> out(std::vector<uint64_t>(32, 0));
    PtxKernel kernel(".param .u64 out", kStart + std::string(R"(
      setp.lt.u32 %p1, %r1, 8;
      @%p1 call mark;
      setp.lt.u32 %p2, %r1, 4;
      @%p2 call.uni mark;
      )"),
                     R"(
      .global .align 4 .u32 marks;
      .func mark()
      {
        .reg .pred %p<3>;
        .reg .b32 %r<4>;
        .reg .b64 %rd<4>;
        mov.u32 %r1, %tid.x;
        setp.eq.u32 %p1, %r1, 2;
        @%p1 ret;
        mov.u64 %rd1, marks;
        atom.global.add.u32 %r2, [%rd1], 1;
      })");
    kernel({1}, {32}, {out.address()});
    const auto* marks =
        reinterpret_cast<const uint32_t*>(kernel.module().variables.at("marks").address);
    CHECK(*marks == 10);
  });
}

TEST_CASE("calls: a function has shared and local memory of its own") {
  in_every_order([] {
    DeviceArray<uint64_t> out(64);
    PtxKernel kernel(".param .u64 out", kStart + std::string(R"(
      .local .align 4 .b8 depot[8];
      st.local.u32 [depot], 7;
      { call rotate; }
      bar.sync 0;
      ld.local.u32 %r5, [depot];
      mov.u32 %r2, tile;
      shl.b32 %r3, %r1, 2;
      xor.b32 %r3, %r3, 252;
      add.u32 %r2, %r2, %r3;
      ld.shared.u32 %r4, [%r2];
      add.u32 %r4, %r4, %r5;
      cvt.u64.u32 %rd6, %r4;
      st.global.u64 [%rd3], %rd6;)"),
                     R"(
      .shared .align 4 .b8 tile[256];
      .func rotate()
      {
        .local .align 4 .b8 depot[8];
        .reg .b32 %r<6>;
        mov.u32 %r1, %tid.x;
        st.local.u32 [depot], %r1;
        ld.local.u32 %r5, [depot];
        mov.u32 %r2, tile;
        shl.b32 %r3, %r1, 2;
        add.u32 %r4, %r2, %r3;
        st.shared.u32 [%r4], %r5;
      })");
    kernel({1}, {64}, {out.address()});
    for (uint64_t i = 0; i < 64; ++i) CHECK(out.values()[i] == (i ^ 63) + 7);
  });
}

TEST_CASE("calls: what is refused, where it is reached") {
  const char* const recursive = R"(
    .func again();
    .func other() { call again; }
    .func again() { call other; }
  )";
  PtxKernel circle("", "call again;", recursive);
  std::string report = circle.fault({1}, {32});
  CHECK(contains(report, "unsupported"));
  CHECK(contains(report, "again calls itself"));

  PtxKernel pointer("", R"(
    .reg .b64 %rd<3>;
    prototype_0 : .callprototype ()_ ();
    call %rd1, (), prototype_0;
  )");
  report = pointer.fault({1}, {32});
  CHECK(contains(report, "unsupported"));
  CHECK(contains(report, "pointers"));

  PtxKernel absent("", "call nowhere;", ".extern .func nowhere();");
  CHECK(contains(absent.fault({1}, {32}), "nowhere has no body"));

  PtxKernel registers("", ".reg .b32 %r<2>; call f, (%r1);", ".func f(.reg .b32 x) { ret; }");
  CHECK(contains(registers.fault({1}, {32}), "in registers"));

  PtxKernel few("", "call f;", ".func f(.param .b32 x) { ret; }");
  CHECK(contains(few.fault({1}, {32}), "what is passed is not what f takes"));
}
