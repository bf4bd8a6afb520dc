#include "simt/runtime/work.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <unordered_set>

#include "simt/checks/fault.h"
#include "simt/runtime/error.h"
#include "simt/runtime/options.h"

namespace lean::simt {
namespace {

bool is_ready(const Task& task) {
  return std::all_of(task.after.begin(), task.after.end(),
                     [](const TaskPtr& before) { return before->done; }) &&
         (!task.may_run || task.may_run());
}

void let_others_run() {
  const OtherThreadsTurn turn;
  std::this_thread::sleep_for(std::chrono::microseconds(20));
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

TaskPtr WorkQueue::add(std::vector<TaskPtr> after) {
  auto task = std::make_shared<Task>();
  task->serial = ++submitted_;
  std::erase_if(after, [](const TaskPtr& before) { return !before || before->done; });
  task->after = std::move(after);
  pending_.push_back(task);
  return task;
}

TaskPtr WorkQueue::submit(std::vector<TaskPtr> after, std::function<void()> run) {
  TaskPtr task = add(std::move(after));
  task->run = std::move(run);
  if (!runtime_options().late_streams) advance(task);
  return task;
}

TaskPtr WorkQueue::submit_wait(std::vector<TaskPtr> after, std::function<bool()> may_run) {
  TaskPtr task = add(std::move(after));
  task->may_run = std::move(may_run);
  if (!runtime_options().late_streams) advance(task);
  return task;
}

void WorkQueue::advance(const TaskPtr& task) {
  while (!task->done && step(task.get())) {
  }
}

void WorkQueue::finish(TaskPtr task) {
  while (task && !task->done) {
    if (!step(task.get())) let_others_run();
  }
}

void WorkQueue::finish_all() {
  while (!pending_.empty()) {
    if (!step(nullptr)) let_others_run();
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
    task->may_run = nullptr;
  }
  pending_.clear();
}

bool WorkQueue::step(const Task* wanted) {
  const std::optional<size_t> at = choose(wanted);
  if (!at) return false;
  TaskPtr task = pending_[*at];
  pending_.erase(pending_.begin() + static_cast<ptrdiff_t>(*at));
  run(*task);
  return true;
}

// Tasks wait only for earlier ones, so there is always one that is ready but for the host.
std::optional<size_t> WorkQueue::choose(const Task* wanted) {
  const RuntimeOptions& options = runtime_options();
  std::unordered_set<const Task*> needed;
  bool only_needed = wanted && (!options.late_streams || options.stream_seed == 0);
  if (only_needed) needed = needed_for(wanted);
  std::vector<size_t> ready;
  for (size_t i = 0; i < pending_.size(); ++i) {
    if (only_needed && !needed.contains(pending_[i].get())) continue;
    if (is_ready(*pending_[i])) ready.push_back(i);
  }
  if (ready.empty()) return std::nullopt;
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
  task.may_run = nullptr;
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
