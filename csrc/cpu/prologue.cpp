#include "kernels/prologue.h"

#include "cpu/register.h"

namespace lean::cpu::LEAN_ISA {
namespace {

bool refresh_is_due(const Prologue& item, const Counters& counters) {
  if (item.update_proj_gap == 0) return false;
  if (counters.has_basis == kNoBasis) return true;
  const int64_t since = counters.calls - 1 - item.offset;
  return counters.calls > 1 && since >= 0 && since % item.update_proj_gap == 0;
}

void run(std::span<const Prologue> items, Context&) {
  for (const Prologue& item : items) {
    auto& scalars = *item.scalars.as<StepScalars>();
    scalars.active = scalars.refresh = 0;
    if (!item.grad) continue;
    auto& counters = *item.counters.as<Counters>();
    ++counters.calls;
    if (item.skip_non_finite && item.result.as<double>()[1] != 0) {
      ++counters.skipped;
      continue;
    }
    scalars.active = 1;
    scalars.refresh = refresh_is_due(item, counters) ? 1 : 0;
  }
}

const Registered<Prologue, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
