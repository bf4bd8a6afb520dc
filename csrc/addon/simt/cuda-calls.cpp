// `cuda`: calls of the runtime's that the owner of streams, events and memory makes beside the
// addon, for tests. In build/simt.node alone. Handles and addresses are BigInts; what CUDA refuses
// is an exception whose message is the error's name.
#include <cuda_runtime.h>
#include <napi.h>

#include <string>
#include <vector>

#include "addon/addon.h"
#include "addon/marshal.h"
#include "simt/libs/gate.h"
#include "simt/memory/device-memory.h"
#include "simt/runtime/allocations.h"
#include "simt/runtime/options.h"

namespace lean::addon {
namespace {

void check(Napi::Env env, cudaError_t status) {
  if (status == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());
  throw Napi::Error::New(env, cudaGetErrorName(status));
}

// Arguments by their numbers.
class Arguments {
 public:
  explicit Arguments(const Napi::CallbackInfo& info) : info_(info) {}

  Napi::Env env() const { return info_.Env(); }
  template <class Handle>
  Handle handle(size_t i) const {
    return static_cast<Handle>(read([&] { return read_address(info_[i], "handle"); }));
  }
  size_t size(size_t i) const {
    return read([&] { return read_size(info_[i], "number"); });
  }
  std::string text(size_t i) const {
    return read([&] { return read_string(info_[i], "text"); });
  }
  void check(cudaError_t status) const { addon::check(env(), status); }
  Napi::Value address(const void* pointer) const {
    return Napi::BigInt::New(env(), static_cast<uint64_t>(reinterpret_cast<uintptr_t>(pointer)));
  }
  Napi::Value nothing() const { return env().Undefined(); }

 private:
  template <class Read>
  auto read(Read read) const -> decltype(read()) {
    try {
      return read();
    } catch (const lean::Error& error) {
      throw Napi::TypeError::New(env(), error.what());
    }
  }

  const Napi::CallbackInfo& info_;
};

// createStream("blocking" | "nonBlocking")
Napi::Value create_stream(const Arguments& in) {
  cudaStream_t stream = nullptr;
  const bool blocking = in.text(0) == "blocking";
  in.check(
      cudaStreamCreateWithFlags(&stream, blocking ? cudaStreamDefault : cudaStreamNonBlocking));
  return in.address(stream);
}

Napi::Value destroy_stream(const Arguments& in) {
  in.check(cudaStreamDestroy(in.handle<cudaStream_t>(0)));
  return in.nothing();
}

Napi::Value synchronize_stream(const Arguments& in) {
  in.check(cudaStreamSynchronize(in.handle<cudaStream_t>(0)));
  return in.nothing();
}

Napi::Value create_event(const Arguments& in) {
  cudaEvent_t event = nullptr;
  in.check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  return in.address(event);
}

Napi::Value destroy_event(const Arguments& in) {
  in.check(cudaEventDestroy(in.handle<cudaEvent_t>(0)));
  return in.nothing();
}

// recordEvent(event, stream)
Napi::Value record_event(const Arguments& in) {
  in.check(cudaEventRecord(in.handle<cudaEvent_t>(0), in.handle<cudaStream_t>(1)));
  return in.nothing();
}

// waitEvent(stream, event)
Napi::Value wait_event(const Arguments& in) {
  in.check(cudaStreamWaitEvent(in.handle<cudaStream_t>(0), in.handle<cudaEvent_t>(1), 0));
  return in.nothing();
}

// beginCapture(stream): of the strictest kind
Napi::Value begin_capture(const Arguments& in) {
  in.check(cudaStreamBeginCapture(in.handle<cudaStream_t>(0), cudaStreamCaptureModeGlobal));
  return in.nothing();
}

// endCapture(stream): {graph, kernels}, the graph ready to be launched
Napi::Value end_capture(const Arguments& in) {
  cudaGraph_t graph = nullptr;
  in.check(cudaStreamEndCapture(in.handle<cudaStream_t>(0), &graph));
  cudaGraphExec_t ready = nullptr;
  size_t count = 0;
  in.check(cudaGraphInstantiate(&ready, graph, 0));
  in.check(cudaGraphGetNodes(graph, nullptr, &count));
  std::vector<cudaGraphNode_t> nodes(count);
  in.check(cudaGraphGetNodes(graph, nodes.data(), &count));
  size_t kernels = 0;
  for (const cudaGraphNode_t node : nodes) {
    cudaGraphNodeType type = cudaGraphNodeTypeEmpty;
    in.check(cudaGraphNodeGetType(node, &type));
    if (type == cudaGraphNodeTypeKernel) ++kernels;
  }
  in.check(cudaGraphDestroy(graph));
  Napi::Object result = Napi::Object::New(in.env());
  result["graph"] = in.address(ready);
  result["kernels"] = Napi::Number::New(in.env(), static_cast<double>(kernels));
  return result;
}

// launchGraph(graph, stream)
Napi::Value launch_graph(const Arguments& in) {
  in.check(cudaGraphLaunch(in.handle<cudaGraphExec_t>(0), in.handle<cudaStream_t>(1)));
  return in.nothing();
}

Napi::Value destroy_graph(const Arguments& in) {
  in.check(cudaGraphExecDestroy(in.handle<cudaGraphExec_t>(0)));
  return in.nothing();
}

// copy(to, from, bytes, stream), from device to device
Napi::Value copy(const Arguments& in) {
  in.check(cudaMemcpyAsync(in.handle<void*>(0), in.handle<void*>(1), in.size(2),
                           cudaMemcpyDeviceToDevice, in.handle<cudaStream_t>(3)));
  return in.nothing();
}

// allocate("pinned" | "managed" | "foreign", bytes): foreign memory is another device's
Napi::Value allocate(const Arguments& in) {
  const std::string kind = in.text(0);
  void* memory = nullptr;
  if (kind == "pinned") in.check(cudaMallocHost(&memory, in.size(1)));
  if (kind == "managed") in.check(cudaMallocManaged(&memory, in.size(1), cudaMemAttachGlobal));
  if (kind == "foreign") {
    in.check(cudaMalloc(&memory, in.size(1)));
    simt::pretend_device(reinterpret_cast<uint64_t>(memory), 1);
  }
  return in.address(memory);
}

// freeBytes(): what is left of the device's memory
Napi::Value free_bytes(const Arguments& in) {
  size_t free = 0, total = 0;
  in.check(cudaMemGetInfo(&free, &total));
  return Napi::Number::New(in.env(), static_cast<double>(free));
}

// limitMemory(bytes): of the device in all
Napi::Value limit_memory(const Arguments& in) {
  simt::DeviceMemory::get().set_limit(in.size(0));
  return in.nothing();
}

// streams("now" | "late", seed): as LEAN_SIMT_STREAMS, once all work is done
Napi::Value streams(const Arguments& in) {
  in.check(cudaDeviceSynchronize());
  simt::runtime_options().late_streams = in.text(0) == "late";
  simt::runtime_options().stream_seed = in.size(1);
  return in.nothing();
}

// libraries("open" | "shut" | "failing"): whether their calls get through (simt/libs/gate.h)
Napi::Value libraries(const Arguments& in) {
  const std::string gate = in.text(0);
  simt::set_gate(gate == "shut"      ? simt::Gate::shut
                 : gate == "failing" ? simt::Gate::failing
                                     : simt::Gate::open);
  return in.nothing();
}

// callsStopped(): of libraries, so far
Napi::Value calls_stopped(const Arguments& in) {
  return Napi::Number::New(in.env(), static_cast<double>(simt::calls_stopped()));
}

template <Napi::Value (*call)(const Arguments&)>
Napi::Value entry(const Napi::CallbackInfo& info) {
  return call(Arguments(info));
}

void add_calls(Napi::Env env, Napi::Object exports) {
  Napi::Object calls = Napi::Object::New(env);
  calls["createStream"] = Napi::Function::New<entry<create_stream>>(env);
  calls["destroyStream"] = Napi::Function::New<entry<destroy_stream>>(env);
  calls["synchronizeStream"] = Napi::Function::New<entry<synchronize_stream>>(env);
  calls["createEvent"] = Napi::Function::New<entry<create_event>>(env);
  calls["destroyEvent"] = Napi::Function::New<entry<destroy_event>>(env);
  calls["recordEvent"] = Napi::Function::New<entry<record_event>>(env);
  calls["waitEvent"] = Napi::Function::New<entry<wait_event>>(env);
  calls["beginCapture"] = Napi::Function::New<entry<begin_capture>>(env);
  calls["endCapture"] = Napi::Function::New<entry<end_capture>>(env);
  calls["launchGraph"] = Napi::Function::New<entry<launch_graph>>(env);
  calls["destroyGraph"] = Napi::Function::New<entry<destroy_graph>>(env);
  calls["copy"] = Napi::Function::New<entry<copy>>(env);
  calls["allocate"] = Napi::Function::New<entry<allocate>>(env);
  calls["freeBytes"] = Napi::Function::New<entry<free_bytes>>(env);
  calls["limitMemory"] = Napi::Function::New<entry<limit_memory>>(env);
  calls["streams"] = Napi::Function::New<entry<streams>>(env);
  calls["libraries"] = Napi::Function::New<entry<libraries>>(env);
  calls["callsStopped"] = Napi::Function::New<entry<calls_stopped>>(env);
  exports["cuda"] = calls;
}

[[maybe_unused]] const bool registered = register_exports(add_calls);

}  // namespace
}  // namespace lean::addon
