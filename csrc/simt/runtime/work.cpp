#include "simt/runtime/work.h"

#include <algorithm>
#include <unordered_set>

#include "simt/checks/fault.h"
#include "simt/runtime/error.h"
#include "simt/runtime/options.h"

namespace lean::simt {
namespace {

bool is_ready(const Task& task) {
  return std::all_of(task.after.begin(), task.after.end(),
                     [](const TaskPtr& before) { return before->done; });
}

// The task and all that it waits for.
std::unordered_set<const Task*> needed_for(const Task* wanted) {
  std::unordered_set<const Task*> needed;
  std::vector<const Task*> open{wanted};
  while (!open.empty()) {
    const Task* task = open.back();
    open.pop_back();
    if (task->done || !needed.insert(task).second) continue;
    for (const TaskPtr& before : task->after) open.push_back(before.get());
  }
  return needed;
}

}  // namespace

TaskPtr WorkQueue::submit(std::vector<TaskPtr> after, std::function<void()> run) {
  auto task = std::make_shared<Task>();
  task->serial = ++submitted_;
  task->run = std::move(run);
  std::erase_if(after, [](const TaskPtr& before) { return !before || before->done; });
  task->after = std::move(after);
  pending_.push_back(task);
  if (!runtime_options().late_streams) finish(task);
  return task;
}

void WorkQueue::finish(const TaskPtr& task) {
  while (task && !task->done && step(task.get())) {
  }
}

void WorkQueue::finish_all() {
  while (step(nullptr)) {
  }
}

bool WorkQueue::poll(const TaskPtr& task) {
  if (!task || task->done) return true;
  step(task.get());
  return task->done;
}

void WorkQueue::drop_all() {
  for (const TaskPtr& task : pending_) {
    task->done = true;
    task->after.clear();
    task->run = nullptr;
  }
  pending_.clear();
}

bool WorkQueue::step(const Task* wanted) {
  if (pending_.empty()) return false;
  size_t at = choose(wanted);
  TaskPtr task = pending_[at];
  pending_.erase(pending_.begin() + static_cast<ptrdiff_t>(at));
  run(*task);
  return true;
}

// Tasks wait only for earlier ones, so there is always one that is ready.
size_t WorkQueue::choose(const Task* wanted) {
  const RuntimeOptions& options = runtime_options();
  std::unordered_set<const Task*> needed;
  bool only_needed = wanted && (!options.late_streams || options.stream_seed == 0);
  if (only_needed) needed = needed_for(wanted);
  std::vector<size_t> ready;
  for (size_t i = 0; i < pending_.size(); ++i) {
    if (only_needed && !needed.contains(pending_[i].get())) continue;
    if (is_ready(*pending_[i])) ready.push_back(i);
  }
  if (options.stream_seed == 0) return ready.back();
  if (seed_ != options.stream_seed) {
    seed_ = options.stream_seed;
    random_.seed(seed_);
  }
  return ready[random_() % ready.size()];
}

void WorkQueue::run(Task& task) {
  // Done before it runs: what it throws ends it too.
  std::function<void()> body = std::move(task.run);
  task.run = nullptr;
  task.after.clear();
  task.done = true;
  try {
    if (body) body();
  } catch (const Fault& fault) {
    set_sticky_error(error_of(fault), fault.what());
    drop_all();
  } catch (const Error& error) {
    set_sticky_error(error.code(), error.what());
    drop_all();
  }
}

}  // namespace lean::simt
