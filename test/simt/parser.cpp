// What nvcc and inline PTX write, and what is refused.
#include <doctest/doctest.h>

#include "ptx-kernel.h"

using namespace lean::simt;

namespace {

const char* const kHead = ".version 9.0\n.target sm_90\n.address_size 64\n";

std::string refusal(const std::string& ptx) {
  try {
    parse_module(ptx);
  } catch (const Fault& fault) {
    CHECK(fault.kind() == FaultKind::unsupported);
    return fault.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("parser: parameters, tuning and places") {
  const auto module = parse_module(std::string(kHead) + R"(
    // .globl k
    .weak .entry k(
      .param .u8 k_param_0,
      .param .u64 .ptr .global .align 4 k_param_1,
      .param .align 8 .b8 k_param_2[24],
      .param .f32 k_param_3
    )
    .maxntid 256, 2, 1
    .minnctapersm 2
    .explicitcluster
    .reqnctapercluster 4, 1, 1
    {
      .reg .pred %p<2>;
      .local .align 16 .b8 __local_depot0[20];
      .loc 1 7 3
      mov.u32 %tid_copy, %tid.x;
      .loc 2 30 5, function_name $L__info_string0, inlined_at 1 9 1
      ret;
      /* a comment
         of two lines */
    }
    .file 1 "/home/somebody/kernels/step.cu"
    .file 2 "helpers.cuh", 1700000000, 1234
    .section .debug_str
    {
    $L__info_string0:
    .b8 95,90,0
    }
  )");
  CHECK(module->target == "sm_90");
  const Kernel& kernel = *module->kernels.at("k");
  REQUIRE(kernel.parameters.size() == 4);
  CHECK(kernel.parameters[1].offset == 8);
  CHECK(kernel.parameters[2].offset == 16);
  CHECK(kernel.parameters[2].bytes == 24);
  CHECK(kernel.parameter_bytes == 44);
  CHECK(kernel.max_threads == 512);
  CHECK(kernel.required_cluster.x == 4);
  CHECK(kernel.explicit_cluster);
  CHECK(kernel.local_bytes == 32);
  CHECK(kernel.place(0).file == "step.cu");
  CHECK(kernel.place(0).line == 7);
  CHECK(kernel.place(1).file == "helpers.cuh");
  CHECK(kernel.place(1).line == 30);
  CHECK(kernel.place(1).inlined == "step.cu:9");
}

TEST_CASE("parser: variables and their initial values") {
  const auto module = parse_module(std::string(kHead) + R"(
    .global .align 4 .b8 bytes[8] = {1, 2, 0xff};
    .const .align 4 .f32 factors[2] = {0f3F800000, 0fC0000000};
    .visible .global .align 8 .u64 pointers[3] = {bytes, generic(bytes)+4, factors};
    .global .align 4 .u32 count;
    .global .align 4 .s32 single = -7;
    .global .align 8 .f64 wide = 0d3FF8000000000000;
  )");
  const auto at = [&](const char* name) { return module->variables.at(name).address; };
  const auto* bytes = reinterpret_cast<const uint8_t*>(at("bytes"));
  CHECK(bytes[0] == 1);
  CHECK(bytes[2] == 0xff);
  CHECK(bytes[3] == 0);
  CHECK(reinterpret_cast<const float*>(at("factors"))[1] == -2.0f);
  const auto* pointers = reinterpret_cast<const uint64_t*>(at("pointers"));
  CHECK(pointers[0] == at("bytes"));
  CHECK(pointers[1] == at("bytes") + 4);
  CHECK(pointers[2] == at("factors"));
  CHECK(*reinterpret_cast<const uint32_t*>(at("count")) == 0);
  CHECK(*reinterpret_cast<const int32_t*>(at("single")) == -7);
  CHECK(*reinterpret_cast<const double*>(at("wide")) == 1.5);
  CHECK(module->variables.at("pointers").bytes == 24);
}

TEST_CASE("parser: registers and labels belong to their braces") {
  DeviceArray<uint32_t> out(2);
  PtxKernel kernel(".param .u64 out", R"(
    .reg .b32 %r<3>;
    .reg .b64 %rd<2>;
    .reg .pred p;
    mov.u32 %r1, 5;
    {
      .reg .b32 %r<3>;
      .reg .pred p;
      mov.u32 %r1, 7;
      setp.eq.u32 p, %r1, 7;
      @p bra L;
      mov.u32 %r1, 9;
      L: ld.param.u64 %rd1, [out];
      st.global.u32 [%rd1], %r1;
    }
    {
      setp.ne.u32 p, %r1, 5;
      @!p bra L;
      mov.u32 %r1, 0;
      L: st.global.u32 [%rd1+4], %r1;
    }
  )");
  kernel({1}, {1}, {out.address()});
  CHECK(out.values() == std::vector<uint32_t>{7, 5});
}

TEST_CASE("parser: shared memory of a kernel is what it names") {
  const std::string before = R"(
    .shared .align 4 .b8 used[100];
    .shared .align 4 .b8 unused[5000];
    .extern .shared .align 16 .b8 rest[];
  )";
  PtxKernel kernel("", R"(
    .shared .align 8 .f64 own[2];
    .reg .b32 %r<4>;
    mov.u32 %r1, used;
    mov.u32 %r2, own;
    mov.u32 %r3, rest;
  )",
                   before);
  CHECK(kernel.kernel().static_shared == 120);
  // Laid out as 100, a gap, 16, a gap.
  CHECK(kernel.kernel().shared_end == 136);
  CHECK(kernel.kernel().dynamic_shared == 160);
}

TEST_CASE("parser: jumps through a table") {
  DeviceArray<uint32_t> out(3);
  PtxKernel kernel(".param .u64 out", R"(
    .reg .b32 %r<4>;
    .reg .b64 %rd<4>;
    mov.u32 %r1, %tid.x;
    ld.param.u64 %rd1, [out];
    mul.wide.u32 %rd2, %r1, 4;
    add.s64 %rd3, %rd1, %rd2;
    targets: .branchtargets A, B, C;
    brx.idx %r1, targets;
    A: mov.u32 %r2, 10; bra END;
    B: mov.u32 %r2, 20; bra END;
    C: mov.u32 %r2, 30;
    END: st.global.u32 [%rd3], %r2;
  )");
  kernel({1}, {3}, {out.address()});
  CHECK(out.values() == std::vector<uint32_t>{10, 20, 30});
  CHECK(contains(kernel.fault({1}, {4}, {out.address()}), "index 3 into a list of 3"));
}

TEST_CASE("parser: what is refused") {
  CHECK(contains(refusal(".version 99.0\n.target sm_90\n.address_size 64\n"), "newer"));
  CHECK(contains(refusal(".version 9.0\n.target sm_999\n.address_size 64\n"), "sm_999"));
  CHECK(contains(refusal(".version 9.0\n.target sm_90\n.address_size 32\n"), "64 bits"));
  CHECK(contains(refusal(std::string(kHead) + ".entry k() {"), "missing '}'"));
  CHECK(contains(refusal(std::string(kHead) + ".surprise x;"), "unknown directive .surprise"));
}

TEST_CASE("parser: a call of printf is refused where it is reached") {
  const std::string before = ".extern .func (.param .b32 result) vprintf(.param .b64 a);\n";
  PtxKernel kernel("", R"(
    .reg .b32 %r<4>;
    .reg .b64 %rd<4>;
    {
      .param .b64 param0;
      st.param.b64 [param0], %rd1;
      .param .b32 retval0;
      call.uni (retval0), vprintf, (param0);
      ld.param.b32 %r1, [retval0];
    }
  )",
                   before);
  const std::string report = kernel.fault({1}, {1});
  CAPTURE(report);
  CHECK(contains(report, "unsupported"));
  CHECK(contains(report, "there is no printf"));
  CHECK(contains(report, "vprintf"));
}
