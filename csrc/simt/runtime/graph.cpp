#include "simt/runtime/graph.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "simt/runtime/capture.h"
#include "simt/runtime/context.h"
#include "simt/runtime/stream.h"

namespace lean::simt {
namespace {

// Handles of nodes are looked up here before they are followed.
std::unordered_set<const Node*>& live_nodes() {
  static auto& the = *new std::unordered_set<const Node*>;
  return the;
}

struct TypeOf {
  cudaGraphNodeType operator()(const Nothing&) const { return cudaGraphNodeTypeEmpty; }
  cudaGraphNodeType operator()(const KernelCall&) const { return cudaGraphNodeTypeKernel; }
  cudaGraphNodeType operator()(const LibraryCall&) const { return cudaGraphNodeTypeKernel; }
  cudaGraphNodeType operator()(const CopyCall&) const { return cudaGraphNodeTypeMemcpy; }
  cudaGraphNodeType operator()(const FillCall&) const { return cudaGraphNodeTypeMemset; }
  cudaGraphNodeType operator()(const HostCall&) const { return cudaGraphNodeTypeHost; }
  cudaGraphNodeType operator()(const ReleaseCall&) const { return cudaGraphNodeTypeMemFree; }
  cudaGraphNodeType operator()(const RecordCall&) const { return cudaGraphNodeTypeEventRecord; }
  cudaGraphNodeType operator()(const WaitCall&) const { return cudaGraphNodeTypeWaitEvent; }
};

// The nodes so that each comes after those it depends on.
std::vector<const Node*> sorted(const Graph& graph) {
  std::vector<const Node*> order;
  std::unordered_set<const Node*> placed;
  while (order.size() < graph.nodes.size()) {
    size_t before = order.size();
    for (const auto& node : graph.nodes) {
      if (placed.contains(node.get())) continue;
      bool ready = std::all_of(node->dependencies.begin(), node->dependencies.end(),
                               [&](const Node* other) { return placed.contains(other); });
      if (!ready) continue;
      placed.insert(node.get());
      order.push_back(node.get());
    }
    if (order.size() == before) throw Error(cudaErrorInvalidValue, "the graph has a cycle");
  }
  return order;
}

// Appends the steps of `graph`, all of them after `first`. Returns their numbers.
std::vector<size_t> append(GraphExec& exec, const Graph& graph, const std::vector<size_t>& first) {
  std::unordered_map<const Node*, size_t> number;
  std::vector<size_t> added;
  for (const Node* node : sorted(graph)) {
    GraphExec::Step step;
    step.origin = node;
    step.type = node->type;
    step.operation = node->operation;
    step.after = first;
    for (const Node* before : node->dependencies) step.after.push_back(number.at(before));
    if (node->child) {
      // The child's steps stand before its node, which then is where they meet.
      exec.children.push_back(node->child);
      std::vector<size_t> inner = append(exec, *node->child, step.after);
      step.after.insert(step.after.end(), inner.begin(), inner.end());
      added.insert(added.end(), inner.begin(), inner.end());
    }
    number[node] = exec.steps.size();
    added.push_back(exec.steps.size());
    exec.steps.push_back(std::move(step));
  }
  return added;
}

}  // namespace

Node::Node(Graph& graph, cudaGraphNodeType type) : graph(graph), type(type) {
  live_nodes().insert(this);
}

Node::~Node() { live_nodes().erase(this); }

Node& Graph::add(cudaGraphNodeType type, Operation operation, std::vector<Node*> dependencies) {
  auto node = std::make_unique<Node>(*this, type);
  node->operation = std::move(operation);
  std::sort(dependencies.begin(), dependencies.end());
  if (std::adjacent_find(dependencies.begin(), dependencies.end()) != dependencies.end()) {
    throw Error(cudaErrorInvalidValue, "a node is named twice as a dependency");
  }
  node->dependencies = std::move(dependencies);
  nodes.push_back(std::move(node));
  return *nodes.back();
}

std::shared_ptr<Graph> Graph::clone() const {
  auto copy = std::make_shared<Graph>();
  std::unordered_map<const Node*, Node*> twin;
  for (const auto& node : nodes) {
    Node& made = copy->add(node->type, node->operation, {});
    if (node->child) made.child = node->child->clone();
    twin[node.get()] = &made;
  }
  for (const auto& node : nodes) {
    for (Node* before : node->dependencies) {
      twin[node.get()]->dependencies.push_back(twin.at(before));
    }
  }
  return copy;
}

cudaGraphNodeType type_of(const Operation& operation) { return std::visit(TypeOf{}, operation); }

Node& find_node(cudaGraphNode_t handle) {
  auto* node = reinterpret_cast<Node*>(handle);
  if (!live_nodes().contains(node)) throw Error(cudaErrorInvalidValue, "no such node of a graph");
  return *node;
}

const std::shared_ptr<Graph>& find_graph(cudaGraph_t handle) {
  return context().graphs.find(handle, "graph");
}

const std::shared_ptr<GraphExec>& find_exec(cudaGraphExec_t handle) {
  return context().graph_execs.find(handle, "executable graph");
}

GraphExec::Step& find_step(GraphExec& exec, const Node& node) {
  for (GraphExec::Step& step : exec.steps) {
    if (step.origin == &node) return step;
  }
  throw Error(cudaErrorInvalidValue, "the executable graph was not made from this node");
}

std::vector<Node*> find_nodes(const cudaGraphNode_t* handles, size_t count, const Graph& graph) {
  std::vector<Node*> nodes;
  for (size_t i = 0; i < count; ++i) {
    nodes.push_back(&find_node(handles[i]));
    if (&nodes.back()->graph != &graph) {
      throw Error(cudaErrorInvalidValue, "a dependency is a node of another graph");
    }
  }
  return nodes;
}

std::shared_ptr<GraphExec> instantiate(const Graph& graph) {
  auto exec = std::make_shared<GraphExec>();
  append(*exec, graph, {});
  return exec;
}

void launch(GraphExec& exec, Stream& stream) {
  refuse_implicit_dependency(stream);
  if (stream.capture) {
    throw Error(cudaErrorStreamCaptureUnsupported,
                "a graph that is launched into a captured stream is not modelled");
  }
  WorkQueue& work = context().work;
  std::vector<TaskPtr> first = predecessors(stream);
  first.push_back(exec.last);
  std::vector<TaskPtr> tasks;
  for (const GraphExec::Step& step : exec.steps) {
    std::vector<TaskPtr> after = first;
    for (size_t before : step.after) after.push_back(tasks[before]);
    std::function<void()> run;
    if (const auto* wait = std::get_if<WaitCall>(&step.operation)) {
      after.push_back(wait->event->task);
    } else if (step.enabled) {
      // A copy: what is set later holds for later launches.
      run = [operation = step.operation] { execute(operation); };
    }
    tasks.push_back(work.submit(std::move(after), std::move(run)));
    if (const auto* record = std::get_if<RecordCall>(&step.operation)) {
      record->event->recorded = true;
      record->event->task = tasks.back();
    }
  }
  tasks.insert(tasks.end(), first.begin(), first.end());
  stream.last = work.submit(std::move(tasks), nullptr);
  exec.last = stream.last;
}

}  // namespace lean::simt
