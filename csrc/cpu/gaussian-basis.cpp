#include "kernels/gaussian-basis.h"

#include <cmath>

#include "cpu/basis-policy.h"
#include "cpu/register.h"
#include "cpu/workspace.h"

namespace lean::cpu::LEAN_ISA {
namespace {

void refresh(const GaussianBasis& item, Context& context) {
  const Stopwatch stopwatch(item);
  const int64_t rank = item.rank(), projected = item.projected();
  Workspace workspace(item.workspace);
  auto* gram = workspace.take<double>(rank * rank);
  auto* basis = workspace.take<float>(projected * rank);

  draw(context, item, basis);
  if (item.orthonormal) {
    orthonormalize(context, basis, projected, rank, gram);
  } else {
    const auto scale = static_cast<float>(1 / std::sqrt(static_cast<double>(rank)));
    for (int64_t i = 0; i < projected * rank; ++i) basis[i] *= scale;
  }
  adopt(context, item, basis, reinterpret_cast<float*>(gram));
}

void run(std::span<const GaussianBasis> items, Context& context) {
  for (const GaussianBasis& item : items) {
    if (refresh_is_due(item)) refresh(item, context);
  }
}

const Registered<GaussianBasis, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
