#include "kernels/gradient-norm.h"

#include "cpu/register.h"
#include "math/gradient-norm.h"

namespace lean::cpu::LEAN_ISA {
namespace {

void run(std::span<const GradientNorm> items, Context&) {
  for (const GradientNorm& item : items) {
    const double* partials = item.partials.as<double>();
    const int32_t* non_finite = item.non_finite.as<int32_t>();
    double norm2 = 0;
    bool bad = false;
    for (int64_t i = 0; i < item.partials.numel(); ++i) {
      norm2 += partials[i];
      bad |= non_finite[i] != 0;
    }
    write_norm(norm2, bad, item.hyper.as<double>(), item.result.as<double>());
  }
}

const Registered<GradientNorm, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
