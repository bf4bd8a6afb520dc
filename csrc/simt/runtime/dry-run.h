// Launches as they were checked and enqueued, for plans of models larger than the machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "simt/machine/launch.h"

namespace lean::simt {

struct KernelCall;

struct LaunchRecord {
  std::string kernel;  // mangled
  Dim grid, block, cluster;
  uint32_t static_shared = 0;
  uint32_t dynamic_shared = 0;
  bool cooperative = false;
};

// Those since the last clear_launch_records(); kept in a dry run alone.
std::vector<LaunchRecord> launch_records();
void clear_launch_records();

void record_launch(const KernelCall& call);

}  // namespace lean::simt
