#include "kernels/prologue.h"

#include "cpu/register.h"
#include "math/counters.h"

namespace lean::cpu::LEAN_ISA {
namespace {

void run(std::span<const Prologue> items, Context&) {
  for (const Prologue& item : items) {
    open_step(item, static_cast<bool>(item.grad), item.result.as<double>(),
              item.schedule.as<Schedule>(), *item.counters.as<Counters>(),
              *item.scalars.as<StepScalars>());
  }
}

const Registered<Prologue, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
