// Faults of kernels become errors that the device keeps.
#include "support.h"

using namespace lean::simt;
using namespace lean::simt::test;

namespace {

__global__ void store(int* to, int at) { to[at] = 1; }
__global__ void load_wide(const int* from, int4* to) {
  *to = *reinterpret_cast<const int4*>(from);
}
__global__ void trap() { asm volatile("trap;"); }

}  // namespace

TEST_CASE("errors: a fault is kept until the device is reset") {
  runtime_options().late_streams = false;
  DeviceArray<int> array(4);
  store<<<1, 1>>>(array, 4);
  CHECK(cudaPeekAtLastError() == cudaErrorIllegalAddress);
  CHECK(cudaGetLastError() == cudaErrorIllegalAddress);
  CHECK(cudaGetLastError() == cudaErrorIllegalAddress);
  CHECK(cudaDeviceSynchronize() == cudaErrorIllegalAddress);
  void* pointer;
  CHECK(cudaMalloc(&pointer, 4) == cudaErrorIllegalAddress);
  store<<<1, 1>>>(array, 0);
  CHECK(cudaGetLastError() == cudaErrorIllegalAddress);
  std::string report = last_fault_report();
  CHECK(report.find("store") != std::string::npos);
  CHECK(report.find("errors.cu:9") != std::string::npos);

  CUDA_OK(cudaDeviceReset());
  CUDA_OK(cudaDeviceSynchronize());
  CHECK(last_fault_report().empty());
  DeviceArray<int> another(1);
  store<<<1, 1>>>(another, 0);
  CHECK(another.get()[0] == 1);
}

TEST_CASE("errors: each fault has its code") {
  DeviceArray<int> array(std::vector<int>(16, 1));
  DeviceArray<int4> to(1);
  load_wide<<<1, 1>>>(array + 1, to);
  CHECK(cudaDeviceSynchronize() == cudaErrorMisalignedAddress);
  CUDA_OK(cudaDeviceReset());
  trap<<<1, 1>>>();
  CHECK(cudaDeviceSynchronize() == cudaErrorLaunchFailure);
  CUDA_OK(cudaDeviceReset());
  DeviceArray<int> fresh(4);
  DeviceArray<int4> other(1);
  load_wide<<<1, 1>>>(fresh, other);
  CHECK(cudaDeviceSynchronize() == cudaErrorLaunchFailure);
  CHECK(last_fault_report().find("errors.cu") != std::string::npos);
}

TEST_CASE("errors: names and texts") {
  CHECK(std::string(cudaGetErrorName(cudaErrorIllegalAddress)) == "cudaErrorIllegalAddress");
  CHECK(std::string(cudaGetErrorString(cudaErrorMemoryAllocation)) == "out of memory");
  CHECK(std::string(cudaGetErrorName(static_cast<cudaError_t>(12345))) ==
        "unrecognized error code");
}

TEST_CASE("errors: the text of the last one says which kernel and where") {
  runtime_options().late_streams = false;
  store<<<1, 2000>>>(nullptr, 0);
  std::string text = cudaGetErrorString(cudaGetLastError());
  CHECK(text.starts_with("invalid configuration argument: "));
  CHECK(text.find("store") != std::string::npos);
  CHECK(text.find("2000 x 1 x 1") != std::string::npos);
  CHECK(std::string(cudaGetErrorString(cudaErrorIllegalAddress)) ==
        "an illegal memory access was encountered");
  store<<<1, 1>>>(nullptr, 0);
  text = cudaGetErrorString(cudaDeviceSynchronize());
  CHECK(text.starts_with("an illegal memory access was encountered: "));
  CHECK(text.find("errors.cu:9") != std::string::npos);
}

TEST_CASE("errors: reports go to the handler") {
  runtime_options().late_streams = false;
  std::string seen;
  set_fault_handler([&](const std::string& text) { seen = text; });
  store<<<1, 1>>>(nullptr, 0);
  CHECK(seen == last_fault_report());
  CHECK(!seen.empty());
  set_fault_handler([](const std::string&) {});
}
