#include "simt/runtime/capture.h"

#include <algorithm>
#include <unordered_set>

#include "simt/runtime/context.h"
#include "simt/runtime/graph.h"
#include "simt/runtime/stream.h"

namespace lean::simt {
namespace {

thread_local cudaStreamCaptureMode thread_mode = cudaStreamCaptureModeGlobal;

std::vector<std::shared_ptr<Capture>> active_captures() {
  auto& all = context().captures;
  std::erase_if(all, [](const auto& capture) {
    auto held = capture.lock();
    return !held || held->ended;
  });
  std::vector<std::shared_ptr<Capture>> active;
  for (auto& capture : all) active.push_back(capture.lock());
  return active;
}

[[noreturn]] void invalidate(Capture& capture, cudaError_t code, const char* message) {
  capture.invalidated = true;
  throw Error(code, message);
}

void require_valid(const Capture& capture) {
  if (capture.invalidated) {
    throw Error(cudaErrorStreamCaptureInvalidated, "an earlier error ended this capture");
  }
}

template <class Do>
void for_each_stream(Do&& action) {
  Context& all = context();
  for (auto& [handle, stream] : all.streams.all()) action(*stream);
  for (auto& [thread, stream] : all.per_thread) action(*stream);
}

std::unordered_set<const Node*> ancestors(const std::vector<Node*>& frontier) {
  std::unordered_set<const Node*> seen;
  std::vector<const Node*> open(frontier.begin(), frontier.end());
  while (!open.empty()) {
    const Node* node = open.back();
    open.pop_back();
    if (!seen.insert(node).second) continue;
    open.insert(open.end(), node->dependencies.begin(), node->dependencies.end());
  }
  return seen;
}

void begin(Stream& stream, cudaStreamCaptureMode mode, std::shared_ptr<Graph> graph,
           std::vector<Node*> frontier) {
  if (stream.legacy) {
    throw Error(cudaErrorStreamCaptureUnsupported, "the legacy stream cannot be captured");
  }
  if (stream.capture) throw Error(cudaErrorIllegalState, "the stream is being captured already");
  auto capture = std::make_shared<Capture>();
  capture->id = ++context().next_id;
  capture->mode = mode;
  capture->thread = std::this_thread::get_id();
  capture->graph = std::move(graph);
  capture->origin = &stream;
  context().captures.push_back(capture);
  stream.capture = std::move(capture);
  stream.frontier = std::move(frontier);
}

// Takes the streams out of the capture and returns its graph. Throws what CUDA returns.
std::shared_ptr<Graph> end(Stream& stream) {
  std::shared_ptr<Capture> capture = stream.capture;
  if (!capture) throw Error(cudaErrorIllegalState, "the stream is not being captured");
  if (capture->origin != &stream) {
    invalidate(*capture, cudaErrorStreamCaptureUnmatched,
               "a capture ends in the stream in which it began");
  }
  if (capture->mode != cudaStreamCaptureModeRelaxed &&
      capture->thread != std::this_thread::get_id()) {
    throw Error(cudaErrorStreamCaptureWrongThread, "a capture ends in the thread that began it");
  }
  auto joined = ancestors(stream.frontier);
  bool unjoined = false;
  for_each_stream([&](Stream& other) {
    if (other.capture != capture) return;
    for (const Node* node : other.frontier) unjoined |= !joined.contains(node);
    other.capture.reset();
    other.frontier.clear();
  });
  capture->ended = true;
  require_valid(*capture);
  if (unjoined) {
    throw Error(cudaErrorStreamCaptureUnjoined,
                "a stream that joined the capture has work that the first one does not wait for");
  }
  return capture->graph;
}

}  // namespace

void refuse_implicit_dependency(const Stream& stream) {
  if (!stream.legacy) return;
  for_each_stream([&](Stream& other) {
    if (other.blocking() && other.capture) {
      invalidate(*other.capture, cudaErrorStreamCaptureImplicit,
                 "the legacy stream waits for a stream that is being captured");
    }
  });
}

void refuse_synchronizing(const Stream& stream) {
  refuse_implicit_dependency(stream);
  if (!stream.capture) return;
  invalidate(*stream.capture, cudaErrorStreamCaptureUnsupported,
             "nothing runs in a stream that is being captured, so there is nothing to wait for");
}

void refuse_while_any_capture() {
  for (auto& capture : active_captures()) {
    invalidate(*capture, cudaErrorStreamCaptureUnsupported, "a stream is being captured");
  }
}

void refuse_unsafe_call() {
  if (thread_mode == cudaStreamCaptureModeRelaxed) return;
  for (auto& capture : active_captures()) {
    if (capture->mode == cudaStreamCaptureModeRelaxed) continue;
    bool ours = capture->thread == std::this_thread::get_id();
    bool global =
        capture->mode == cudaStreamCaptureModeGlobal && thread_mode == cudaStreamCaptureModeGlobal;
    if (ours || global) {
      invalidate(*capture, cudaErrorStreamCaptureUnsupported,
                 "this call may wait for work that is being captured");
    }
  }
}

void add_captured(Stream& stream, Operation operation) {
  require_valid(*stream.capture);
  if (std::holds_alternative<ReleaseCall>(operation)) {
    invalidate(*stream.capture, cudaErrorNotSupported,
               "memory that is allocated or freed in a capture is not modelled");
  }
  cudaGraphNodeType type = type_of(operation);
  Node& node = stream.capture->graph->add(type, std::move(operation), stream.frontier);
  stream.frontier = {&node};
}

void record_captured(Event& event, Stream& stream) {
  require_valid(*stream.capture);
  event.recorded = true;
  event.task.reset();
  event.capture = stream.capture;
  event.frontier = stream.frontier;
}

void wait_captured(Stream& stream, const Event& event) {
  if (!event.capture) {
    // An event that was never recorded holds nobody up.
    if (!event.recorded) return;
    invalidate(*stream.capture, cudaErrorStreamCaptureIsolation,
               "a captured stream would wait for work that is not in the capture");
  }
  if (event.capture->ended) {
    throw Error(cudaErrorCapturedEvent, "the event was recorded in a capture that has ended");
  }
  require_valid(*event.capture);
  if (stream.legacy) {
    invalidate(*event.capture, cudaErrorStreamCaptureImplicit,
               "the legacy stream cannot join a capture");
  }
  if (stream.capture && stream.capture != event.capture) {
    stream.capture->invalidated = true;
    invalidate(*event.capture, cudaErrorStreamCaptureMerge, "two captures would become one");
  }
  stream.capture = event.capture;
  for (Node* node : event.frontier) {
    auto& frontier = stream.frontier;
    if (std::find(frontier.begin(), frontier.end(), node) == frontier.end()) {
      frontier.push_back(node);
    }
  }
}

}  // namespace lean::simt

using namespace lean::simt;

extern "C" {

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  return api([&] { begin(find_stream(stream), mode, std::make_shared<Graph>(), {}); });
}

cudaError_t cudaStreamBeginCaptureToGraph(cudaStream_t stream, cudaGraph_t graph,
                                          const cudaGraphNode_t* dependencies,
                                          const cudaGraphEdgeData*, size_t count,
                                          cudaStreamCaptureMode mode) {
  return api([&] {
    const auto& target = find_graph(graph);
    begin(find_stream(stream), mode, target, find_nodes(dependencies, count, *target));
  });
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  return api([&] {
    *graph = nullptr;
    std::shared_ptr<Graph> made = end(find_stream(stream));
    if (context().graphs.contains(made.get())) {
      *graph = reinterpret_cast<cudaGraph_t>(made.get());
    } else {
      *graph = context().graphs.add<cudaGraph_t>(std::move(made));
    }
  });
}

cudaError_t cudaStreamIsCapturing(cudaStream_t handle, cudaStreamCaptureStatus* status) {
  return api([&] {
    const Stream& stream = find_stream(handle);
    refuse_implicit_dependency(stream);
    *status = cudaStreamCaptureStatusNone;
    if (stream.capture) {
      *status = stream.capture->invalidated ? cudaStreamCaptureStatusInvalidated
                                            : cudaStreamCaptureStatusActive;
    }
  });
}

cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
  std::swap(*mode, thread_mode);
  return cudaSuccess;
}

cudaError_t cudaStreamGetCaptureInfo(cudaStream_t handle, cudaStreamCaptureStatus* status,
                                     unsigned long long* id, cudaGraph_t* graph,
                                     const cudaGraphNode_t** dependencies,
                                     const cudaGraphEdgeData** edges, size_t* count) {
  cudaError_t error = cudaStreamIsCapturing(handle, status);
  if (error != cudaSuccess || *status != cudaStreamCaptureStatusActive) return error;
  return api([&] {
    const Stream& stream = find_stream(handle);
    if (id) *id = stream.capture->id;
    if (graph) {
      // The graph has a handle from now on; cudaStreamEndCapture() gives the same one.
      *graph = context().graphs.add<cudaGraph_t>(stream.capture->graph);
    }
    if (dependencies) {
      *dependencies = reinterpret_cast<const cudaGraphNode_t*>(stream.frontier.data());
    }
    if (edges) *edges = nullptr;
    if (count) *count = stream.frontier.size();
  });
}

cudaError_t cudaStreamUpdateCaptureDependencies(cudaStream_t handle, cudaGraphNode_t* dependencies,
                                                const cudaGraphEdgeData*, size_t count,
                                                unsigned flags) {
  return api([&] {
    Stream& stream = find_stream(handle);
    if (!stream.capture) throw Error(cudaErrorIllegalState, "the stream is not being captured");
    require_valid(*stream.capture);
    std::vector<Node*> nodes = find_nodes(dependencies, count, *stream.capture->graph);
    if (flags == cudaStreamSetCaptureDependencies) stream.frontier.clear();
    stream.frontier.insert(stream.frontier.end(), nodes.begin(), nodes.end());
  });
}
}
