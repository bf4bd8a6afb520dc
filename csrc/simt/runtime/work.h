// Stream-ordered work as a graph of tasks, and when it runs: at once, or as late as synchronization
// allows and in a random order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace lean::simt {

struct Task {
  uint64_t serial = 0;
  std::function<void()> run;
  std::vector<std::shared_ptr<Task>> after;  // those that were not done when it was submitted
  std::function<bool()> may_run;  // what else it waits for, which the host brings about; or null
  bool done = false;
};
using TaskPtr = std::shared_ptr<Task>;

class WorkQueue {
 public:
  // Runs it at once, or keeps it (RuntimeOptions::late_streams). Entries of `after` may be null.
  TaskPtr submit(std::vector<TaskPtr> after, std::function<void()> run);
  // Keeps it, and with it what comes after, until `may_run` says so.
  TaskPtr submit_wait(std::vector<TaskPtr> after, std::function<bool()> may_run);

  // Runs tasks until this one is done. Where nothing is left but to wait for the host, other
  // threads have their turn.
  void finish(TaskPtr task);
  void finish_all();
  // Runs one task, so that a loop that polls gets on. Whether `task` is done then.
  bool poll(const TaskPtr& task);
  // After a fault: nothing of what waits will run.
  void drop_all();

 private:
  TaskPtr add(std::vector<TaskPtr> after);
  void advance(const TaskPtr& task);
  // Runs one task. Whether there was one.
  bool step(const Task* wanted);
  std::optional<size_t> choose(const Task* wanted);
  void run(Task& task);

  std::vector<TaskPtr> pending_;  // by serial
  uint64_t submitted_ = 0;
  std::mt19937_64 random_;
  uint64_t seed_ = 0;
};

}  // namespace lean::simt
