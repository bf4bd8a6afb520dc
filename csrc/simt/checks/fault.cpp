#include "simt/checks/fault.h"

#include <cstdio>
#include <cstdlib>

#include "simt/checks/demangle.h"
#include "simt/machine/block.h"
#include "simt/ptx/module.h"

namespace lean::simt {
namespace {

std::string triple(uint32_t x, uint32_t y, uint32_t z) {
  return '(' + std::to_string(x) + ',' + std::to_string(y) + ',' + std::to_string(z) + ')';
}

std::string describe_place(const Warp& warp, const Instruction& instruction, int lane) {
  const Place& place = warp.kernel->place(instruction.pc);
  const Block& block = *warp.block;
  const Dim& shape = block.grid->launch->block;
  const uint32_t thread = warp.index * kLanes + static_cast<uint32_t>(lane);
  std::string text = "\n  in " + demangle(warp.kernel->name) + "\n  at " + place.file + ':' +
                     std::to_string(place.line);
  if (!place.inlined.empty()) text += ", inlined at " + place.inlined;
  text += ": " + place.text;
  text += "\n  block " + triple(block.index.x, block.index.y, block.index.z) + " thread " +
          triple(thread % shape.x, thread / shape.x % shape.y, thread / shape.x / shape.y);
  return text;
}

void stop_if_asked(const std::string& report) {
  if (!options().stop_at_once) return;
  std::fprintf(stderr, "%s\n", report.c_str());
  std::abort();
}

}  // namespace

std::string_view name_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::out_of_bounds:
      return "out of bounds";
    case FaultKind::misaligned:
      return "misaligned";
    case FaultKind::uninitialized:
      return "uninitialized";
    case FaultKind::read_only:
      return "read only";
    case FaultKind::race:
      return "race";
    case FaultKind::divergent_barrier:
      return "divergent barrier";
    case FaultKind::deadlock:
      return "deadlock";
    case FaultKind::bad_warp_operation:
      return "bad warp operation";
    case FaultKind::async_copy:
      return "async copy";
    case FaultKind::trap:
      return "trap";
    case FaultKind::unsupported:
      return "unsupported";
  }
  return "fault";
}

Fault::Fault(FaultKind kind, std::string message)
    : kind_(kind), report_(std::string(name_of(kind)) + ": " + std::move(message)) {}

Fault::Fault(FaultKind kind, const Warp& warp, const Instruction& instruction, int lane,
             const std::string& message)
    : kind_(kind),
      report_(std::string(name_of(kind)) + ": " + message +
              describe_place(warp, instruction, lane)) {
  stop_if_asked(report_);
}

}  // namespace lean::simt
