#include "kernels/scalars.h"

#include "cpu/register.h"
#include "math/scalars.h"

namespace lean::cpu::LEAN_ISA {
namespace {

void run(std::span<const Scalars> items, Context&) {
  for (const Scalars& item : items) {
    auto& scalars = *item.scalars.as<StepScalars>();
    if (scalars.active == 0) continue;
    fill_scalars(item, item.group.as<double>(), item.hyper.as<double>(), item.result.as<double>(),
                 *item.counters.as<Counters>(), scalars);
  }
}

const Registered<Scalars, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
