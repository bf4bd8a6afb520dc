// What a stream can be told to do, checked already: enqueued, or kept as a node of a graph.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "simt/machine/launch.h"

namespace lean::simt {

struct Function;
struct Event;

struct LaunchShape {
  dim3 grid, block;
  uint64_t shared = 0;
  bool cooperative = false;
  dim3 cluster{0, 0, 0};  // zeros: what the kernel says, or none
};

struct KernelCall {
  Function* function = nullptr;
  LaunchShape shape;  // as asked for
  Launch launch;
};

// `height` rows of `width` bytes in each of `depth` slices.
struct Box {
  uint64_t width = 0, height = 1, depth = 1;
  bool empty() const { return width == 0 || height == 0 || depth == 0; }
};

struct Corner {
  uint64_t address = 0;
  uint64_t pitch = 0;  // from row to row
  uint64_t slice = 0;  // from slice to slice
  bool device = false;
};

struct CopyCall {
  Corner to, from;
  Box box;
  cudaMemcpyKind kind = cudaMemcpyDefault;  // as asked for
  // What a pageable source held when the copy was enqueued; `from` then points to it.
  std::shared_ptr<std::vector<std::byte>> staged;
};

struct FillCall {
  Corner to;
  Box box;
  uint32_t value = 0;
  uint32_t element_bytes = 1;
};

struct HostCall {
  cudaHostFn_t function = nullptr;
  void* data = nullptr;
};

struct ReleaseCall {
  uint64_t address = 0;
};

struct RecordCall {
  std::shared_ptr<Event> event;
};

// A call of a library that stands in for NVIDIA's (simt/libs): kernels, to a graph.
struct LibraryCall {
  std::function<void()> run;
};

// Comes after the event as it was recorded when the graph is launched. Of graphs alone.
struct WaitCall {
  std::shared_ptr<Event> event;
};

// Waits for what came before, and does nothing.
struct Nothing {};

using Operation = std::variant<Nothing, KernelCall, CopyCall, FillCall, HostCall, ReleaseCall,
                               RecordCall, WaitCall, LibraryCall>;

// Throws Fault, and Error where the memory of a copy is not what it was when it was checked.
void execute(const Operation& operation);

// copy.cpp. They throw Error for what is out of bounds or the wrong way round.
void check(const CopyCall& call);
void check(const FillCall& call);
CopyCall make_copy(void* to, const void* from, uint64_t bytes, cudaMemcpyKind kind);
CopyCall make_copy(void* to, uint64_t to_pitch, const void* from, uint64_t from_pitch, Box box,
                   cudaMemcpyKind kind);
CopyCall make_copy(const cudaMemcpy3DParms& parameters);
FillCall make_fill(void* to, uint64_t pitch, int value, Box box);
FillCall make_fill(const cudaMemsetParams& parameters);
// The source as it is now, where the copy is enqueued and CUDA reads it at once.
void stage_pageable_source(CopyCall& call);
bool is_device_to_host(const CopyCall& call);
void perform(const CopyCall& call);
void perform(const FillCall& call);

// A launch with its parameters copied, and everything checked (launch-checks.cpp).
KernelCall make_kernel_call(const void* function, const LaunchShape& shape, void** arguments,
                            void** extra = nullptr);

}  // namespace lean::simt
