#include "cuda/backend/graph.h"

#include "cuda/backend/check.h"

namespace lean::cuda {

Graph::~Graph() {
  if (ready_ != nullptr) cudaGraphExecDestroy(ready_);
}

void Graph::enqueue(cudaStream_t stream, Bases bases) const {
  for (const Launch& launch : launches_) launch.enqueue(stream, bases);
}

// On a stream of its own, since the one to run on may be the caller's and in use.
void Graph::capture() {
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "could not create a stream");
  cudaGraph_t graph = nullptr;
  try {
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "could not capture");
    enqueue(stream);
    check(cudaStreamEndCapture(stream, &graph), "could not capture");
    check(cudaGraphInstantiate(&ready_, graph, 0), "could not make a graph");
  } catch (...) {
    if (graph != nullptr) cudaGraphDestroy(graph);
    cudaStreamDestroy(stream);  // and with it a capture that has not ended
    throw;
  }
  cudaGraphDestroy(graph);
  cudaStreamDestroy(stream);
}

void Graph::run(cudaStream_t stream) {
  if (launches_.empty()) return;
  if (ready_ == nullptr) capture();
  check(cudaGraphLaunch(ready_, stream), "could not launch a step");
}

}  // namespace lean::cuda
