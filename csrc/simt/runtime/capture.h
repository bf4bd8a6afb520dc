// Streams that are recorded into a graph instead of running (CUDA programming guide, 6.2.8.7.3).
#pragma once

#include <cuda_runtime_api.h>

#include <memory>
#include <thread>

#include "simt/runtime/operation.h"

namespace lean::simt {

struct Event;
struct Graph;
struct Stream;

struct Capture {
  uint64_t id = 0;
  cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
  std::thread::id thread;
  std::shared_ptr<Graph> graph;
  Stream* origin = nullptr;
  bool invalidated = false;
  bool ended = false;
};

// Throws cudaErrorStreamCaptureImplicit, and invalidates, where the stream is the legacy one and a
// stream that it waits for is being captured.
void refuse_implicit_dependency(const Stream& stream);
// For calls that wait for a stream or ask about it.
void refuse_synchronizing(const Stream& stream);
// For calls that wait for the whole device, whatever the mode.
void refuse_while_any_capture();
// For calls that CUDA calls potentially unsafe, such as cudaMalloc: by the modes of the captures
// and of this thread.
void refuse_unsafe_call();

void add_captured(Stream& stream, Operation operation);
void record_captured(Event& event, Stream& stream);
void wait_captured(Stream& stream, const Event& event);

}  // namespace lean::simt
