#include "simt/runtime/dry-run.h"

#include "simt/ptx/module.h"
#include "simt/runtime/error.h"
#include "simt/runtime/operation.h"
#include "simt/runtime/options.h"

namespace lean::simt {
namespace {

std::vector<LaunchRecord>& records() {
  static auto& the = *new std::vector<LaunchRecord>;
  return the;
}

}  // namespace

std::vector<LaunchRecord> launch_records() {
  const std::lock_guard lock(runtime_lock());
  return records();
}

void clear_launch_records() {
  const std::lock_guard lock(runtime_lock());
  records().clear();
}

void record_launch(const KernelCall& call) {
  if (!runtime_options().dry_run) return;
  const Launch& launch = call.launch;
  records().push_back({launch.kernel->name, launch.grid, launch.block, launch.cluster,
                       launch.kernel->static_shared, launch.dynamic_shared, launch.cooperative});
}

}  // namespace lean::simt
