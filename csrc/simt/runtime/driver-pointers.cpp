// cuPointerGetAttribute(s), cuMemGetAddressRange, cuMemGetInfo.
#include <cstring>

#include "simt/runtime/driver.h"
#include "simt/runtime/pointer.h"

namespace lean::simt {
namespace {

template <class T>
void put(void* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

CUmemorytype memory_type(const PointerInfo& info) {
  return info.type == cudaMemoryTypeHost ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE;
}

PointerInfo known(CUdeviceptr address) {
  PointerInfo info = pointer_info(address);
  if (info.type == cudaMemoryTypeUnregistered) {
    throw Error(cudaErrorInvalidValue, "the address is of no allocation");
  }
  return info;
}

void get_attribute(void* to, CUpointer_attribute which, CUdeviceptr address,
                   const PointerInfo& info) {
  switch (which) {
    case CU_POINTER_ATTRIBUTE_CONTEXT:
      return put(to, reinterpret_cast<CUcontext>(1));
    case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
      return put(to, memory_type(info));
    case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
      return put(to, address);
    case CU_POINTER_ATTRIBUTE_HOST_POINTER:
      if (info.type == cudaMemoryTypeDevice) break;
      return put(to, reinterpret_cast<void*>(address));
    case CU_POINTER_ATTRIBUTE_SYNC_MEMOPS:
      return put<unsigned>(to, 0);
    case CU_POINTER_ATTRIBUTE_BUFFER_ID:
    case CU_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID:
      return put<unsigned long long>(to, info.serial);
    case CU_POINTER_ATTRIBUTE_IS_MANAGED:
      return put<unsigned>(to, info.type == cudaMemoryTypeManaged);
    case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
      return put<int>(to, 0);
    case CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE:
      return put<int>(to, 0);
    case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
    case CU_POINTER_ATTRIBUTE_MAPPING_BASE_ADDR:
      return put<CUdeviceptr>(to, info.base);
    case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
    case CU_POINTER_ATTRIBUTE_MAPPING_SIZE:
      return put<size_t>(to, info.bytes);
    case CU_POINTER_ATTRIBUTE_MAPPED:
      return put<int>(to, info.mapped);
    case CU_POINTER_ATTRIBUTE_ACCESS_FLAGS:
      return put<int>(to, info.mapped ? CU_POINTER_ATTRIBUTE_ACCESS_FLAG_READWRITE
                                      : CU_POINTER_ATTRIBUTE_ACCESS_FLAG_NONE);
    case CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES:
      return put<unsigned long long>(to, 0);
    case CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE:
      return put<CUmemoryPool>(to, nullptr);
    default:
      break;
  }
  throw Error(cudaErrorInvalidValue, "the pointer has no such attribute");
}

CUresult pointer_get_attribute(void* to, CUpointer_attribute which, CUdeviceptr address) {
  return driver_api([&] { get_attribute(to, which, address, known(address)); });
}

// An address that the driver does not know gets zeros, and no error.
CUresult pointer_get_attributes(unsigned count, CUpointer_attribute* which, void** to,
                                CUdeviceptr address) {
  return driver_api([&] {
    PointerInfo info = pointer_info(address);
    for (unsigned i = 0; i < count; ++i) {
      bool is_wide = which[i] == CU_POINTER_ATTRIBUTE_CONTEXT ||
                     which[i] == CU_POINTER_ATTRIBUTE_DEVICE_POINTER ||
                     which[i] == CU_POINTER_ATTRIBUTE_HOST_POINTER ||
                     which[i] == CU_POINTER_ATTRIBUTE_BUFFER_ID ||
                     which[i] == CU_POINTER_ATTRIBUTE_RANGE_START_ADDR ||
                     which[i] == CU_POINTER_ATTRIBUTE_RANGE_SIZE;
      bool no_host =
          which[i] == CU_POINTER_ATTRIBUTE_HOST_POINTER && info.type == cudaMemoryTypeDevice;
      if (info.type == cudaMemoryTypeUnregistered || no_host) {
        std::memset(to[i], 0, is_wide ? 8 : 4);
      } else {
        get_attribute(to[i], which[i], address, info);
      }
    }
  });
}

CUresult get_address_range(CUdeviceptr* base, size_t* bytes, CUdeviceptr address) {
  cudaError_t error = api([&] {
    PointerInfo info = pointer_info(address);
    if (info.type == cudaMemoryTypeUnregistered) {
      throw Error(cudaErrorInvalidValue, "the address is of no allocation");
    }
    if (base) *base = info.base;
    if (bytes) *bytes = info.bytes;
  });
  // The driver has a code of its own for this: CUDA_ERROR_NOT_FOUND.
  return error == cudaErrorInvalidValue ? CUDA_ERROR_NOT_FOUND : static_cast<CUresult>(error);
}

CUresult get_info(size_t* free, size_t* total) {
  return static_cast<CUresult>(cudaMemGetInfo(free, total));
}

}  // namespace

std::span<const DriverEntry> driver_pointer_calls() {
  static const DriverEntry entries[] = {
      {"cuPointerGetAttribute", reinterpret_cast<void*>(pointer_get_attribute)},
      {"cuPointerGetAttributes", reinterpret_cast<void*>(pointer_get_attributes)},
      {"cuMemGetAddressRange", reinterpret_cast<void*>(get_address_range)},
      {"cuMemGetInfo", reinterpret_cast<void*>(get_info)},
  };
  return entries;
}

}  // namespace lean::simt
