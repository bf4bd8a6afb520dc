// cudaMemcpy, cudaMemset and their kin.
#include <cuda_runtime_api.h>

#include "simt/memory/device-memory.h"
#include "simt/runtime/capture.h"
#include "simt/runtime/context.h"
#include "simt/runtime/error.h"
#include "simt/runtime/operation.h"
#include "simt/runtime/registry.h"
#include "simt/runtime/stream.h"

using namespace lean::simt;

namespace {

bool is_pinned(uint64_t address) {
  const Allocation* allocation = DeviceMemory::get().find(address);
  return allocation && allocation->kind == MemoryKind::pinned;
}

// "API synchronization behavior" of the reference: a copy to pageable memory has ended when the
// call returns, even the Async one.
void enqueue(CopyCall call, cudaStream_t handle) {
  Stream& stream = find_stream(handle);
  bool waits = is_device_to_host(call) && !is_pinned(call.to.address) && !stream.capture;
  submit(stream, std::move(call));
  if (waits) synchronize(stream);
}

// In the legacy stream, and with the host waiting, except within the device.
void copy_now(CopyCall call) {
  Stream& stream = *context().legacy;
  bool waits = !call.from.device || !call.to.device;
  submit(stream, std::move(call));
  if (waits) synchronize(stream);
}

void* symbol_address(const void* symbol, size_t bytes, size_t offset) {
  const Variable& variable = find_symbol(symbol).variable();
  if (offset + bytes > variable.bytes) {
    throw Error(cudaErrorInvalidValue, variable.name + " has " + std::to_string(variable.bytes) +
                                           " bytes, and the copy ends at " +
                                           std::to_string(offset + bytes));
  }
  return reinterpret_cast<void*>(variable.address + offset);
}

}  // namespace

extern "C" {

cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  return api([&] { copy_now(make_copy(to, from, bytes, kind)); });
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  return api([&] { enqueue(make_copy(to, from, bytes, kind), stream); });
}

cudaError_t cudaMemcpy2D(void* to, size_t to_pitch, const void* from, size_t from_pitch,
                         size_t width, size_t height, cudaMemcpyKind kind) {
  return api([&] { copy_now(make_copy(to, to_pitch, from, from_pitch, {width, height}, kind)); });
}

cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch,
                              size_t width, size_t height, cudaMemcpyKind kind,
                              cudaStream_t stream) {
  return api([&] {
    enqueue(make_copy(to, to_pitch, from, from_pitch, {width, height}, kind), stream);
  });
}

cudaError_t cudaMemcpy3D(const cudaMemcpy3DParms* parameters) {
  return api([&] { copy_now(make_copy(*parameters)); });
}

cudaError_t cudaMemcpy3DAsync(const cudaMemcpy3DParms* parameters, cudaStream_t stream) {
  return api([&] { enqueue(make_copy(*parameters), stream); });
}

// Fills of device memory do not make the host wait.
cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  return api([&] { submit(find_stream(stream), make_fill(to, bytes, value, {bytes})); });
}

cudaError_t cudaMemset(void* to, int value, size_t bytes) {
  return cudaMemsetAsync(to, value, bytes, cudaStreamLegacy);
}

cudaError_t cudaMemset2DAsync(void* to, size_t pitch, int value, size_t width, size_t height,
                              cudaStream_t stream) {
  return api([&] { submit(find_stream(stream), make_fill(to, pitch, value, {width, height})); });
}

cudaError_t cudaMemset2D(void* to, size_t pitch, int value, size_t width, size_t height) {
  return cudaMemset2DAsync(to, pitch, value, width, height, cudaStreamLegacy);
}

cudaError_t cudaMemcpyToSymbol(const void* symbol, const void* from, size_t bytes, size_t offset,
                               cudaMemcpyKind kind) {
  return api(
      [&] { copy_now(make_copy(symbol_address(symbol, bytes, offset), from, bytes, kind)); });
}

cudaError_t cudaMemcpyToSymbolAsync(const void* symbol, const void* from, size_t bytes,
                                    size_t offset, cudaMemcpyKind kind, cudaStream_t stream) {
  return api([&] {
    enqueue(make_copy(symbol_address(symbol, bytes, offset), from, bytes, kind), stream);
  });
}

cudaError_t cudaMemcpyFromSymbol(void* to, const void* symbol, size_t bytes, size_t offset,
                                 cudaMemcpyKind kind) {
  return api([&] { copy_now(make_copy(to, symbol_address(symbol, bytes, offset), bytes, kind)); });
}

cudaError_t cudaMemcpyFromSymbolAsync(void* to, const void* symbol, size_t bytes, size_t offset,
                                      cudaMemcpyKind kind, cudaStream_t stream) {
  return api(
      [&] { enqueue(make_copy(to, symbol_address(symbol, bytes, offset), bytes, kind), stream); });
}

cudaError_t cudaGetSymbolAddress(void** pointer, const void* symbol) {
  return api([&] { *pointer = symbol_address(symbol, 0, 0); });
}

cudaError_t cudaGetSymbolSize(size_t* bytes, const void* symbol) {
  return api([&] { *bytes = find_symbol(symbol).variable().bytes; });
}

// Memory of the host and the device is the same here.
cudaError_t cudaMemPrefetchAsync(const void* pointer, size_t bytes, cudaMemLocation, unsigned,
                                 cudaStream_t stream) {
  return api([&] {
    if (!DeviceMemory::get().find(reinterpret_cast<uint64_t>(pointer)) || bytes == 0) {
      throw Error(cudaErrorInvalidValue, "no managed memory is there");
    }
    submit(find_stream(stream), Nothing{});
  });
}
}
