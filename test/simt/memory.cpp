#include <cuda.h>

#include <cstring>

#include "simt/memory/device-memory.h"
#include "support.h"

using namespace lean::simt;
using namespace lean::simt::test;

TEST_CASE("memory: copies carry bytes to the device and back") {
  std::vector<int> values{1, 2, 3, 4, 5};
  DeviceArray<int> first(values), second(5);
  CUDA_OK(cudaMemcpy(second, first, 5 * sizeof(int), cudaMemcpyDeviceToDevice));
  CHECK(second.get() == values);
}

TEST_CASE("memory: copies in two dimensions") {
  std::vector<int> values(12);
  for (int i = 0; i < 12; ++i) values[i] = i;
  void* device;
  size_t pitch;
  CUDA_OK(cudaMallocPitch(&device, &pitch, 4 * sizeof(int), 3));
  CHECK(pitch % 512 == 0);
  CUDA_OK(cudaMemcpy2D(device, pitch, values.data(), 16, 16, 3, cudaMemcpyHostToDevice));
  std::vector<int> back(6, -1);
  CUDA_OK(cudaMemcpy2D(back.data(), 8, static_cast<char*>(device) + 4, pitch, 8, 3,
                       cudaMemcpyDeviceToHost));
  CHECK(back == std::vector<int>{1, 2, 5, 6, 9, 10});
  CHECK(cudaMemcpy2D(back.data(), 4, device, pitch, 8, 3, cudaMemcpyDeviceToHost) ==
        cudaErrorInvalidPitchValue);
  CUDA_OK(cudaFree(device));
}

TEST_CASE("memory: copies that pass the end are refused") {
  DeviceArray<char> array(100);
  std::vector<char> host(200);
  CHECK(cudaMemcpy(array, host.data(), 101, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
  CHECK(last_error_message().find("1 bytes past its allocation of 100 bytes") !=
        std::string::npos);
  CHECK(cudaMemcpy(host.data(), array + 50, 51, cudaMemcpyDeviceToHost) == cudaErrorInvalidValue);
  CHECK(cudaMemset(array + 99, 0, 2) == cudaErrorInvalidValue);
  CHECK(cudaGetLastError() == cudaErrorInvalidValue);
  CHECK(cudaGetLastError() == cudaSuccess);
}

TEST_CASE("memory: copies the wrong way round are refused") {
  DeviceArray<char> array(100);
  std::vector<char> host(100);
  CHECK(cudaMemcpy(array, host.data(), 100, cudaMemcpyDeviceToHost) == cudaErrorInvalidValue);
  CHECK(cudaMemcpy(host.data(), array, 100, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
  CHECK(cudaMemcpy(host.data(), host.data(), 100, cudaMemcpyDeviceToDevice) ==
        cudaErrorInvalidValue);
  CHECK(cudaMemcpy(nullptr, array, 100, cudaMemcpyDeviceToHost) == cudaErrorInvalidValue);
  CHECK(cudaMemcpy(array, host.data(), 100, static_cast<cudaMemcpyKind>(9)) ==
        cudaErrorInvalidMemcpyDirection);
  CUDA_OK(cudaMemcpy(array, host.data(), 100, cudaMemcpyDefault));
  CUDA_OK(cudaMemcpy(host.data(), array, 100, cudaMemcpyDefault));
}

TEST_CASE("memory: a pointer is freed once, and where it starts") {
  void* pointer;
  CUDA_OK(cudaMalloc(&pointer, 64));
  CHECK(cudaFree(static_cast<char*>(pointer) + 4) == cudaErrorInvalidValue);
  CHECK(cudaFreeHost(pointer) == cudaErrorInvalidValue);
  CUDA_OK(cudaFree(pointer));
  CHECK(cudaFree(pointer) == cudaErrorInvalidValue);
  CUDA_OK(cudaFree(nullptr));
  char byte = 0;
  CHECK(cudaMemcpy(pointer, &byte, 1, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
  CHECK(last_error_message().find("freed") != std::string::npos);
}

TEST_CASE("memory: what is too much is not there") {
  size_t free, total;
  CUDA_OK(cudaMemGetInfo(&free, &total));
  CHECK(free <= total);
  void* pointer;
  CHECK(cudaMalloc(&pointer, total + 1) == cudaErrorMemoryAllocation);
  DeviceArray<char> array(1 << 20);
  size_t less;
  CUDA_OK(cudaMemGetInfo(&less, &total));
  CHECK(less + (1 << 20) <= free);
}

TEST_CASE("memory: attributes of pointers") {
  DeviceArray<char> array(100);
  cudaPointerAttributes attributes;
  CUDA_OK(cudaPointerGetAttributes(&attributes, array + 10));
  CHECK(attributes.type == cudaMemoryTypeDevice);
  CHECK(attributes.device == 0);
  CHECK(attributes.devicePointer == array + 10);
  CHECK(attributes.hostPointer == nullptr);
  char local;
  CUDA_OK(cudaPointerGetAttributes(&attributes, &local));
  CHECK(attributes.type == cudaMemoryTypeUnregistered);
  void* pinned;
  CUDA_OK(cudaMallocHost(&pinned, 16));
  CUDA_OK(cudaPointerGetAttributes(&attributes, pinned));
  CHECK(attributes.type == cudaMemoryTypeHost);
  CHECK(attributes.hostPointer == pinned);
  CUDA_OK(cudaFreeHost(pinned));
}

TEST_CASE("memory: registered host memory") {
  std::vector<char> host(8192);
  CUDA_OK(cudaHostRegister(host.data(), host.size(), cudaHostRegisterDefault));
  CHECK(cudaHostRegister(host.data() + 100, 10, 0) == cudaErrorHostMemoryAlreadyRegistered);
  void* device;
  CUDA_OK(cudaHostGetDevicePointer(&device, host.data(), 0));
  CHECK(device == host.data());
  CUDA_OK(cudaHostUnregister(host.data()));
  CHECK(cudaHostUnregister(host.data()) == cudaErrorHostMemoryNotRegistered);
}

TEST_CASE("memory: driver calls by name") {
  using AddressRange = CUresult (*)(CUdeviceptr*, size_t*, CUdeviceptr);
  void* entry = nullptr;
  cudaDriverEntryPointQueryResult result;
  CUDA_OK(cudaGetDriverEntryPointByVersion("cuMemGetAddressRange", &entry, 13000,
                                           cudaEnableDefault, &result));
  REQUIRE(result == cudaDriverEntryPointSuccess);
  DeviceArray<char> array(100);
  CUdeviceptr base;
  size_t bytes;
  auto address_range = reinterpret_cast<AddressRange>(entry);
  CHECK(address_range(&base, &bytes, reinterpret_cast<CUdeviceptr>(array + 50)) == CUDA_SUCCESS);
  CHECK(base == reinterpret_cast<CUdeviceptr>(array.data()));
  CHECK(bytes == 100);
  CHECK(address_range(&base, &bytes, reinterpret_cast<CUdeviceptr>(&base)) ==
        CUDA_ERROR_NOT_FOUND);
  CUDA_OK(cudaGetDriverEntryPointByVersion("cuNothing", &entry, 13000, 0, &result));
  CHECK(result == cudaDriverEntryPointSymbolNotFound);
  CHECK(entry == nullptr);
}

namespace {

template <class Call>
Call driver_call(const char* name) {
  void* entry = nullptr;
  CUDA_OK(cudaGetDriverEntryPointByVersion(name, &entry, 13000, cudaEnableDefault, nullptr));
  return reinterpret_cast<Call>(entry);
}

}  // namespace

TEST_CASE("memory: a range of addresses without memory behind it") {
  auto reserve = driver_call<decltype(&cuMemAddressReserve)>("cuMemAddressReserve");
  auto release = driver_call<decltype(&cuMemAddressFree)>("cuMemAddressFree");
  CUdeviceptr address;
  size_t bytes = size_t{1} << 40;
  REQUIRE(reserve(&address, bytes, 0, 0, 0) == CUDA_SUCCESS);
  cudaPointerAttributes attributes;
  CUDA_OK(cudaPointerGetAttributes(&attributes, reinterpret_cast<void*>(address + (bytes >> 1))));
  CHECK(attributes.type == cudaMemoryTypeDevice);
  char byte = 0;
  cudaMemcpy(reinterpret_cast<void*>(address), &byte, 1, cudaMemcpyHostToDevice);
  CHECK(cudaGetLastError() == cudaErrorIllegalAddress);
  cudaDeviceReset();
  REQUIRE(reserve(&address, 2 << 20, 0, 0, 0) == CUDA_SUCCESS);
  CHECK(release(address, 1 << 20) == CUDA_ERROR_INVALID_VALUE);
  CHECK(release(address, 2 << 20) == CUDA_SUCCESS);
}

TEST_CASE("memory: mapped into a reserved range") {
  constexpr size_t kBytes = 2 << 20;
  auto reserve = driver_call<decltype(&cuMemAddressReserve)>("cuMemAddressReserve");
  auto create = driver_call<decltype(&cuMemCreate)>("cuMemCreate");
  auto map = driver_call<decltype(&cuMemMap)>("cuMemMap");
  auto unmap = driver_call<decltype(&cuMemUnmap)>("cuMemUnmap");
  CUdeviceptr address;
  REQUIRE(reserve(&address, 4 * kBytes, 0, 0, 0) == CUDA_SUCCESS);
  // In the middle of the range, and where it starts.
  CUdeviceptr at = 0;
  SUBCASE("in its middle") { at = address + kBytes; }
  SUBCASE("at its start") { at = address; }
  CUmemGenericAllocationHandle handle;
  CUmemAllocationProp properties{};
  REQUIRE(create(&handle, kBytes, &properties, 0) == CUDA_SUCCESS);
  REQUIRE(map(at, kBytes, 0, handle, 0) == CUDA_SUCCESS);
  std::vector<char> host(kBytes, 7), back(kBytes);
  auto* mapped = reinterpret_cast<char*>(at);
  CUDA_OK(cudaMemcpy(mapped, host.data(), kBytes, cudaMemcpyHostToDevice));
  CUDA_OK(cudaMemcpy(back.data(), mapped, kBytes, cudaMemcpyDeviceToHost));
  CHECK(back == host);
  CHECK(cudaMemcpy(mapped + 1, host.data(), kBytes, cudaMemcpyHostToDevice) ==
        cudaErrorInvalidValue);
  CHECK(unmap(at, kBytes) == CUDA_SUCCESS);
  CHECK(cudaMemcpy(mapped, host.data(), 1, cudaMemcpyHostToDevice) == cudaErrorIllegalAddress);
  CUDA_OK(cudaDeviceReset());
}

TEST_CASE("memory: uninitialized bytes may be copied to the host, and are reported on request") {
  DeviceArray<char> array(64);
  CUDA_OK(cudaMemset(array, 1, 63));
  CHECK(array.get()[0] == 1);
  CHECK(last_fault_report().empty());
  runtime_options().report_uninitialized_copies = true;
  array.get();
  CHECK(last_fault_report().find("nothing has written") != std::string::npos);
  CUDA_OK(cudaDeviceSynchronize());
}
