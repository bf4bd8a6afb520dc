#include "kernels/dense-step.h"

#include "cpu/register.h"
#include "cpu/second-moments.h"

namespace lean::cpu::LEAN_ISA {
namespace {

int64_t tiles(const DenseStep& item) {
  return scalars_of(item).active != 0 ? divide_up(item.param.numel(), tile_elements(item)) : 0;
}

template <class W, class G>
void step(const DenseStep& item, int64_t begin, int64_t end, float* scratch) {
  const StepScalars s = scalars_of(item);
  const Rounder rounder = rounder_of(item);
  for_each_run<W, G>(item, s, begin, end, scratch, [&](int64_t i, int64_t end, auto denominators) {
    const auto update = [&](auto numerator) {
      update_weights(item.param.as<W>() + i, item.grad.as<G>() + i, end - i, i, numerator,
                     denominators, s, rounder);
    };
    if (!item.exp_avg) return update(GradientNumerator{});
    dispatch_state(item.exp_avg.dtype, [&]<class M>() {
      update(MomentumNumerator<M>{item.exp_avg.as<M>() + i, s.drop_momentum != 0});
    });
  });
}

void run(std::span<const DenseStep> items, Context& context) {
  update_column_moments(items, context, scalars_of<DenseStep>);
  for_each_tile(items, context, tiles, [&](const DenseStep& item, int64_t tile, int worker) {
    const int64_t elements = tile_elements(item);
    const int64_t begin = tile * elements;
    const int64_t end = clamp(begin + elements, 0, item.param.numel());
    const size_t bytes = static_cast<size_t>(run_scratch(item)) * sizeof(float);
    auto* scratch = bytes > 0 ? static_cast<float*>(context.scratch(worker, bytes)) : nullptr;
    dispatch_param_grad(item.param.dtype, item.grad.dtype,
                        [&]<class W, class G>() { step<W, G>(item, begin, end, scratch); });
  });
}

const Registered<DenseStep, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
