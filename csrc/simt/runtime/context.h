// What lives until cudaDeviceReset(): streams, events and graphs by their handles, and the work.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "simt/runtime/error.h"
#include "simt/runtime/work.h"

namespace lean::simt {

struct Stream;
struct Event;
struct Graph;
struct Node;
struct GraphExec;
struct Capture;

// Objects by the address that the host holds as their handle.
template <class T>
class Handles {
 public:
  template <class Handle>
  Handle add(std::shared_ptr<T> object) {
    T* address = object.get();
    objects_[address] = std::move(object);
    return reinterpret_cast<Handle>(address);
  }

  const std::shared_ptr<T>& find(const void* handle, const char* what) const {
    auto found = objects_.find(handle);
    if (found == objects_.end()) {
      throw Error(cudaErrorInvalidResourceHandle, std::string("no such ") + what);
    }
    return found->second;
  }

  bool contains(const void* handle) const { return objects_.contains(handle); }
  void remove(const void* handle) { objects_.erase(handle); }
  const auto& all() const { return objects_; }

 private:
  std::unordered_map<const void*, std::shared_ptr<T>> objects_;
};

struct Context {
  WorkQueue work;
  Handles<Stream> streams;
  Handles<Event> events;
  Handles<Graph> graphs;
  Handles<GraphExec> graph_execs;
  std::shared_ptr<Stream> legacy;
  std::unordered_map<std::thread::id, std::shared_ptr<Stream>> per_thread;
  std::vector<TaskPtr> orphans;  // the last work of blocking streams that are destroyed
  std::vector<std::weak_ptr<Capture>> captures;
  uint64_t next_id = 1;
};

Context& context();
// A new one in its place; the memory, modules and errors are the caller's.
void reset_context();

}  // namespace lean::simt
