// Copies and fills: which way they go, what they may touch, and what they make initialized.
#include <cstring>

#include "simt/checks/fault.h"
#include "simt/memory/device-memory.h"
#include "simt/runtime/allocations.h"
#include "simt/runtime/error.h"
#include "simt/runtime/operation.h"
#include "simt/runtime/options.h"
#include "simt/runtime/report.h"

namespace lean::simt {
namespace {

// What an address is to a copy.
enum class Side : uint8_t { pageable, pinned, device, reserved };

Side side_of(uint64_t address) {
  const Allocation* allocation = DeviceMemory::get().find(address);
  if (!allocation) return Side::pageable;
  switch (allocation->kind) {
    case MemoryKind::pinned:
      return Side::pinned;
    case MemoryKind::reserved:
      return Side::reserved;
    default:
      return Side::device;
  }
}

// From the first byte to behind the last.
uint64_t span(const Corner& corner, const Box& box) {
  return (box.depth - 1) * corner.slice + (box.height - 1) * corner.pitch + box.width;
}

// What is wrong with the corner of a box, or nothing.
std::string problem(const Corner& corner, const Box& box, const char* name) {
  if (corner.address == 0) return std::string(name) + " is a null pointer";
  uint64_t bytes = span(corner, box);
  const Allocation* allocation = DeviceMemory::get().find(corner.address);
  if (!allocation) {
    if (!corner.device) return {};
    return std::string(name) +
           " is no memory of the device: " + DeviceMemory::get().describe(corner.address, bytes);
  }
  if (corner.address + bytes > allocation->address + allocation->bytes) {
    return std::string(name) + " ends " +
           std::to_string(corner.address + bytes - allocation->address - allocation->bytes) +
           " bytes past its allocation of " + std::to_string(allocation->bytes) + " bytes";
  }
  bool of_device = allocation->kind == MemoryKind::device ||
                   allocation->kind == MemoryKind::constant ||
                   allocation->kind == MemoryKind::reserved;
  const Owned* memory = find_owned(corner.address);
  bool managed = memory && memory->origin == Origin::managed;
  if (!corner.device && of_device && !managed) {
    return std::string(name) + " should be of the host, and is memory of the device";
  }
  return {};
}

bool is_device(uint64_t address) { return side_of(address) >= Side::device; }

void set_sides(CopyCall& call) {
  switch (call.kind) {
    case cudaMemcpyHostToHost:
      return;
    case cudaMemcpyHostToDevice:
      call.to.device = true;
      return;
    case cudaMemcpyDeviceToHost:
      call.from.device = true;
      return;
    case cudaMemcpyDeviceToDevice:
      call.to.device = true;
      call.from.device = true;
      return;
    case cudaMemcpyDefault:
      call.to.device = is_device(call.to.address);
      call.from.device = is_device(call.from.address);
      return;
  }
  throw Error(cudaErrorInvalidMemcpyDirection, "no such direction");
}

template <class Row>
void for_each_row(const Box& box, const Corner& to, const Corner& from, Row&& row) {
  for (uint64_t z = 0; z < box.depth; ++z) {
    for (uint64_t y = 0; y < box.height; ++y) {
      row(to.address + z * to.slice + y * to.pitch, from.address + z * from.slice + y * from.pitch);
    }
  }
}

void copy_row(uint64_t to, uint64_t from, uint64_t bytes, const CopyCall& call) {
  DeviceMemory& memory = DeviceMemory::get();
  std::memmove(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes);
  bool tracked = side_of(to) == Side::device;
  bool from_device = !call.staged && side_of(from) == Side::device;
  if (tracked && from_device) memory.copy_initialized(to, from, bytes);
  if (tracked && !from_device) memory.set_initialized(to, bytes);
  if (!tracked && from_device && runtime_options().report_uninitialized_copies &&
      !memory.is_initialized(from, bytes)) {
    report("a copy of " + std::to_string(bytes) +
           " bytes to the host takes bytes that nothing has written");
  }
}

}  // namespace

bool is_device_to_host(const CopyCall& call) { return call.from.device && !call.to.device; }

void check(const CopyCall& call) {
  if (call.box.empty()) return;
  bool flat = call.box.height == 1 && call.box.depth == 1;
  if (!flat && (call.to.pitch < call.box.width || call.from.pitch < call.box.width)) {
    throw Error(cudaErrorInvalidPitchValue, "a pitch is less than the width of a row");
  }
  std::string wrong = problem(call.to, call.box, "the destination");
  if (wrong.empty() && !call.staged) wrong = problem(call.from, call.box, "the source");
  if (!wrong.empty()) throw Error(cudaErrorInvalidValue, "a copy whose " + wrong.substr(4));
}

void check(const FillCall& call) {
  if (call.box.empty()) return;
  std::string wrong = problem(call.to, call.box, "the destination");
  if (!wrong.empty()) throw Error(cudaErrorInvalidValue, "a fill whose " + wrong.substr(4));
  if (call.element_bytes != 1 && call.element_bytes != 2 && call.element_bytes != 4) {
    throw Error(cudaErrorInvalidValue, "a fill with elements of other than 1, 2 or 4 bytes");
  }
}

CopyCall make_copy(void* to, uint64_t to_pitch, const void* from, uint64_t from_pitch, Box box,
                   cudaMemcpyKind kind) {
  CopyCall call;
  call.to = {reinterpret_cast<uint64_t>(to), to_pitch, to_pitch * box.height};
  call.from = {reinterpret_cast<uint64_t>(from), from_pitch, from_pitch * box.height};
  call.box = box;
  call.kind = kind;
  set_sides(call);
  check(call);
  return call;
}

CopyCall make_copy(void* to, const void* from, uint64_t bytes, cudaMemcpyKind kind) {
  return make_copy(to, bytes, from, bytes, Box{bytes}, kind);
}

CopyCall make_copy(const cudaMemcpy3DParms& parameters) {
  if (parameters.srcArray || parameters.dstArray) {
    throw Error(cudaErrorNotSupported, "CUDA arrays are not modelled");
  }
  auto corner = [](const cudaPitchedPtr& pointer, const cudaPos& position) {
    Corner made;
    made.pitch = pointer.pitch;
    made.slice = pointer.pitch * pointer.ysize;
    made.address = reinterpret_cast<uint64_t>(pointer.ptr) + position.z * made.slice +
                   position.y * made.pitch + position.x;
    return made;
  };
  CopyCall call;
  call.to = corner(parameters.dstPtr, parameters.dstPos);
  call.from = corner(parameters.srcPtr, parameters.srcPos);
  call.box = {parameters.extent.width, parameters.extent.height, parameters.extent.depth};
  call.kind = parameters.kind;
  set_sides(call);
  check(call);
  return call;
}

FillCall make_fill(void* to, uint64_t pitch, int value, Box box) {
  FillCall call;
  call.to = {reinterpret_cast<uint64_t>(to), pitch, pitch * box.height, true};
  call.box = box;
  call.value = static_cast<uint8_t>(value);
  check(call);
  return call;
}

FillCall make_fill(const cudaMemsetParams& parameters) {
  FillCall call;
  call.box = {parameters.width * parameters.elementSize, parameters.height};
  uint64_t pitch = parameters.height > 1 ? parameters.pitch : call.box.width;
  call.to = {reinterpret_cast<uint64_t>(parameters.dst), pitch, 0, true};
  call.value = parameters.value;
  call.element_bytes = parameters.elementSize;
  check(call);
  return call;
}

void stage_pageable_source(CopyCall& call) {
  if (call.from.device || call.box.empty() || side_of(call.from.address) != Side::pageable) return;
  // Without a queue the copy runs before the caller goes on.
  if (!runtime_options().late_streams) return;
  Corner source = call.from;
  call.from.pitch = call.box.width;
  call.from.slice = call.box.width * call.box.height;
  call.staged = std::make_shared<std::vector<std::byte>>(call.from.slice * call.box.depth);
  call.from.address = reinterpret_cast<uint64_t>(call.staged->data());
  for_each_row(call.box, call.from, source, [&](uint64_t to, uint64_t from) {
    std::memcpy(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), call.box.width);
  });
}

// When its turn has come. It was right when it was enqueued.
template <class Call>
static void check_again(const Call& call) {
  try {
    check(call);
  } catch (const Error& error) {
    throw Fault(FaultKind::out_of_bounds,
                std::string("memory was freed before its turn: ") + error.what());
  }
}

void perform(const CopyCall& call) {
  if (call.box.empty()) return;
  check_again(call);
  if (side_of(call.from.address) == Side::reserved || side_of(call.to.address) == Side::reserved) {
    if (runtime_options().dry_run) return;
    throw Fault(FaultKind::out_of_bounds, "a copy of addresses without memory behind them");
  }
  for_each_row(call.box, call.to, call.from,
               [&](uint64_t to, uint64_t from) { copy_row(to, from, call.box.width, call); });
}

void perform(const FillCall& call) {
  if (call.box.empty()) return;
  check_again(call);
  if (side_of(call.to.address) == Side::reserved) {
    if (runtime_options().dry_run) return;
    throw Fault(FaultKind::out_of_bounds, "a fill of addresses without memory behind them");
  }
  for_each_row(call.box, call.to, call.to, [&](uint64_t row, uint64_t) {
    auto* at = reinterpret_cast<std::byte*>(row);
    for (uint64_t i = 0; i < call.box.width; i += call.element_bytes) {
      std::memcpy(at + i, &call.value, call.element_bytes);
    }
    DeviceMemory::get().set_initialized(row, call.box.width);
  });
}

}  // namespace lean::simt
