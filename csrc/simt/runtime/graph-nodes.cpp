// Nodes of graphs, of each kind: adding them, and reading and changing what they do.
#include <cuda_runtime_api.h>

#include "simt/ptx/module.h"
#include "simt/runtime/context.h"
#include "simt/runtime/error.h"
#include "simt/runtime/graph.h"
#include "simt/runtime/registry.h"
#include "simt/runtime/stream.h"

using namespace lean::simt;

namespace {

// `before` gives what cannot be said in the parameters: a cooperative or cluster launch.
KernelCall kernel_call(const cudaKernelNodeParams& parameters, const KernelCall* before = nullptr) {
  LaunchShape shape{parameters.gridDim, parameters.blockDim, parameters.sharedMemBytes};
  if (before) {
    shape.cooperative = before->shape.cooperative;
    shape.cluster = before->shape.cluster;
  }
  return make_kernel_call(parameters.func, shape, parameters.kernelParams, parameters.extra);
}

cudaKernelNodeParams old_form(const cudaKernelNodeParamsV2& parameters) {
  return {parameters.func,           parameters.gridDim,      parameters.blockDim,
          parameters.sharedMemBytes, parameters.kernelParams, parameters.extra};
}

cudaMemsetParams old_form(const cudaMemsetParamsV2& parameters) {
  return {parameters.dst,         parameters.pitch, parameters.value,
          parameters.elementSize, parameters.width, parameters.height};
}

template <class Call>
Call& as(Operation& operation) {
  if (auto* call = std::get_if<Call>(&operation)) return *call;
  throw Error(cudaErrorInvalidValue, "the node is of another kind");
}

Node& add(cudaGraphNode_t* handle, cudaGraph_t graph, const cudaGraphNode_t* dependencies,
          size_t count, Operation operation) {
  Graph& target = *find_graph(graph);
  cudaGraphNodeType type = type_of(operation);
  Node& node = target.add(type, std::move(operation), find_nodes(dependencies, count, target));
  *handle = handle_of(&node);
  return node;
}

// What the node of any kind is to do. `before`: what it does now, when it is changed.
Operation operation_of(const cudaGraphNodeParams& parameters, Operation* before = nullptr) {
  switch (parameters.type) {
    case cudaGraphNodeTypeKernel:
      return kernel_call(old_form(parameters.kernel), before ? &as<KernelCall>(*before) : nullptr);
    case cudaGraphNodeTypeMemcpy:
      return make_copy(parameters.memcpy.copyParams);
    case cudaGraphNodeTypeMemset:
      return make_fill(old_form(parameters.memset));
    case cudaGraphNodeTypeHost:
      return HostCall{parameters.host.fn, parameters.host.userData};
    case cudaGraphNodeTypeEmpty:
      return Nothing{};
    case cudaGraphNodeTypeEventRecord:
      return RecordCall{find_event(parameters.eventRecord.event)};
    case cudaGraphNodeTypeWaitEvent:
      return WaitCall{find_event(parameters.eventWait.event)};
    default:
      throw Error(cudaErrorNotSupported, "nodes of this kind are not modelled");
  }
}

void replace(Operation& operation, Operation by) {
  if (operation.index() != by.index()) {
    throw Error(cudaErrorInvalidValue, "the node is of another kind");
  }
  operation = std::move(by);
}

// In a node of a graph, and in the graph made ready to run.
Operation& target(cudaGraphNode_t node) { return find_node(node).operation; }

Operation& target(cudaGraphExec_t exec, cudaGraphNode_t node) {
  return find_step(*find_exec(exec), find_node(node)).operation;
}

}  // namespace

extern "C" {

cudaError_t cudaGraphAddNode(cudaGraphNode_t* node, cudaGraph_t graph,
                             const cudaGraphNode_t* dependencies, const cudaGraphEdgeData*,
                             size_t count, cudaGraphNodeParams* parameters) {
  return api([&] { add(node, graph, dependencies, count, operation_of(*parameters)); });
}

cudaError_t cudaGraphNodeSetParams(cudaGraphNode_t node, cudaGraphNodeParams* parameters) {
  return api([&] { replace(target(node), operation_of(*parameters, &target(node))); });
}

cudaError_t cudaGraphExecNodeSetParams(cudaGraphExec_t exec, cudaGraphNode_t node,
                                       cudaGraphNodeParams* parameters) {
  return api([&] {
    Operation& operation = target(exec, node);
    replace(operation, operation_of(*parameters, &operation));
  });
}

cudaError_t cudaGraphAddKernelNode(cudaGraphNode_t* node, cudaGraph_t graph,
                                   const cudaGraphNode_t* dependencies, size_t count,
                                   const cudaKernelNodeParams* parameters) {
  return api([&] { add(node, graph, dependencies, count, kernel_call(*parameters)); });
}

cudaError_t cudaGraphKernelNodeGetParams(cudaGraphNode_t handle, cudaKernelNodeParams* parameters) {
  return api([&] {
    Node& node = find_node(handle);
    KernelCall& call = as<KernelCall>(node.operation);
    node.arguments.clear();
    for (const Parameter& parameter : call.launch.kernel->parameters) {
      node.arguments.push_back(call.launch.parameters.data() + parameter.offset);
    }
    *parameters = {const_cast<void*>(call.function->host),
                   call.shape.grid,
                   call.shape.block,
                   call.launch.dynamic_shared,
                   node.arguments.data(),
                   nullptr};
  });
}

cudaError_t cudaGraphKernelNodeSetParams(cudaGraphNode_t node,
                                         const cudaKernelNodeParams* parameters) {
  return api([&] {
    KernelCall& call = as<KernelCall>(target(node));
    call = kernel_call(*parameters, &call);
  });
}

cudaError_t cudaGraphExecKernelNodeSetParams(cudaGraphExec_t exec, cudaGraphNode_t node,
                                             const cudaKernelNodeParams* parameters) {
  return api([&] {
    KernelCall& call = as<KernelCall>(target(exec, node));
    call = kernel_call(*parameters, &call);
  });
}

cudaError_t cudaGraphKernelNodeSetAttribute(cudaGraphNode_t node, cudaKernelNodeAttrID attribute,
                                            const cudaKernelNodeAttrValue* value) {
  return api([&] {
    LaunchShape& shape = as<KernelCall>(target(node)).shape;
    Launch& launch = as<KernelCall>(target(node)).launch;
    if (attribute == cudaLaunchAttributeCooperative) {
      shape.cooperative = launch.cooperative = value->cooperative != 0;
    } else if (attribute == cudaLaunchAttributeClusterDimension) {
      const auto& dim = value->clusterDim;
      shape.cluster = dim3(dim.x, dim.y, dim.z);
      launch.cluster = {dim.x, dim.y, dim.z};
    }
  });
}

cudaError_t cudaGraphKernelNodeGetAttribute(cudaGraphNode_t node, cudaKernelNodeAttrID attribute,
                                            cudaKernelNodeAttrValue* value) {
  return api([&] {
    const KernelCall& call = as<KernelCall>(target(node));
    *value = {};
    if (attribute == cudaLaunchAttributeCooperative) {
      value->cooperative = call.launch.cooperative;
    } else if (attribute == cudaLaunchAttributeClusterDimension) {
      value->clusterDim = {call.shape.cluster.x, call.shape.cluster.y, call.shape.cluster.z};
    }
  });
}

cudaError_t cudaGraphAddMemcpyNode(cudaGraphNode_t* node, cudaGraph_t graph,
                                   const cudaGraphNode_t* dependencies, size_t count,
                                   const cudaMemcpy3DParms* parameters) {
  return api([&] { add(node, graph, dependencies, count, make_copy(*parameters)); });
}

cudaError_t cudaGraphAddMemcpyNode1D(cudaGraphNode_t* node, cudaGraph_t graph,
                                     const cudaGraphNode_t* dependencies, size_t count, void* to,
                                     const void* from, size_t bytes, cudaMemcpyKind kind) {
  return api([&] { add(node, graph, dependencies, count, make_copy(to, from, bytes, kind)); });
}

cudaError_t cudaGraphMemcpyNodeSetParams(cudaGraphNode_t node,
                                         const cudaMemcpy3DParms* parameters) {
  return api([&] { as<CopyCall>(target(node)) = make_copy(*parameters); });
}

cudaError_t cudaGraphMemcpyNodeSetParams1D(cudaGraphNode_t node, void* to, const void* from,
                                           size_t bytes, cudaMemcpyKind kind) {
  return api([&] { as<CopyCall>(target(node)) = make_copy(to, from, bytes, kind); });
}

cudaError_t cudaGraphExecMemcpyNodeSetParams(cudaGraphExec_t exec, cudaGraphNode_t node,
                                             const cudaMemcpy3DParms* parameters) {
  return api([&] { as<CopyCall>(target(exec, node)) = make_copy(*parameters); });
}

cudaError_t cudaGraphExecMemcpyNodeSetParams1D(cudaGraphExec_t exec, cudaGraphNode_t node, void* to,
                                               const void* from, size_t bytes,
                                               cudaMemcpyKind kind) {
  return api([&] { as<CopyCall>(target(exec, node)) = make_copy(to, from, bytes, kind); });
}

cudaError_t cudaGraphAddMemsetNode(cudaGraphNode_t* node, cudaGraph_t graph,
                                   const cudaGraphNode_t* dependencies, size_t count,
                                   const cudaMemsetParams* parameters) {
  return api([&] { add(node, graph, dependencies, count, make_fill(*parameters)); });
}

cudaError_t cudaGraphMemsetNodeSetParams(cudaGraphNode_t node, const cudaMemsetParams* parameters) {
  return api([&] { as<FillCall>(target(node)) = make_fill(*parameters); });
}

cudaError_t cudaGraphExecMemsetNodeSetParams(cudaGraphExec_t exec, cudaGraphNode_t node,
                                             const cudaMemsetParams* parameters) {
  return api([&] { as<FillCall>(target(exec, node)) = make_fill(*parameters); });
}

cudaError_t cudaGraphAddHostNode(cudaGraphNode_t* node, cudaGraph_t graph,
                                 const cudaGraphNode_t* dependencies, size_t count,
                                 const cudaHostNodeParams* parameters) {
  return api([&] {
    add(node, graph, dependencies, count, HostCall{parameters->fn, parameters->userData});
  });
}

cudaError_t cudaGraphExecHostNodeSetParams(cudaGraphExec_t exec, cudaGraphNode_t node,
                                           const cudaHostNodeParams* parameters) {
  return api([&] {
    as<HostCall>(target(exec, node)) = HostCall{parameters->fn, parameters->userData};
  });
}

cudaError_t cudaGraphAddEmptyNode(cudaGraphNode_t* node, cudaGraph_t graph,
                                  const cudaGraphNode_t* dependencies, size_t count) {
  return api([&] { add(node, graph, dependencies, count, Nothing{}); });
}

cudaError_t cudaGraphAddEventRecordNode(cudaGraphNode_t* node, cudaGraph_t graph,
                                        const cudaGraphNode_t* dependencies, size_t count,
                                        cudaEvent_t event) {
  return api([&] { add(node, graph, dependencies, count, RecordCall{find_event(event)}); });
}

cudaError_t cudaGraphAddEventWaitNode(cudaGraphNode_t* node, cudaGraph_t graph,
                                      const cudaGraphNode_t* dependencies, size_t count,
                                      cudaEvent_t event) {
  return api([&] { add(node, graph, dependencies, count, WaitCall{find_event(event)}); });
}

cudaError_t cudaGraphAddChildGraphNode(cudaGraphNode_t* handle, cudaGraph_t graph,
                                       const cudaGraphNode_t* dependencies, size_t count,
                                       cudaGraph_t child) {
  return api([&] {
    std::shared_ptr<Graph> copy = find_graph(child)->clone();
    Node& node = add(handle, graph, dependencies, count, Nothing{});
    node.type = cudaGraphNodeTypeGraph;
    node.child = std::move(copy);
  });
}

cudaError_t cudaGraphChildGraphNodeGetGraph(cudaGraphNode_t node, cudaGraph_t* graph) {
  return api([&] {
    const auto& child = find_node(node).child;
    if (!child) throw Error(cudaErrorInvalidValue, "the node is of another kind");
    *graph = context().graphs.add<cudaGraph_t>(child);
  });
}
}
