// What is found in fat binaries, dry runs, and the order in which things are made.
#include "simt/runtime/dry-run.h"
#include "simt/runtime/error.h"
#include "simt/runtime/fat-binary.h"
#include "support.h"

using namespace lean::simt;
using namespace lean::simt::test;

namespace {

__global__ void fill(float* to, float value, long long n) {
  long long i = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x;
  if (i < n) to[i] = value;
}

FatEntry ptx(int architecture, std::string_view text, bool specific = false) {
  FatEntry entry;
  entry.kind = FatEntry::Kind::ptx;
  entry.architecture = architecture;
  entry.text = text;
  entry.specific = specific;
  return entry;
}

}  // namespace

TEST_CASE("binaries: the newest PTX that the target runs is taken") {
  std::string problem;
  std::vector<FatEntry> entries{ptx(80, "eighty"), ptx(100, "hundred"), ptx(90, "ninety")};
  CHECK(choose_ptx(entries, 90, problem) == "ninety");
  CHECK(choose_ptx(entries, 89, problem) == "eighty");
  entries.push_back(ptx(90, "ninety-a", true));
  CHECK(choose_ptx(entries, 90, problem) == "ninety-a");
  CHECK(choose_ptx({ptx(90, "ninety-a", true)}, 100, problem).empty());
}

TEST_CASE("binaries: what cannot be taken is named") {
  std::string problem;
  FatEntry machine_code;
  machine_code.kind = FatEntry::Kind::machine_code;
  machine_code.architecture = 90;
  CHECK(choose_ptx({machine_code}, 90, problem).empty());
  CHECK(problem.find("only machine code for sm_90") != std::string::npos);
  CHECK(problem.find("arch=compute_90,code=compute_90") != std::string::npos);
  FatEntry compressed = ptx(90, "");
  compressed.compressed = true;
  CHECK(choose_ptx({compressed}, 90, problem).empty());
  CHECK(problem.find("--no-compress") != std::string::npos);
  int none[8] = {};
  CHECK_THROWS_AS(read_fat_binary(none), Error);
}

TEST_CASE("binaries: an older target finds no code here, and the error names the kernel") {
  runtime_options().target = 80;
  DeviceArray<float> to(32);
  fill<<<1, 32>>>(to, 1, 32);
  CHECK(cudaGetLastError() == cudaErrorNoKernelImageForDevice);
  CHECK(last_error_message().find("fill") != std::string::npos);
  CHECK(last_error_message().find("only PTX for sm_90") != std::string::npos);
  int major;
  CUDA_OK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0));
  CHECK(major == 8);
}

TEST_CASE("binaries: a dry run plans for more memory than the machine has") {
  runtime_options().dry_run = true;
  constexpr long long kCount = 1LL << 38;  // a terabyte of floats
  float* to;
  CUDA_OK(cudaMalloc(reinterpret_cast<void**>(&to), kCount * sizeof(float)));
  CUDA_OK(cudaMemset(to, 0, kCount * sizeof(float)));
  fill<<<1 << 30, 256>>>(to, 1, kCount);
  CUDA_OK(cudaDeviceSynchronize());
  fill<<<1, 2048>>>(to, 1, kCount);
  CHECK(cudaGetLastError() == cudaErrorInvalidConfiguration);
  std::vector<LaunchRecord> records = launch_records();
  REQUIRE(records.size() == 1);
  CHECK(records[0].kernel.find("fill") != std::string::npos);
  CHECK(records[0].grid.x == 1 << 30);
  CHECK(records[0].block.x == 256);
  CUDA_OK(cudaFree(to));
}
