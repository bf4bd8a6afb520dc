// Streams and events, and how work enters them.
#pragma once

#include <cuda_runtime_api.h>

#include <chrono>
#include <memory>
#include <vector>

#include "simt/runtime/operation.h"
#include "simt/runtime/work.h"

namespace lean::simt {

struct Capture;
struct Node;

struct Stream {
  bool legacy = false;
  unsigned flags = cudaStreamDefault;
  int priority = 0;
  uint64_t id = 0;
  TaskPtr last;

  // While it is captured: the session, and what its next work comes after.
  std::shared_ptr<Capture> capture;
  std::vector<Node*> frontier;

  bool blocking() const { return !legacy && (flags & cudaStreamNonBlocking) == 0; }
};

struct Event {
  unsigned flags = cudaEventDefault;
  TaskPtr task;  // of the latest record; null before the first
  bool recorded = false;
  std::chrono::steady_clock::time_point time;  // when that task ran

  // When it was last recorded in a capture.
  std::shared_ptr<Capture> capture;
  std::vector<Node*> frontier;
};

// The stream of a handle: 0 and cudaStreamLegacy, cudaStreamPerThread, or one that was created.
Stream& find_stream(cudaStream_t handle);
const std::shared_ptr<Event>& find_event(cudaEvent_t handle);

// What work in the stream must wait for: its own last task, and the legacy stream's rules.
std::vector<TaskPtr> predecessors(const Stream& stream);

// Enqueues, or adds a node to the graph that captures the stream.
void submit(Stream& stream, Operation operation);
// Work that no graph can hold.
TaskPtr submit_task(Stream& stream, std::vector<TaskPtr> also_after, std::function<void()> run);

// What comes next waits until the host has brought about what `may_run` asks for.
void submit_wait(Stream& stream, std::function<bool()> may_run);

// Throws what the work has left as a sticky error.
void synchronize(Stream& stream);

void record(const std::shared_ptr<Event>& event, Stream& stream);
void wait(Stream& stream, const Event& event);

}  // namespace lean::simt
