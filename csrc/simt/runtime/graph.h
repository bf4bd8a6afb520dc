// Graphs of operations, and graphs made ready to run.
#pragma once

#include <cuda_runtime_api.h>

#include <memory>
#include <vector>

#include "simt/runtime/operation.h"
#include "simt/runtime/work.h"

namespace lean::simt {

struct Graph;
struct Stream;

struct Node {
  Node(Graph& graph, cudaGraphNodeType type);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  Graph& graph;
  cudaGraphNodeType type;
  Operation operation;
  std::shared_ptr<Graph> child;
  std::vector<Node*> dependencies;
  std::vector<void*> arguments;  // what cudaGraphKernelNodeGetParams() points to
};

struct Graph {
  std::vector<std::unique_ptr<Node>> nodes;  // in the order of their creation

  Node& add(cudaGraphNodeType type, Operation operation, std::vector<Node*> dependencies);
  std::shared_ptr<Graph> clone() const;
};

struct GraphExec {
  struct Step {
    const Node* origin = nullptr;
    cudaGraphNodeType type = cudaGraphNodeTypeEmpty;
    Operation operation;
    std::vector<size_t> after;  // earlier steps
    bool enabled = true;
  };
  std::vector<Step> steps;  // in an order in which they can run
  // Child graphs belong to the exec, so that their nodes stay known.
  std::vector<std::shared_ptr<Graph>> children;
  TaskPtr last;  // a graph does not run beside itself
  unsigned long long flags = 0;
};

// Throws cudaErrorInvalidValue.
Node& find_node(cudaGraphNode_t handle);
const std::shared_ptr<Graph>& find_graph(cudaGraph_t handle);
const std::shared_ptr<GraphExec>& find_exec(cudaGraphExec_t handle);
GraphExec::Step& find_step(GraphExec& exec, const Node& node);
std::vector<Node*> find_nodes(const cudaGraphNode_t* handles, size_t count, const Graph& graph);

// Throws cudaErrorInvalidValue for a cycle.
std::shared_ptr<GraphExec> instantiate(const Graph& graph);
void launch(GraphExec& exec, Stream& stream);
cudaGraphNodeType type_of(const Operation& operation);

inline cudaGraphNode_t handle_of(const Node* node) {
  return reinterpret_cast<cudaGraphNode_t>(const_cast<Node*>(node));
}

}  // namespace lean::simt
