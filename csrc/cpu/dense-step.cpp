#include "kernels/dense-step.h"

#include "cpu/register.h"
#include "cpu/second-moments.h"

namespace lean::cpu::LEAN_ISA {
namespace {

template <class W, class G>
void step(const DenseStep& item, TileRange tile, float* scratch) {
  const StepScalars s = scalars_of(item);
  const Rounder rounder = rounder_of(item);
  W* w = item.param.as<W>();
  const G* g = item.grad.as<G>();
  for_each_run<W, G>(
      item, s, tile.begin, tile.end, scratch, [&](int64_t begin, int64_t end, auto denominators) {
        const auto update = [&](auto numerator) {
          update_weights(w + begin, g + begin, end - begin, begin, numerator, denominators, s,
                         rounder);
        };
        if (!item.exp_avg) return update(GradientNumerator{});
        dispatch_state(item.exp_avg.dtype, [&]<class M>() {
          update(MomentumNumerator<M>{item.exp_avg.as<M>() + begin, s.drop_momentum != 0});
        });
      });
}

void step_weights(std::span<const DenseStep> items, Context& context) {
  for_each_tile(items, context, weight_tiles<DenseStep>,
                [&](const DenseStep& item, int64_t tile, int worker) {
                  const size_t bytes = static_cast<size_t>(run_scratch(item)) * sizeof(float);
                  auto* scratch =
                      bytes > 0 ? static_cast<float*>(context.scratch(worker, bytes)) : nullptr;
                  dispatch_param_grad(item.param.dtype, item.grad.dtype, [&]<class W, class G>() {
                    step<W, G>(item, tile_range(item, tile), scratch);
                  });
                });
}

void run(std::span<const DenseStep> items, Context& context) {
  update_column_moments(items, context, scalars_of<DenseStep>,
                        [&](std::span<const DenseStep> few) { step_weights(few, context); });
}

const Registered<DenseStep, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
