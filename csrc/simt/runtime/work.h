// Stream-ordered work as a graph of tasks, and when it runs: at once, or as late as synchronization
// allows and in a random order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace lean::simt {

struct Task {
  uint64_t serial = 0;
  std::function<void()> run;
  std::vector<std::shared_ptr<Task>> after;  // those that were not done when it was submitted
  bool done = false;
};
using TaskPtr = std::shared_ptr<Task>;

class WorkQueue {
 public:
  // Runs it at once, or keeps it (RuntimeOptions::late_streams). Entries of `after` may be null.
  TaskPtr submit(std::vector<TaskPtr> after, std::function<void()> run);

  // Runs tasks until this one is done.
  void finish(const TaskPtr& task);
  void finish_all();
  // Runs one task, so that a loop that polls gets on. Whether `task` is done then.
  bool poll(const TaskPtr& task);
  // After a fault: nothing of what waits will run.
  void drop_all();

 private:
  bool step(const Task* wanted);
  size_t choose(const Task* wanted);
  void run(Task& task);

  std::vector<TaskPtr> pending_;  // by serial
  uint64_t submitted_ = 0;
  std::mt19937_64 random_;
  uint64_t seed_ = 0;
};

}  // namespace lean::simt
