#include "kernels/power-iteration.h"

#include "cpu/basis-policy.h"
#include "cpu/register.h"
#include "cpu/workspace.h"

namespace lean::cpu::LEAN_ISA {
namespace {

// basis <- scale^2 G^T G from (right) or scale^2 G G^T from (left), so many columns at a time that
// z has room for their products. `from` may be the basis itself.
template <class From>
void pass(Context& context, const PowerIteration& item, float scale, const From* from, float* z,
          float* basis) {
  const int64_t rank = item.rank();
  const bool right = item.side == Side::right;
  for (int64_t col = 0; col < rank; col += PowerIteration::kWidth) {
    const int64_t width = clamp(rank - col, 0, PowerIteration::kWidth);
    multiply_gradient(context, item.grad, right ? Op::plain : Op::transposed, scale,
                      Block<const From>{from + col, rank}, width, {z, width});
    multiply_gradient(context, item.grad, right ? Op::transposed : Op::plain, scale,
                      Block<const float>{z, width}, width, {basis + col, rank});
  }
}

void refresh(const PowerIteration& item, Context& context) {
  const Stopwatch stopwatch(item);
  const int64_t rank = item.rank(), projected = item.projected();
  Workspace workspace(item.workspace);
  auto* gram = workspace.take<double>(rank * rank);
  auto* basis = workspace.take<float>(projected * rank);
  auto* z = workspace.take<float>(item.others() * item.width());

  const float scale = gradient_scale(context, item.grad);
  if (scale == 0) return refuse(context, item, basis, gram);
  const bool cold = !has_basis(item);
  if (cold) draw(context, item, basis);
  const int64_t passes = cold ? item.cold_passes : item.warm_passes;
  for (int64_t i = 0; i < passes; ++i) {
    if (i == 0 && !cold) {
      dispatch_state(item.basis.dtype,
                     [&]<class B>() { pass(context, item, scale, item.basis.as<B>(), z, basis); });
    } else {
      pass(context, item, scale, basis, z, basis);
    }
    orthonormalize(context, basis, projected, rank, gram);
  }
  accept(context, item, basis, reinterpret_cast<float*>(gram));
}

void run(std::span<const PowerIteration> items, Context& context) {
  for (const PowerIteration& item : items) {
    if (!item.grad) continue;
    adopt_waiting(context, item, item.workspace);
    if (refresh_is_due(item)) refresh(item, context);
  }
}

const Registered<PowerIteration, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
