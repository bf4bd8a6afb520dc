#include "kernels/sum-partials.h"

#include "cpu/register.h"

namespace lean::cpu::LEAN_ISA {
namespace {

void run(std::span<const SumPartials> items, Context&) {
  for (const SumPartials& item : items) {
    const double number = *item.row.as<double>();
    if (!item.has_row(number)) continue;
    const int64_t width = item.width();
    double* result = item.result.as<double>() + static_cast<int64_t>(number) * width;
    for (int64_t j = 0; j < width; ++j) result[j] = 0;
    const double* partials = item.partials.as<double>();
    for (int64_t i = 0; i < item.pieces(); ++i) {
      for (int64_t j = 0; j < width; ++j) result[j] += partials[i * width + j];
    }
  }
}

const Registered<SumPartials, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
