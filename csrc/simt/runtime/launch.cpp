// Launches and host functions.
#include "simt/runtime/context.h"
#include "simt/runtime/error.h"
#include "simt/runtime/operation.h"
#include "simt/runtime/stream.h"

using namespace lean::simt;

namespace {

cudaError_t launch(const void* function, const LaunchShape& shape, void** arguments,
                   cudaStream_t stream) {
  return api([&] {
    Stream& target = find_stream(stream);
    submit(target, make_kernel_call(function, shape, arguments));
  });
}

// The attributes that change what runs; the others are hints.
void apply(const cudaLaunchAttribute& attribute, LaunchShape& shape) {
  switch (attribute.id) {
    case cudaLaunchAttributeCooperative:
      shape.cooperative = attribute.val.cooperative != 0;
      return;
    case cudaLaunchAttributeClusterDimension:
      shape.cluster =
          dim3(attribute.val.clusterDim.x, attribute.val.clusterDim.y, attribute.val.clusterDim.z);
      return;
    case cudaLaunchAttributeProgrammaticEvent:
    case cudaLaunchAttributeLaunchCompletionEvent:
    case cudaLaunchAttributeDeviceUpdatableKernelNode:
      throw Error(cudaErrorNotSupported,
                  "launch attribute " + std::to_string(attribute.id) + " is not modelled");
    default:
      return;
  }
}

}  // namespace

extern "C" {

cudaError_t cudaLaunchKernel(const void* function, dim3 grid, dim3 block, void** arguments,
                             size_t shared, cudaStream_t stream) {
  return launch(function, {grid, block, shared}, arguments, stream);
}

cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments,
                               size_t shared, cudaStream_t stream) {
  return launch(kernel, {grid, block, shared}, arguments, stream);
}

cudaError_t cudaLaunchCooperativeKernel(const void* function, dim3 grid, dim3 block,
                                        void** arguments, size_t shared, cudaStream_t stream) {
  return launch(function, {grid, block, shared, true}, arguments, stream);
}

cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* config, const void* function,
                                void** arguments) {
  return api([&] {
    LaunchShape shape{config->gridDim, config->blockDim, config->dynamicSmemBytes};
    for (unsigned i = 0; i < config->numAttrs; ++i) apply(config->attrs[i], shape);
    Stream& stream = find_stream(config->stream);
    submit(stream, make_kernel_call(function, shape, arguments));
  });
}

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* data) {
  return api([&] {
    if (!function) throw Error(cudaErrorInvalidValue, "no function");
    submit(find_stream(stream), HostCall{function, data});
  });
}

cudaError_t cudaStreamAddCallback(cudaStream_t handle, cudaStreamCallback_t callback, void* data,
                                  unsigned) {
  return api([&] {
    Stream& stream = find_stream(handle);
    if (stream.capture) {
      throw Error(cudaErrorStreamCaptureUnsupported, "cudaStreamAddCallback cannot be captured");
    }
    submit_task(stream, {}, [=] {
      NoCallsHere guard;
      callback(handle, cudaSuccess, data);
    });
  });
}
}
