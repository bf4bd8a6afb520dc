// cudaGraph...: making graphs, running them, looking at them.
#include <cuda_runtime_api.h>

#include <algorithm>

#include "simt/runtime/capture.h"
#include "simt/runtime/context.h"
#include "simt/runtime/error.h"
#include "simt/runtime/graph.h"
#include "simt/runtime/stream.h"

using namespace lean::simt;

namespace {

// The way of all queries: with no array, *count is how many there are; with one, as many as fit are
// written, the rest filled with null.
void list(const std::vector<const Node*>& nodes, cudaGraphNode_t* to, size_t* count) {
  if (to) {
    for (size_t i = 0; i < *count; ++i) to[i] = i < nodes.size() ? handle_of(nodes[i]) : nullptr;
    *count = std::min(*count, nodes.size());
  } else {
    *count = nodes.size();
  }
}

std::vector<const Node*> dependents(const Node& node) {
  std::vector<const Node*> found;
  for (const auto& other : node.graph.nodes) {
    const auto& before = other->dependencies;
    if (std::find(before.begin(), before.end(), &node) != before.end()) {
      found.push_back(other.get());
    }
  }
  return found;
}

// Takes over the operations of `graph`, where it has the same shape.
bool update(GraphExec& exec, const GraphExec& from) {
  if (exec.steps.size() != from.steps.size()) return false;
  for (size_t i = 0; i < exec.steps.size(); ++i) {
    if (exec.steps[i].type != from.steps[i].type) return false;
    if (exec.steps[i].after != from.steps[i].after) return false;
  }
  for (size_t i = 0; i < exec.steps.size(); ++i) {
    exec.steps[i].operation = from.steps[i].operation;
  }
  return true;
}

}  // namespace

extern "C" {

cudaError_t cudaGraphCreate(cudaGraph_t* handle, unsigned flags) {
  return api([&] {
    if (flags != 0) throw Error(cudaErrorInvalidValue, "flags of a graph must be 0");
    *handle = context().graphs.add<cudaGraph_t>(std::make_shared<Graph>());
  });
}

cudaError_t cudaGraphDestroy(cudaGraph_t handle) {
  return api(Needs::anything, [&] {
    find_graph(handle);
    context().graphs.remove(handle);
  });
}

cudaError_t cudaGraphClone(cudaGraph_t* copy, cudaGraph_t handle) {
  return api([&] { *copy = context().graphs.add<cudaGraph_t>(find_graph(handle)->clone()); });
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* handle, cudaGraph_t graph,
                                 unsigned long long flags) {
  return api([&] {
    *handle = nullptr;
    std::shared_ptr<GraphExec> exec = instantiate(*find_graph(graph));
    exec->flags = flags;
    *handle = context().graph_execs.add<cudaGraphExec_t>(std::move(exec));
  });
}

cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* handle, cudaGraph_t graph,
                                          unsigned long long flags) {
  return cudaGraphInstantiate(handle, graph, flags);
}

cudaError_t cudaGraphInstantiateWithParams(cudaGraphExec_t* handle, cudaGraph_t graph,
                                           cudaGraphInstantiateParams* parameters) {
  cudaError_t error = cudaGraphInstantiate(handle, graph, parameters->flags);
  parameters->result_out =
      error == cudaSuccess ? cudaGraphInstantiateSuccess : cudaGraphInstantiateError;
  return error;
}

cudaError_t cudaGraphExecGetFlags(cudaGraphExec_t handle, unsigned long long* flags) {
  return api([&] { *flags = find_exec(handle)->flags; });
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t handle) {
  return api(Needs::anything, [&] {
    find_exec(handle);
    context().graph_execs.remove(handle);
  });
}

cudaError_t cudaGraphUpload(cudaGraphExec_t exec, cudaStream_t stream) {
  return api([&] {
    find_exec(exec);
    find_stream(stream);
  });
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  return api([&] { launch(*find_exec(exec), find_stream(stream)); });
}

cudaError_t cudaGraphExecUpdate(cudaGraphExec_t handle, cudaGraph_t graph,
                                cudaGraphExecUpdateResultInfo* result) {
  return api([&] {
    *result = {};
    if (update(*find_exec(handle), *instantiate(*find_graph(graph)))) return;
    result->result = cudaGraphExecUpdateErrorTopologyChanged;
    throw Error(cudaErrorGraphExecUpdateFailure, "the graph has another shape");
  });
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, size_t* count) {
  return api([&] {
    std::vector<const Node*> all;
    for (const auto& node : find_graph(graph)->nodes) all.push_back(node.get());
    list(all, nodes, count);
  });
}

cudaError_t cudaGraphGetRootNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, size_t* count) {
  return api([&] {
    std::vector<const Node*> roots;
    for (const auto& node : find_graph(graph)->nodes) {
      if (node->dependencies.empty()) roots.push_back(node.get());
    }
    list(roots, nodes, count);
  });
}

cudaError_t cudaGraphGetEdges(cudaGraph_t graph, cudaGraphNode_t* from, cudaGraphNode_t* to,
                              cudaGraphEdgeData*, size_t* count) {
  return api([&] {
    std::vector<const Node*> starts, ends;
    for (const auto& node : find_graph(graph)->nodes) {
      for (const Node* before : node->dependencies) {
        starts.push_back(before);
        ends.push_back(node.get());
      }
    }
    size_t room = *count;
    list(starts, from, count);
    if (to) list(ends, to, &room);
  });
}

cudaError_t cudaGraphNodeGetDependencies(cudaGraphNode_t node, cudaGraphNode_t* to,
                                         cudaGraphEdgeData*, size_t* count) {
  return api([&] {
    const auto& before = find_node(node).dependencies;
    list({before.begin(), before.end()}, to, count);
  });
}

cudaError_t cudaGraphNodeGetDependentNodes(cudaGraphNode_t node, cudaGraphNode_t* to,
                                           cudaGraphEdgeData*, size_t* count) {
  return api([&] { list(dependents(find_node(node)), to, count); });
}

cudaError_t cudaGraphAddDependencies(cudaGraph_t graph, const cudaGraphNode_t* from,
                                     const cudaGraphNode_t* to, const cudaGraphEdgeData*,
                                     size_t count) {
  return api([&] {
    const Graph& all = *find_graph(graph);
    std::vector<Node*> starts = find_nodes(from, count, all);
    std::vector<Node*> ends = find_nodes(to, count, all);
    for (size_t i = 0; i < count; ++i) {
      auto& before = ends[i]->dependencies;
      if (std::find(before.begin(), before.end(), starts[i]) != before.end()) {
        throw Error(cudaErrorInvalidValue, "the dependency is there already");
      }
      before.push_back(starts[i]);
    }
  });
}

cudaError_t cudaGraphRemoveDependencies(cudaGraph_t graph, const cudaGraphNode_t* from,
                                        const cudaGraphNode_t* to, const cudaGraphEdgeData*,
                                        size_t count) {
  return api([&] {
    const Graph& all = *find_graph(graph);
    std::vector<Node*> starts = find_nodes(from, count, all);
    std::vector<Node*> ends = find_nodes(to, count, all);
    for (size_t i = 0; i < count; ++i) std::erase(ends[i]->dependencies, starts[i]);
  });
}

cudaError_t cudaGraphDestroyNode(cudaGraphNode_t handle) {
  return api([&] {
    Node& node = find_node(handle);
    Graph& graph = node.graph;
    for (auto& other : graph.nodes) std::erase(other->dependencies, &node);
    std::erase_if(graph.nodes, [&](const auto& other) { return other.get() == &node; });
  });
}

cudaError_t cudaGraphNodeGetType(cudaGraphNode_t node, cudaGraphNodeType* type) {
  return api([&] { *type = find_node(node).type; });
}

cudaError_t cudaGraphNodeSetEnabled(cudaGraphExec_t exec, cudaGraphNode_t node, unsigned enabled) {
  return api([&] { find_step(*find_exec(exec), find_node(node)).enabled = enabled != 0; });
}

cudaError_t cudaGraphNodeGetEnabled(cudaGraphExec_t exec, cudaGraphNode_t node, unsigned* enabled) {
  return api([&] { *enabled = find_step(*find_exec(exec), find_node(node)).enabled; });
}
}
