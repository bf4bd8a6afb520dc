#include "core/kernel.h"

#include <algorithm>

namespace lean {
namespace {

struct Run {
  std::string_view kernel;
  std::string_view backend;
  int level;
  RunFunction run;
};

// Function-local statics: registration happens in static initializers of other files.
std::vector<KernelInfo>& kernels() {
  static auto* list = new std::vector<KernelInfo>;
  return *list;
}

std::vector<Run>& runs() {
  static auto* list = new std::vector<Run>;
  return *list;
}

}  // namespace

void register_kernel(KernelInfo info) { kernels().push_back(std::move(info)); }

void register_run(std::string_view kernel, std::string_view backend, int level, RunFunction run) {
  runs().push_back({kernel, backend, level, run});
}

const KernelInfo* find_kernel(std::string_view name) {
  for (const KernelInfo& info : kernels()) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

std::vector<const KernelInfo*> all_kernels() {
  std::vector<const KernelInfo*> list;
  for (const KernelInfo& info : kernels()) list.push_back(&info);
  std::sort(list.begin(), list.end(), [](auto* a, auto* b) { return a->name < b->name; });
  return list;
}

RunFunction find_run(std::string_view kernel, std::string_view backend, int level) {
  const Run* best = nullptr;
  for (const Run& run : runs()) {
    if (run.kernel != kernel || run.backend != backend || run.level > level) continue;
    if (best == nullptr || run.level > best->level) best = &run;
  }
  return best == nullptr ? nullptr : best->run;
}

}  // namespace lean
