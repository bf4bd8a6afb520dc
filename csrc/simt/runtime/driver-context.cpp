// Contexts, devices and versions, as far as libraries ask before they work.
#include <cstring>

#include "simt/runtime/driver.h"
#include "simt/runtime/limits.h"

namespace lean::simt {
namespace {

// There is one context. It is known by its address alone.
CUcontext the_context() {
  static char context;
  return reinterpret_cast<CUcontext>(&context);
}

CUresult init(unsigned) { return CUDA_SUCCESS; }

CUresult driver_get_version(int* version) {
  *version = kVersion;
  return CUDA_SUCCESS;
}

CUresult device_get(CUdevice* device, int ordinal) {
  *device = 0;
  return ordinal == 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}

CUresult device_get_count(int* count) {
  *count = 1;
  return CUDA_SUCCESS;
}

CUresult device_get_name(char* name, int length, CUdevice) {
  if (length <= 0) return CUDA_ERROR_INVALID_VALUE;
  std::strncpy(name, kDeviceName, static_cast<size_t>(length));
  name[length - 1] = 0;
  return CUDA_SUCCESS;
}

CUresult device_get_attribute(int* value, CUdevice_attribute attribute, CUdevice device) {
  // The runtime's attributes have the driver's numbers.
  return static_cast<CUresult>(
      cudaDeviceGetAttribute(value, static_cast<cudaDeviceAttr>(attribute), device));
}

CUresult ctx_get_current(CUcontext* context) {
  *context = the_context();
  return CUDA_SUCCESS;
}

CUresult ctx_set_current(CUcontext context) {
  return !context || context == the_context() ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}

CUresult ctx_get_device(CUdevice* device) {
  *device = 0;
  return CUDA_SUCCESS;
}

CUresult ctx_synchronize() { return static_cast<CUresult>(cudaDeviceSynchronize()); }

CUresult primary_retain(CUcontext* context, CUdevice) { return ctx_get_current(context); }

CUresult primary_release(CUdevice) { return CUDA_SUCCESS; }

CUresult stream_get_context(CUstream, CUcontext* context) { return ctx_get_current(context); }

CUresult stream_is_capturing(CUstream stream, CUstreamCaptureStatus* status) {
  return static_cast<CUresult>(
      cudaStreamIsCapturing(stream, reinterpret_cast<cudaStreamCaptureStatus*>(status)));
}

CUresult get_error_name(CUresult error, const char** name) {
  *name = cudaGetErrorName(static_cast<cudaError_t>(error));
  return CUDA_SUCCESS;
}

CUresult get_error_string(CUresult error, const char** text) {
  *text = cudaGetErrorString(static_cast<cudaError_t>(error));
  return CUDA_SUCCESS;
}

}  // namespace

std::span<const DriverEntry> driver_context_calls() {
  static const DriverEntry entries[] = {
      {"cuInit", reinterpret_cast<void*>(init)},
      {"cuDriverGetVersion", reinterpret_cast<void*>(driver_get_version)},
      {"cuDeviceGet", reinterpret_cast<void*>(device_get)},
      {"cuDeviceGetCount", reinterpret_cast<void*>(device_get_count)},
      {"cuDeviceGetName", reinterpret_cast<void*>(device_get_name)},
      {"cuDeviceGetAttribute", reinterpret_cast<void*>(device_get_attribute)},
      {"cuDevicePrimaryCtxRetain", reinterpret_cast<void*>(primary_retain)},
      {"cuDevicePrimaryCtxRelease", reinterpret_cast<void*>(primary_release)},
      {"cuCtxGetCurrent", reinterpret_cast<void*>(ctx_get_current)},
      {"cuCtxSetCurrent", reinterpret_cast<void*>(ctx_set_current)},
      {"cuCtxGetDevice", reinterpret_cast<void*>(ctx_get_device)},
      {"cuCtxSynchronize", reinterpret_cast<void*>(ctx_synchronize)},
      {"cuStreamGetCtx", reinterpret_cast<void*>(stream_get_context)},
      {"cuStreamIsCapturing", reinterpret_cast<void*>(stream_is_capturing)},
      {"cuStreamGetCaptureInfo", reinterpret_cast<void*>(cudaStreamGetCaptureInfo)},
      {"cuStreamSynchronize", reinterpret_cast<void*>(cudaStreamSynchronize)},
      {"cuStreamQuery", reinterpret_cast<void*>(cudaStreamQuery)},
      {"cuLaunchHostFunc", reinterpret_cast<void*>(cudaLaunchHostFunc)},
      {"cuGetErrorName", reinterpret_cast<void*>(get_error_name)},
      {"cuGetErrorString", reinterpret_cast<void*>(get_error_string)},
  };
  return entries;
}

}  // namespace lean::simt
