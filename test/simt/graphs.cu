// Stream capture and graphs.
#include "support.h"

using namespace lean::simt;
using namespace lean::simt::test;

namespace {

__global__ void scale(float* x, float by, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) x[i] *= by;
}

__global__ void add(const float* x, const float* y, float* to, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) to[i] = x[i] + y[i];
}

struct Streams {
  cudaStream_t first, second;
  cudaEvent_t fork, join;
  Streams() {
    CUDA_OK(cudaStreamCreateWithFlags(&first, cudaStreamNonBlocking));
    CUDA_OK(cudaStreamCreateWithFlags(&second, cudaStreamNonBlocking));
    CUDA_OK(cudaEventCreateWithFlags(&fork, cudaEventDisableTiming));
    CUDA_OK(cudaEventCreateWithFlags(&join, cudaEventDisableTiming));
  }
};

std::vector<cudaGraphNode_t> nodes_of(cudaGraph_t graph) {
  size_t count = 0;
  CUDA_OK(cudaGraphGetNodes(graph, nullptr, &count));
  std::vector<cudaGraphNode_t> nodes(count);
  CUDA_OK(cudaGraphGetNodes(graph, nodes.data(), &count));
  return nodes;
}

cudaGraphExec_t make_ready(cudaGraph_t graph) {
  cudaGraphExec_t exec;
  CUDA_OK(cudaGraphInstantiate(&exec, graph, 0));
  return exec;
}

}  // namespace

TEST_CASE("graphs: captured, run twice, and run with other parameters") {
  Streams streams;
  DeviceArray<float> x(std::vector<float>{1, 2, 3});
  CUDA_OK(cudaStreamBeginCapture(streams.first, cudaStreamCaptureModeThreadLocal));
  scale<<<1, 32, 0, streams.first>>>(x, 2, 3);
  CUDA_OK(cudaGetLastError());
  cudaGraph_t graph;
  CUDA_OK(cudaStreamEndCapture(streams.first, &graph));
  CHECK(x.get()[0] == 1);

  cudaGraphExec_t exec = make_ready(graph);
  CUDA_OK(cudaGraphLaunch(exec, streams.first));
  CUDA_OK(cudaGraphLaunch(exec, streams.first));
  CUDA_OK(cudaStreamSynchronize(streams.first));
  CHECK(x.get() == std::vector<float>{4, 8, 12});

  std::vector<cudaGraphNode_t> nodes = nodes_of(graph);
  REQUIRE(nodes.size() == 1);
  cudaGraphNodeType type;
  CUDA_OK(cudaGraphNodeGetType(nodes[0], &type));
  CHECK(type == cudaGraphNodeTypeKernel);
  cudaKernelNodeParams parameters;
  CUDA_OK(cudaGraphKernelNodeGetParams(nodes[0], &parameters));
  CHECK(parameters.blockDim.x == 32);
  CHECK(*static_cast<float*>(parameters.kernelParams[1]) == 2);
  float half = 0.5f;
  void* arguments[] = {parameters.kernelParams[0], &half, parameters.kernelParams[2]};
  parameters.kernelParams = arguments;
  CUDA_OK(cudaGraphExecKernelNodeSetParams(exec, nodes[0], &parameters));
  half = 100;  // copied already
  CUDA_OK(cudaGraphLaunch(exec, streams.first));
  CUDA_OK(cudaStreamSynchronize(streams.first));
  CHECK(x.get() == std::vector<float>{2, 4, 6});

  CUDA_OK(cudaGraphExecDestroy(exec));
  CUDA_OK(cudaGraphDestroy(graph));
  CHECK(cudaGraphLaunch(exec, streams.first) == cudaErrorInvalidResourceHandle);
}

TEST_CASE("graphs: fork and join, in every order that they allow") {
  for (uint64_t seed = 0; seed < 6; ++seed) {
    cudaDeviceReset();
    Streams streams;
    DeviceArray<float> x(std::vector<float>{1, 2}), y(std::vector<float>{10, 20}), sum(2);
    CUDA_OK(cudaStreamBeginCapture(streams.first, cudaStreamCaptureModeGlobal));
    CUDA_OK(cudaEventRecord(streams.fork, streams.first));
    CUDA_OK(cudaStreamWaitEvent(streams.second, streams.fork, 0));
    cudaStreamCaptureStatus status;
    CUDA_OK(cudaStreamIsCapturing(streams.second, &status));
    CHECK(status == cudaStreamCaptureStatusActive);
    scale<<<1, 32, 0, streams.first>>>(x, 2, 2);
    scale<<<1, 32, 0, streams.second>>>(y, 3, 2);
    CUDA_OK(cudaEventRecord(streams.join, streams.second));
    CUDA_OK(cudaStreamWaitEvent(streams.first, streams.join, 0));
    add<<<1, 32, 0, streams.first>>>(x, y, sum, 2);
    cudaGraph_t graph;
    CUDA_OK(cudaStreamEndCapture(streams.first, &graph));
    CUDA_OK(cudaStreamIsCapturing(streams.second, &status));
    CHECK(status == cudaStreamCaptureStatusNone);
    size_t edges = 0;
    CUDA_OK(cudaGraphGetEdges(graph, nullptr, nullptr, nullptr, &edges));
    CHECK(edges == 2);

    cudaGraphExec_t exec = make_ready(graph);
    runtime_options().late_streams = true;
    runtime_options().stream_seed = seed;
    CUDA_OK(cudaGraphLaunch(exec, streams.first));
    CUDA_OK(cudaStreamSynchronize(streams.first));
    CHECK(sum.get() == std::vector<float>{32, 64});
    runtime_options().late_streams = false;
  }
}

TEST_CASE("graphs: what a capture refuses") {
  Streams streams;
  cudaGraph_t graph;
  DeviceArray<float> x(4);

  SUBCASE("waiting for the stream") {
    CUDA_OK(cudaStreamBeginCapture(streams.first, cudaStreamCaptureModeGlobal));
    CHECK(cudaStreamSynchronize(streams.first) == cudaErrorStreamCaptureUnsupported);
    CHECK(cudaStreamEndCapture(streams.first, &graph) == cudaErrorStreamCaptureInvalidated);
    CHECK(graph == nullptr);
  }
  SUBCASE("waiting for the device") {
    CUDA_OK(cudaStreamBeginCapture(streams.first, cudaStreamCaptureModeRelaxed));
    CHECK(cudaDeviceSynchronize() == cudaErrorStreamCaptureUnsupported);
    CHECK(cudaStreamEndCapture(streams.first, &graph) == cudaErrorStreamCaptureInvalidated);
  }
  SUBCASE("allocating, unless the mode is relaxed") {
    void* pointer;
    CUDA_OK(cudaStreamBeginCapture(streams.first, cudaStreamCaptureModeThreadLocal));
    CHECK(cudaMalloc(&pointer, 4) == cudaErrorStreamCaptureUnsupported);
    CHECK(cudaStreamEndCapture(streams.first, &graph) == cudaErrorStreamCaptureInvalidated);
    CUDA_OK(cudaStreamBeginCapture(streams.first, cudaStreamCaptureModeRelaxed));
    CUDA_OK(cudaMalloc(&pointer, 4));
    CUDA_OK(cudaStreamEndCapture(streams.first, &graph));
  }
  SUBCASE("work that is not joined") {
    CUDA_OK(cudaStreamBeginCapture(streams.first, cudaStreamCaptureModeGlobal));
    CUDA_OK(cudaEventRecord(streams.fork, streams.first));
    CUDA_OK(cudaStreamWaitEvent(streams.second, streams.fork, 0));
    CUDA_OK(cudaMemsetAsync(x, 0, 16, streams.second));
    CHECK(cudaStreamEndCapture(streams.first, &graph) == cudaErrorStreamCaptureUnjoined);
  }
  SUBCASE("an end in another stream than the beginning") {
    CUDA_OK(cudaStreamBeginCapture(streams.first, cudaStreamCaptureModeGlobal));
    CUDA_OK(cudaEventRecord(streams.fork, streams.first));
    CUDA_OK(cudaStreamWaitEvent(streams.second, streams.fork, 0));
    CHECK(cudaStreamEndCapture(streams.second, &graph) == cudaErrorStreamCaptureUnmatched);
    CHECK(cudaStreamEndCapture(streams.first, &graph) == cudaErrorStreamCaptureInvalidated);
  }
  SUBCASE("an event from outside") {
    CUDA_OK(cudaEventRecord(streams.fork, streams.second));
    CUDA_OK(cudaStreamBeginCapture(streams.first, cudaStreamCaptureModeGlobal));
    CHECK(cudaStreamWaitEvent(streams.first, streams.fork, 0) == cudaErrorStreamCaptureIsolation);
    CHECK(cudaStreamEndCapture(streams.first, &graph) == cudaErrorStreamCaptureInvalidated);
  }
  SUBCASE("two captures in one") {
    CUDA_OK(cudaStreamBeginCapture(streams.first, cudaStreamCaptureModeGlobal));
    CUDA_OK(cudaStreamBeginCapture(streams.second, cudaStreamCaptureModeGlobal));
    CUDA_OK(cudaEventRecord(streams.fork, streams.first));
    CHECK(cudaStreamWaitEvent(streams.second, streams.fork, 0) == cudaErrorStreamCaptureMerge);
  }
  SUBCASE("an event of a capture, outside") {
    CUDA_OK(cudaStreamBeginCapture(streams.first, cudaStreamCaptureModeGlobal));
    CUDA_OK(cudaEventRecord(streams.fork, streams.first));
    CUDA_OK(cudaStreamEndCapture(streams.first, &graph));
    CHECK(cudaEventSynchronize(streams.fork) == cudaErrorCapturedEvent);
  }
  SUBCASE("the legacy stream, beside a blocking stream that is captured") {
    cudaStream_t blocking;
    CUDA_OK(cudaStreamCreate(&blocking));
    CUDA_OK(cudaStreamBeginCapture(blocking, cudaStreamCaptureModeRelaxed));
    CHECK(cudaMemset(x, 0, 16) == cudaErrorStreamCaptureImplicit);
    CHECK(cudaStreamEndCapture(blocking, &graph) == cudaErrorStreamCaptureInvalidated);
  }
  SUBCASE("the legacy stream itself, and ends without beginnings") {
    CHECK(cudaStreamBeginCapture(nullptr, cudaStreamCaptureModeGlobal) ==
          cudaErrorStreamCaptureUnsupported);
    CHECK(cudaStreamEndCapture(streams.first, &graph) == cudaErrorIllegalState);
  }
}

TEST_CASE("graphs: made by hand") {
  DeviceArray<float> x(2), y(2), sum(2);
  std::vector<float> from{1, 2}, to(2);
  cudaGraph_t graph;
  CUDA_OK(cudaGraphCreate(&graph, 0));
  cudaGraphNode_t copy, fill, kernel, back, host;
  CUDA_OK(cudaGraphAddMemcpyNode1D(&copy, graph, nullptr, 0, x, from.data(), 8,
                                   cudaMemcpyHostToDevice));
  cudaMemsetParams zeros{};
  zeros.dst = y;
  zeros.value = 0x3f800000;  // 1.0f
  zeros.elementSize = 4;
  zeros.width = 2;
  zeros.height = 1;
  CUDA_OK(cudaGraphAddMemsetNode(&fill, graph, nullptr, 0, &zeros));
  float *xp = x, *yp = y, *sump = sum;
  int count = 2;
  void* arguments[] = {&xp, &yp, &sump, &count};
  cudaKernelNodeParams parameters{};
  parameters.func = reinterpret_cast<void*>(add);
  parameters.gridDim = 1;
  parameters.blockDim = 32;
  parameters.kernelParams = arguments;
  cudaGraphNode_t both[] = {copy, fill};
  CUDA_OK(cudaGraphAddKernelNode(&kernel, graph, both, 2, &parameters));
  CUDA_OK(cudaGraphAddMemcpyNode1D(&back, graph, &kernel, 1, to.data(), sum, 8,
                                   cudaMemcpyDeviceToHost));
  bool called = false;
  cudaHostNodeParams call{[](void* flag) { *static_cast<bool*>(flag) = true; }, &called};
  CUDA_OK(cudaGraphAddHostNode(&host, graph, &back, 1, &call));
  CHECK(cudaGraphAddHostNode(&host, graph, reinterpret_cast<cudaGraphNode_t*>(&graph), 1, &call) ==
        cudaErrorInvalidValue);

  cudaGraphExec_t exec = make_ready(graph);
  CUDA_OK(cudaGraphLaunch(exec, nullptr));
  CUDA_OK(cudaDeviceSynchronize());
  CHECK(to == std::vector<float>{2, 3});
  CHECK(called);

  SUBCASE("a child graph") {
    cudaGraph_t parent;
    cudaGraphNode_t child, after;
    CUDA_OK(cudaGraphCreate(&parent, 0));
    CUDA_OK(cudaGraphAddChildGraphNode(&child, parent, nullptr, 0, graph));
    CUDA_OK(cudaGraphAddMemcpyNode1D(&after, parent, &child, 1, x, sum, 8,
                                     cudaMemcpyDeviceToDevice));
    from = {5, 6};
    CUDA_OK(cudaGraphLaunch(make_ready(parent), nullptr));
    CHECK(x.get() == std::vector<float>{6, 7});
  }
  SUBCASE("an update from another graph of the same shape") {
    cudaGraph_t other;
    CUDA_OK(cudaGraphClone(&other, graph));
    std::vector<cudaGraphNode_t> nodes = nodes_of(other);
    std::vector<float> source{7, 8};
    CUDA_OK(cudaGraphMemcpyNodeSetParams1D(nodes[0], x, source.data(), 8, cudaMemcpyHostToDevice));
    cudaGraphExecUpdateResultInfo result;
    CUDA_OK(cudaGraphExecUpdate(exec, other, &result));
    CUDA_OK(cudaGraphLaunch(exec, nullptr));
    CHECK(sum.get() == std::vector<float>{8, 9});
    CUDA_OK(cudaGraphDestroyNode(nodes[4]));
    CHECK(cudaGraphExecUpdate(exec, other, &result) == cudaErrorGraphExecUpdateFailure);
    CHECK(result.result == cudaGraphExecUpdateErrorTopologyChanged);
  }
  SUBCASE("a cycle") {
    CUDA_OK(cudaGraphAddDependencies(graph, &kernel, &copy, nullptr, 1));
    cudaGraphExec_t none;
    CHECK(cudaGraphInstantiate(&none, graph, 0) == cudaErrorInvalidValue);
  }
}
