#include "kernels/svd-basis.h"

#include "cpu/basis-policy.h"
#include "cpu/register.h"
#include "cpu/singular-basis.h"
#include "cpu/workspace.h"

// `auto` is gram for every shape. Milliseconds on two cores with AVX-512, gram / full:
//   64 x 48, r 8      0.1 / 0.3        2048 x 768, r 192     84 / 488
//   512 x 512, r 128   27 / 63         1024 x 1024, r 256   154 / 509
//   1376 x 512, r 128  30 / 160        1024 x 2736, r 256   180 / 818
//   768 x 768, r 192   68 / 202        2048 x 2048, r 512  1053 / 3688
// What it loses, singular values below 1e-8 of the largest, is rounding in a float32 gradient.
namespace lean::cpu::LEAN_ISA {
namespace {

void refresh(const SvdBasis& item, Context& context) {
  const Stopwatch stopwatch(item);
  const int64_t rank = item.rank(), projected = item.projected();
  Workspace workspace(item.workspace);
  auto* gram = workspace.take<double>(rank * rank);
  auto* basis = workspace.take<float>(projected * rank);
  auto* others = workspace.take<float>(item.other_vectors());

  const float scale = gradient_scale(context, item.grad);
  int64_t found = 0;
  if (scale != 0) {
    const bool by_gram = item.method == SvdMethod::automatic || item.method == SvdMethod::gram;
    found = singular_columns(context, item.grad, item.side, rank, by_gram, scale, basis, others);
  }
  if (found == 0) return refuse(context, item, basis, gram);
  if (projected > item.others()) {
    // Directions beyond the gradient's rank, and those that float32 gave poorly.
    fill_gaussian(context, basis, projected, rank, found, random_key_of(item));
    orthonormalize(context, basis, projected, rank, gram);
  }
  accept(context, item, basis, reinterpret_cast<float*>(gram));
}

void run(std::span<const SvdBasis> items, Context& context) {
  for (const SvdBasis& item : items) {
    if (!item.grad) continue;
    adopt_waiting(context, item, item.workspace);
    if (refresh_is_due(item)) refresh(item, context);
  }
}

const Registered<SvdBasis, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
