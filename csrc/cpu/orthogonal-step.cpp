#include "kernels/orthogonal-step.h"

#include "cpu/newton-schulz.h"
#include "cpu/register.h"
#include "cpu/sum-squares.h"
#include "cpu/weight-update.h"
#include "cpu/workspace.h"

namespace lean::cpu::LEAN_ISA {
namespace {

struct Norms {
  double of_grad;  // |G|
  double of_n;     // |N|
};

// m, and N in `n`, of the elements [begin, end); their squares.
template <class M, class G>
void update_momentum(const OrthogonalStep& item, const StepScalars& s, int64_t begin, int64_t end,
                     float* n, double* squares) {
  M* m = item.exp_avg.as<M>();
  const G* g = item.grad.as<G>();
  for (int64_t i = begin; i < end; i += kLanes) {
    const int count = static_cast<int>(clamp(end - i, 0, kLanes));
    prefetch_ahead(m + i);
    prefetch_ahead(g + i);
    const Lanes grad = load(g + i, count) * s.grad_factor;
    const Lanes next = next_momentum(load(m + i, count), grad, s);
    store(m + i, next, count);
    const Lanes of_step = numerator(next, grad, s);
    store(n + i, item.rounded ? rounded_lanes(of_step) : of_step, count);
  }
  squares[0] = sum_squares(Plain<G>{g}, begin, end);
  squares[1] = sum_squares(Plain<float>{n}, begin, end);
}

Norms take_momentum(const OrthogonalStep& item, const StepScalars& s, Context& context, float* n,
                    double* squares) {
  const int64_t count = item.param.numel();
  dispatch_state(item.exp_avg.dtype, [&]<class M>() {
    dispatch_weight(item.grad.dtype, [&]<class G>() {
      parallel_for(context, item.pieces(), [&](int64_t piece, int) {
        const int64_t begin = piece * OrthogonalStep::kPiece;
        const int64_t end = clamp(begin + OrthogonalStep::kPiece, 0, count);
        update_momentum<M, G>(item, s, begin, end, n, squares + 2 * piece);
      });
    });
  });
  double total[2] = {};
  for (int64_t i = 0; i < 2 * item.pieces(); ++i) total[i % 2] += squares[i];
  const double factor = s.grad_factor;
  double of_n = __builtin_sqrt(total[1]);
  if (item.rounded) of_n = to_float(from_float<bfloat16>(static_cast<float>(of_n)));
  return {__builtin_sqrt(total[0]) * __builtin_fabs(factor), of_n};
}

void scale(Context& context, float* x, int64_t count, float factor, bool rounded) {
  parallel_for(context, divide_up(count, kTileElements), [&](int64_t tile, int) {
    const int64_t end = clamp((tile + 1) * kTileElements, 0, count);
    for (int64_t i = tile * kTileElements; i < end; i += kLanes) {
      const int lanes = static_cast<int>(clamp(end - i, 0, kLanes));
      const Lanes scaled = load(x + i, lanes) * factor;
      store(x + i, rounded ? rounded_lanes(scaled) : scaled, lanes);
    }
  });
}

// W <- ... - step_size * O
template <class W, class G>
void update(const OrthogonalStep& item, const StepScalars& s, Context& context, const float* o) {
  const int64_t count = item.param.numel();
  const Rounder rounder = rounder_of(item);
  parallel_for(context, divide_up(count, kTileElements), [&](int64_t tile, int) {
    const int64_t begin = tile * kTileElements;
    update_weights(item.param.as<W>() + begin, item.grad.as<G>() + begin,
                   clamp(count - begin, 0, kTileElements), begin, GivenNumerator{o + begin},
                   OneDenominator{1}, s, rounder);
  });
}

void step(const OrthogonalStep& item, StepScalars s, Context& context) {
  const int64_t count = item.param.numel(), k = item.shorter();
  Workspace workspace(item.workspace);
  float* n = workspace.take<float>(count);
  float* other = workspace.take<float>(count);
  float* const square[] = {workspace.take<float>(k * k), workspace.take<float>(k * k),
                           workspace.take<float>(k * k), workspace.take<float>(k * k)};
  const Norms norms = take_momentum(item, s, context, n, workspace.take<double>(2 * item.pieces()));

  float* v = item.exp_avg_sq ? item.exp_avg_sq.as<float>() : nullptr;
  s.step_size = orthogonal_step_size(norms.of_grad, item.max_norm, item.least_step,
                                     item.shape_scale, s.step_size, v);
  scale(context, n, count, static_cast<float>(1 / (norms.of_n > item.eps ? norms.of_n : item.eps)),
        item.rounded);
  NewtonSchulzIteration iteration(context, item.is_wide(), item.rounded, k, item.longer(), n, other,
                                  square);
  const float* o = iteration.run(item.schedule, item.steps);
  dispatch_weight(item.param.dtype, [&]<class W>() {
    if (item.grad.dtype == item.param.dtype) return update<W, W>(item, s, context, o);
    update<W, float>(item, s, context, o);
  });
}

void run(std::span<const OrthogonalStep> items, Context& context) {
  for (const OrthogonalStep& item : items) {
    const auto& s = *item.scalars.as<StepScalars>();
    if (item.grad && s.active != 0 && item.param.numel() > 0) step(item, s, context);
  }
}

const Registered<OrthogonalStep, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
