#include "simt/runtime/operation.h"

#include "simt/checks/fault.h"
#include "simt/memory/device-memory.h"
#include "simt/runtime/dry-run.h"
#include "simt/runtime/error.h"
#include "simt/runtime/options.h"
#include "simt/runtime/registry.h"
#include "simt/runtime/stream.h"

namespace lean::simt {
namespace {

struct Execution {
  void operator()(const Nothing&) const {}
  void operator()(const WaitCall&) const {}

  void operator()(const KernelCall& call) const {
    if (runtime_options().dry_run) return;
    run(call.launch);
  }

  void operator()(const CopyCall& call) const { perform(call); }
  void operator()(const FillCall& call) const { perform(call); }

  void operator()(const LibraryCall& call) const {
    if (!runtime_options().dry_run) call.run();
  }

  void operator()(const HostCall& call) const {
    NoCallsHere guard;
    call.function(call.data);
  }

  void operator()(const ReleaseCall& call) const {
    DeviceMemory& memory = DeviceMemory::get();
    if (!memory.release(call.address)) {
      throw Fault(FaultKind::out_of_bounds,
                  "cudaFreeAsync of memory that is not allocated (any more) when its turn comes");
    }
  }

  void operator()(const RecordCall& call) const {
    call.event->recorded = true;
    call.event->time = std::chrono::steady_clock::now();
  }
};

}  // namespace

void execute(const Operation& operation) { std::visit(Execution{}, operation); }

}  // namespace lean::simt
