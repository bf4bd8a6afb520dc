// Loads, stores, atomics and addresses, written as PTX.
#include <doctest/doctest.h>

#include <bit>
#include <numeric>

#include "ptx-kernel.h"

using namespace lean::simt;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Each thread executes `body` with %rd1 = in, %rd2 = out + 8 * %tid.x and stores %rd3 there.
std::vector<uint64_t> results(uint64_t in, uint32_t threads, const std::string& body) {
  DeviceArray<uint64_t> out(threads);
  PtxKernel kernel(".param .u64 in, .param .u64 out", R"(
    .reg .pred %p<4>;
    .reg .b16 %rs<8>;
    .reg .b32 %r<12>;
    .reg .f32 %f<8>;
    .reg .f64 %fd<8>;
    .reg .b64 %rd<16>;
    .shared .align 16 .b8 shared[256];
    .local .align 8 .b8 local[64];
    ld.param.u64 %rd1, [in];
    ld.param.u64 %rd9, [out];
    mov.u32 %r9, %tid.x;
    mul.wide.u32 %rd10, %r9, 8;
    add.s64 %rd2, %rd9, %rd10;
    mov.u64 %rd3, 0;
  )" + body + "\nst.global.u64 [%rd2], %rd3;");
  kernel({1}, {threads}, {in, out.address()});
  return out.values();
}

uint64_t result(uint64_t in, const std::string& body) { return results(in, 1, body)[0]; }

}  // namespace

TEST_CASE("memory access: widths and signs") {
  DeviceArray<uint64_t> in(std::vector<uint64_t>{0x8182838485868788, 0x1112131415161718});
  const uint64_t at = in.address();
  CHECK(result(at, "ld.global.u8 %rs1, [%rd1+1]; cvt.u64.u16 %rd3, %rs1;") == 0x87);
  CHECK(result(at, "ld.global.s8 %rs1, [%rd1]; cvt.s64.s16 %rd3, %rs1;") == 0xffffffffffffff88);
  CHECK(result(at, "ld.global.s8 %rd3, [%rd1];") == 0xffffffffffffff88);
  CHECK(result(at, "ld.global.u16 %rd3, [%rd1+2];") == 0x8586);
  CHECK(result(at, "ld.global.s32 %rd3, [%rd1+4];") == 0xffffffff81828384);
  CHECK(result(at, "ld.global.nc.L1::no_allocate.L2::128B.u32 %rd3, [%rd1];") == 0x85868788);
  CHECK(result(at, "ld.relaxed.gpu.global.u64 %rd3, [%rd1+8];") == 0x1112131415161718);
  CHECK(result(at, "ld.global.v2.u64 {_, %rd3}, [%rd1];") == 0x1112131415161718);
  CHECK(result(at, "ld.global.v4.u16 {%rs1, %rs2, %rs3, %rs4}, [%rd1]; cvt.u64.u16 %rd3, %rs4;") ==
        0x8182);
  CHECK(result(at, ".reg .b128 q; ld.global.b128 q, [%rd1]; mov.b128 {_, %rd3}, q;") ==
        0x1112131415161718);
}

TEST_CASE("memory access: shared, local and generic addresses") {
  CHECK(result(0, R"(
    st.shared.u32 [shared+8], 77;
    mov.u64 %rd4, shared;
    cvta.shared.u64 %rd5, %rd4;
    ld.u32 %r1, [%rd5+8];
    isspacep.shared %p1, %rd5;
    isspacep.global %p2, %rd5;
    selp.u32 %r2, 1000, 0, %p1;
    selp.u32 %r3, 5000, 0, %p2;
    add.u32 %r1, %r1, %r2;
    add.u32 %r1, %r1, %r3;
    cvt.u64.u32 %rd3, %r1;
  )") == 1077);
  CHECK(results(0, 40, R"(
    mov.u64 %rd4, local;
    cvta.local.u64 %rd5, %rd4;
    st.u64 [%rd5+16], %rd10;
    ld.local.u64 %rd3, [local+16];
  )")[33] == 33 * 8);
  CHECK(result(0, "cvta.shared.u64 %rd4, 16; cvta.to.shared.u64 %rd3, %rd4;") == 16);
}

TEST_CASE("memory access: parameters at computed addresses") {
  CHECK(result(123, R"(
    mov.u64 %rd4, in;
    ld.param.u64 %rd3, [%rd4];
  )") == 123);
  CHECK(result(123, R"(
    mov.u64 %rd4, in;
    cvta.param.u64 %rd5, %rd4;
    ld.u64 %rd3, [%rd5];
  )") == 123);
}

TEST_CASE("memory access: atomics return what was there and leave what they say") {
  const auto after = [](uint64_t before, const std::string& body) {
    DeviceArray<uint64_t> cell(std::vector<uint64_t>{before});
    const uint64_t old = result(cell.address(), body);
    return std::pair(old, cell.values()[0]);
  };
  using Pair = std::pair<uint64_t, uint64_t>;
  CHECK(after(5, "atom.global.add.u32 %rd3, [%rd1], 7;") == Pair{5, 12});
  CHECK(after(5, "atom.global.add.u64 %rd3, [%rd1], -6;") == Pair{5, ~uint64_t{0}});
  CHECK(after(0xfffffffb, "atom.min.s32 %rd3, [%rd1], 3;").second == 0xfffffffb);
  CHECK(after(0xfffffffb, "atom.min.u32 %rd3, [%rd1], 3;").second == 3);
  CHECK(after(9, "atom.max.s64 %rd3, [%rd1], -3;") == Pair{9, 9});
  CHECK(after(12, "atom.and.b32 %rd3, [%rd1], 10;") == Pair{12, 8});
  CHECK(after(12, "atom.or.b32 %rd3, [%rd1], 3;") == Pair{12, 15});
  CHECK(after(12, "atom.xor.b64 %rd3, [%rd1], 4;") == Pair{12, 8});
  CHECK(after(12, "atom.exch.b32 %rd3, [%rd1], 4;") == Pair{12, 4});
  CHECK(after(12, "atom.cas.b32 %rd3, [%rd1], 12, 99;") == Pair{12, 99});
  CHECK(after(12, "atom.acquire.gpu.global.cas.b64 %rd3, [%rd1], 11, 99;") == Pair{12, 12});
  CHECK(after(3, "atom.inc.u32 %rd3, [%rd1], 3;") == Pair{3, 0});
  CHECK(after(2, "atom.inc.u32 %rd3, [%rd1], 3;") == Pair{2, 3});
  CHECK(after(0, "atom.dec.u32 %rd3, [%rd1], 3;") == Pair{0, 3});
  CHECK(after(1, "red.global.add.u32 [%rd1], 1;") == Pair{0, 2});
  CHECK(after(0x3f800000, "red.global.add.f32 [%rd1], 0f3F000000;").second == 0x3fc00000);
  CHECK(after(std::bit_cast<uint64_t>(1.5), "red.global.add.f64 [%rd1], 0d3FF0000000000000;")
            .second == std::bit_cast<uint64_t>(2.5));
  // 1.0 and 2.0 plus 1.0 and 1.0, in halves of each kind.
  CHECK(after(0x40003c00, "mov.b32 %r1, 0x3c003c00; red.global.add.noftz.f16x2 [%rd1], %r1;")
            .second == 0x42004000);
  CHECK(after(0x40003f80, "mov.b32 %r1, 0x3f803f80; red.global.add.noftz.bf16x2 [%rd1], %r1;")
            .second == 0x40404000);
}

TEST_CASE("memory access: subnormal sums of float atomics vanish in global memory alone") {
  DeviceArray<uint64_t> cell(std::vector<uint64_t>{1});
  result(cell.address(), "red.global.add.f32 [%rd1], 0f00000001;");
  CHECK(cell.values()[0] == 0);
  CHECK(result(0, R"(
    st.shared.u32 [shared], 1;
    red.shared.add.f32 [shared], 0f00000001;
    ld.shared.u32 %rd3, [shared];
  )") == 2);
}

TEST_CASE("memory access: all lanes add to one word") {
  DeviceArray<uint64_t> cell(std::vector<uint64_t>{0});
  PtxKernel kernel(".param .u64 cell", R"(
    .reg .b64 %rd<4>;
    ld.param.u64 %rd1, [cell];
    red.global.add.u64 [%rd1], 1;
  )");
  kernel({500}, {96}, {cell.address()});
  CHECK(cell.values()[0] == 48000);
}

TEST_CASE("memory access: a barrier that counts votes") {
  const auto counts = results(0, 64, R"(
    setp.lt.u32 %p1, %r9, 40;
    barrier.cta.red.popc.aligned.u32 %r1, 0, %p1;
    bar.red.and.pred %p2, 0, %p1;
    bar.red.or.pred %p3, 0, !%p1;
    selp.u32 %r2, 100, 0, %p2;
    selp.u32 %r3, 1000, 0, %p3;
    add.u32 %r1, %r1, %r2;
    add.u32 %r1, %r1, %r3;
    cvt.u64.u32 %rd3, %r1;
  )");
  CHECK(counts == std::vector<uint64_t>(64, 1040));
}

TEST_CASE("memory access: shared memory of another block of the cluster") {
  DeviceArray<uint32_t> out(8);
  PtxKernel kernel(".param .u64 out", R"(
    .shared .align 4 .b8 own[4];
    .reg .b32 %r<12>;
    .reg .b64 %rd<8>;
    mov.u32 %r1, %ctaid.x;
    st.shared.u32 [own], %r1;
    barrier.cluster.arrive.aligned;
    barrier.cluster.wait.aligned;
    mov.u32 %r2, %cluster_ctarank;
    xor.b32 %r3, %r2, 1;
    mov.u32 %r4, own;
    mapa.shared::cluster.u32 %r5, %r4, %r3;
    ld.shared::cluster.u32 %r6, [%r5];
    ld.param.u64 %rd1, [out];
    mul.wide.u32 %rd2, %r1, 4;
    add.s64 %rd3, %rd1, %rd2;
    st.global.u32 [%rd3], %r6;
    barrier.cluster.arrive;
    barrier.cluster.wait;
  )");
  kernel.launch.cluster = {4};
  kernel({8}, {1}, {out.address()});
  CHECK(out.values() == std::vector<uint32_t>{1, 0, 3, 2, 5, 4, 7, 6});
}

TEST_CASE("memory access: past the end of one shared variable, before the next") {
  PtxKernel kernel("", R"(
    .shared .align 4 .b8 first[32];
    .shared .align 4 .b8 second[32];
    .reg .b32 %r<9>;
    mov.u32 %r1, %tid.x;
    shl.b32 %r2, %r1, 2;
    mov.u32 %r3, first;
    mov.u32 %r5, second;
    add.u32 %r4, %r3, %r2;
    st.shared.u32 [%r4], %r1;
    st.shared.u32 [%r5], %r1;
  )");
  CHECK(kernel.fault({1}, {8}) == "");
  const std::string report = kernel.fault({1}, {9});
  CAPTURE(report);
  CHECK(contains(report, "out of bounds"));
  CHECK(contains(report, "past the end of a variable"));
  CHECK(contains(report, "thread (8,0,0)"));
}

TEST_CASE("memory access: forms that do not exist are refused") {
  const auto report = [](const std::string& text) {
    PtxKernel kernel("", ".reg .b32 %r<9>; .reg .b64 %rd<9>; .reg .pred %p<3>;\n" + text);
    return kernel.fault({1}, {1});
  };
  for (const char* text :
       {"ld.global.u32.sideways %r1, [%rd1];", "st.global.v3.u32 [%rd1], {%r1, %r2, %r3};",
        "atom.global.mul.u32 %r1, [%rd1], %r2;", "cp.async.bulk.commit_group;",
        "mbarrier.init.shared.b64 [%r1], 1;", "wgmma.fence.sync.aligned;",
        "st.async.shared::cluster.u32 [%r1], %r2, [%r3];", "ld.param::func.u32 %r1, [%rd1];"}) {
    CAPTURE(text);
    CHECK(contains(report(text), "unsupported: the interpreter does not know this instruction"));
  }
}
