#include "cuda/backend/graph.h"

#include "cuda/backend/check.h"

namespace lean::cuda {

Graph::~Graph() {
  if (ready_ != nullptr) cudaGraphExecDestroy(ready_);
}

void Graph::enqueue(cudaStream_t stream) const {
  for (const Launch& launch : launches_) launch.enqueue(stream);
}

void Graph::capture(cudaStream_t stream) {
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "could not capture");
  cudaGraph_t graph = nullptr;
  try {
    enqueue(stream);
  } catch (...) {
    cudaStreamEndCapture(stream, &graph);
    if (graph != nullptr) cudaGraphDestroy(graph);
    throw;
  }
  check(cudaStreamEndCapture(stream, &graph), "could not capture");
  const cudaError_t status = cudaGraphInstantiate(&ready_, graph, 0);
  cudaGraphDestroy(graph);
  check(status, "could not make a graph");
}

void Graph::run(cudaStream_t stream) {
  if (launches_.empty()) return;
  cudaStreamCaptureStatus capturing = cudaStreamCaptureStatusNone;
  check(cudaStreamIsCapturing(stream, &capturing), "the stream is unusable");
  if (capturing != cudaStreamCaptureStatusNone) return enqueue(stream);
  if (ready_ == nullptr) capture(stream);
  check(cudaGraphLaunch(ready_, stream), "could not launch a step");
}

}  // namespace lean::cuda
