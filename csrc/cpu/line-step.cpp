#include "kernels/line-step.h"

#include "cpu/lines.h"
#include "cpu/register.h"
#include "cpu/second-moments.h"

namespace lean::cpu::LEAN_ISA {
namespace {

// The gradient has no decay in it, and the numerator no gradient but on other lines.
StepScalars line_scalars(const LineStep& item) {
  StepScalars s = scalars_of(item);
  s.l2 = 0;
  s.n_grad = 0;
  return s;
}

// A run in one row whose momentum, if it has one, is the row's.
template <class M, class W, class G, class Denominators>
void step_row(const LineStep& item, const Lines& lines, W* w, const G* g, int64_t row, int64_t col,
              int64_t count, Denominators denominators, const StepScalars& s,
              const Rounder& rounder) {
  const int64_t cols = item.param.cols();
  const int64_t k = lines.find(row);
  const auto update = [&](auto numerator) {
    update_weights(w, g, count, row * cols + col, numerator, denominators, s, rounder);
  };
  if (k >= 0) {
    update(MomentumNumerator<M>{item.exp_avg.as<M>() + k * cols + col, s.drop_momentum != 0});
  } else {
    update(GradientNumerator{});
  }
}

// n[i] <- N of the run's columns: G, and in the columns of index what becomes of it there.
template <class M, class G>
void fill_numerators(const LineStep& item, const Lines& lines, const G* g, int64_t row, int64_t col,
                     int64_t count, const StepScalars& s, float* n) {
  for (int64_t i = 0; i < count; i += kLanes) {
    const int some = static_cast<int>(clamp(count - i, 0, kLanes));
    store(n + i, scaled_gradient(load(g + i, some), Lanes{}, s), some);
  }
  const MomentumNumerator<M> momentum{item.exp_avg.as<M>() + row * item.index.numel(),
                                      s.drop_momentum != 0};
  lines.for_each_in(col, col + count, [&](int64_t first, int64_t found) {
    for (int64_t k = first; k < first + found; k += kLanes) {
      const int some = static_cast<int>(clamp(first + found - k, 0, kLanes));
      const int32_t* line = item.index.as<int32_t>() + k;
      float x[kLanes] = {};
      for (int i = 0; i < some; ++i) x[i] = n[line[i] - col];
      store(x, momentum.at(k, some, load(x), s));
      for (int i = 0; i < some; ++i) n[line[i] - col] = x[i];
    }
  });
}

template <class M, class W, class G>
void step(const LineStep& item, TileRange tile, float* scratch) {
  const StepScalars s = line_scalars(item);
  const Rounder rounder = rounder_of(item);
  const Lines lines(item.index.as<int32_t>(), item.index.numel());
  const int64_t cols = item.param.cols();
  W* w = item.param.as<W>();
  const G* g = item.grad.as<G>();
  float* n = scratch + run_scratch(item);
  const auto step_run = [&](int64_t begin, int64_t end, auto denominators) {
    int64_t next;
    for (int64_t i = begin; i < end; i = next) {
      const int64_t row = i / cols;
      const int64_t col = i - row * cols;
      next = clamp((row + 1) * cols, i, end);
      const int64_t count = next - i;
      const auto from_here = denominators.from(i - begin);
      if (item.axis == Axis::rows) {
        step_row<M>(item, lines, w + i, g + i, row, col, count, from_here, s, rounder);
      } else {
        fill_numerators<M>(item, lines, g + i, row, col, count, s, n);
        update_weights(w + i, g + i, count, i, GivenNumerator{n}, from_here, s, rounder);
      }
    }
  };
  for_each_run<W, G>(item, s, tile.begin, tile.end, scratch, step_run);
}

void step_weights(std::span<const LineStep> items, Context& context) {
  for_each_tile(
      items, context, weight_tiles<LineStep>, [&](const LineStep& item, int64_t tile, int worker) {
        const int64_t floats = run_scratch(item) + item.param.cols();
        auto* scratch = static_cast<float*>(
            context.scratch(worker, static_cast<size_t>(floats) * sizeof(float)));
        dispatch_param_grad(item.param.dtype, item.grad.dtype, [&]<class W, class G>() {
          dispatch_state(item.exp_avg.dtype,
                         [&]<class M>() { step<M, W, G>(item, tile_range(item, tile), scratch); });
        });
      });
}

void run(std::span<const LineStep> items, Context& context) {
  update_column_moments(items, context, line_scalars,
                        [&](std::span<const LineStep> few) { step_weights(few, context); });
}

const Registered<LineStep, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
