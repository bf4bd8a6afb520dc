#include "kernels/gradient-norm.h"

#include "cpu/register.h"

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
    const double grad_scale = item.hyper.as<double>()[0];
    const double max_grad_norm = item.hyper.as<double>()[1];
    const double norm = __builtin_sqrt(norm2) / grad_scale;
    const double clip = max_grad_norm > 0 ? max_grad_norm / (norm + 1e-6) : 1;
    double* result = item.result.as<double>();
    result[0] = norm;
    result[1] = bad ? 1 : 0;
    result[2] = clip > 1 ? 1 : clip;  // NaN where the norm is, as clip_grad_norm_ of torch
  }
}

const Registered<GradientNorm, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
