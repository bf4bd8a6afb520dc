#include "kernels/low-rank-step.h"

#include "cpu/projected-panel.h"
#include "cpu/register.h"
#include "cpu/sum-squares.h"
#include "cpu/weight-update.h"
#include "cpu/workspace.h"
#include "math/low-rank.h"

// Inside the subspace alone, a tile is a panel that is projected and updated at once, as in
// subspace-step.cpp. Where norms of the whole weight come first, an item takes two passes: its
// panels are projected and leave the squares of their lines, then weights are updated. With a basis
// on either side, the projection is of all panels' halves of it.
namespace lean::cpu::LEAN_ISA {
namespace {

using Panel = ProjectedPanel<LowRankStep>;

// M, V and, in the place of R, N; `count` consecutive ones of each.
template <class M>
void update_moments(M* m, float* v, const float* r, float* n, int64_t count, const StepScalars s) {
  for (int64_t i = 0; i < count; i += kLanes) {
    const int some = static_cast<int>(clamp(count - i, 0, kLanes));
    const Lanes projection = load(r + i, some);
    const Lanes moment = next_momentum(load(m + i, some), projection, s);
    store(m + i, moment, some);
    const Lanes second = update_moments(v + i, projection * projection, some, s);
    store(n + i, adam_direction(moment, second, s), some);
  }
}

// Of rows x cols elements, of which the first is number `first` of the moments.
void update_moments(const LowRankStep& item, int64_t first, Block<const float> r, Block<float> n,
                    int64_t rows, int64_t cols, const StepScalars& s) {
  dispatch_state(item.exp_avg.dtype, [&]<class M>() {
    const Block<M> m{item.exp_avg.as<M>() + first, item.exp_avg.cols()};
    const Block<float> v{item.exp_avg_sq.as<float>() + first, item.exp_avg.cols()};
    for (int64_t k = 0; k < rows; ++k) {
      update_moments(m.at(k, 0).data, v.at(k, 0).data, r.at(k, 0).data, n.at(k, 0).data, cols, s);
    }
  });
}

// Of a panel, whose R is its projection.
void update_moments(const Panel& p, Block<float> n) {
  const Block<const float> r{p.projection.data, p.projection.ld};
  const int64_t size = p.lines.size();
  if (p.right()) {
    update_moments(p.item, p.lines.begin * p.rank, r, n, size, p.rank, p.s);
  } else {
    update_moments(p.item, p.lines.begin, r, n, p.rank, size, p.s);
  }
}

// --- norms ---------------------------------------------------------------------------------------

// totals[c] <- the squares of column c of rows x cols elements.
template <class T>
void sum_squares_of_columns(Block<const T> x, int64_t rows, int64_t cols, double* totals) {
  constexpr int64_t kRows = 64;  // go into a float32 sum
  for (int64_t c = 0; c < cols; ++c) totals[c] = 0;
  for (int64_t c = 0; c < cols; c += kLanes) {
    const int count = static_cast<int>(clamp(cols - c, 0, kLanes));
    for (int64_t row = 0; row < rows; row += kRows) {
      const int64_t end = clamp(row + kRows, 0, rows);
      Lanes sum = {};
      for (int64_t k = row; k < end; ++k) {
        const Lanes y = load(x.at(k, c).data, count);
        sum = multiply_add(y, y, sum);
      }
      for (int i = 0; i < count; ++i) {
        totals[c + i] += is_finite(sum[i]) ? sum[i]
                                           : slow_sum_squares(Plain<T>{x.at(row, c + i).data}, 0,
                                                              (end - row - 1) * x.ld + 1, x.ld);
      }
    }
  }
}

// totals[i] <- the squares of line i of a panel's part of something.
template <class T>
void sum_squares_of_lines(const Panel& p, Block<const T> x, int64_t length, double* totals) {
  if (!p.right()) return sum_squares_of_columns(x, length, p.lines.size(), totals);
  for (int64_t i = 0; i < p.lines.size(); ++i) {
    totals[i] = sum_squares(Plain<T>{x.at(i, 0).data}, 0, length);
  }
}

// What an item keeps between its passes.
struct Lines {
  double* direction;   // |N_j|^2
  double* projection;  // |R_j|^2
  double* gradient;    // |G_j|^2, under max_growth
  float* factors;      // l f_j
  float* r;            // R and N, where they are wanted again
  float* n;

  explicit Lines(const LowRankStep& item) {
    Workspace workspace(item.workspace);
    const int64_t count = item.lines();
    direction = workspace.take<double>(count);
    projection = workspace.take<double>(count);
    gradient = workspace.take<double>(count);
    factors = workspace.take<float>(count);
    r = workspace.take<float>(count * item.rank());
    n = workspace.take<float>(count * item.rank());
  }
};

void measure(Panel& p, const Lines& lines, Context& context, int worker) {
  float* scratch = p.take_scratch(context, worker, p.lines.size() * p.rank);
  Block<float> n{scratch, p.projection.ld};
  if (p.item.direction == Direction::residual) {
    p.projection = p.part_of(lines.r);
    n = p.part_of(lines.n);
  }
  project(p);
  update_moments(p, n);
  const int64_t first = p.lines.begin;
  sum_squares_of_lines(p, Block<const float>{n.data, n.ld}, p.rank, lines.direction + first);
  sum_squares_of_lines(p, Block<const float>{p.projection.data, p.projection.ld}, p.rank,
                       lines.projection + first);
  if (p.item.max_growth == 0) return;
  dispatch_weight(p.item.grad.dtype, [&]<class G>() {
    const Block<const G> grad{p.item.grad.as<G>(), p.cols()};
    sum_squares_of_lines(p, p.right() ? grad.at(first, 0) : grad.at(0, first), p.projected(),
                         lines.gradient + first);
  });
  const double factor = static_cast<double>(p.s.grad_factor) * p.s.grad_factor;
  for (int64_t j = first; j < p.lines.end; ++j) lines.gradient[j] *= factor;
}

// The factors of all lines, and the norm that they are limited by.
void settle_factors(const LowRankStep& item, const Lines& lines) {
  const int64_t count = item.lines();
  const auto sum = [=](auto term) {
    double total = 0;
    for (int64_t j = 0; j < count; ++j) total += term(j);
    return total;
  };
  double whole = 0;
  if (item.whole_norm) {
    whole = norm_ratio(sum([&](int64_t j) { return lines.direction[j]; }),
                       sum([&](int64_t j) { return lines.projection[j]; }));
  }
  const auto factor = [&](int64_t j) {
    return item.whole_norm ? whole : norm_ratio(lines.direction[j], lines.projection[j]);
  };
  double limit = 1;
  if (item.max_growth > 0) {
    const double squares = sum([&](int64_t j) {
      const double f = factor(j);
      return f * f * scaled_square(item, lines.gradient[j], lines.projection[j]);
    });
    float& last = *item.last_norm.as<float>();
    const double norm = __builtin_sqrt(squares);
    limit = growth_limit<double>(norm, last, item.max_growth);
    last = static_cast<float>(limit * norm);
  }
  for (int64_t j = 0; j < count; ++j) lines.factors[j] = static_cast<float>(limit * factor(j));
}

// --- weights -------------------------------------------------------------------------------------

// Of a block of a panel, with N from what has been projected back. Factors are of the panel's
// lines; nullptr: of back alone.
template <class W, class G>
void update_block(const Panel& p, Range rows, Range cols, const float* factors) {
  const LowRankStep& item = p.item;
  const Rounder rounder = rounder_of(item);
  const float* back = p.back;
  for (int64_t row = rows.begin; row < rows.end; ++row, back += cols.size()) {
    const int64_t begin = row * p.cols() + cols.begin;
    const auto update = [&](auto numerator) {
      update_weights(item.param.as<W>() + begin, item.grad.as<G>() + begin, cols.size(), begin,
                     numerator, OneDenominator{1}, p.s, rounder);
    };
    if (factors == nullptr) {
      update(GivenNumerator{back});
    } else if (p.right()) {
      update(ScaledGradientPlus{back, factors[row - rows.begin]});
    } else {
      update(ScaledGradientsPlus{back, factors});
    }
  }
}

// A panel, from what its projection holds.
void update_panel(Panel& p, const float* factors = nullptr) {
  p.s.step_size *= static_cast<float>(p.item.scale);
  p.for_each_block([&](Range block) {
    project_back(p, block);
    dispatch_param_grad(p.item.param.dtype, p.item.grad.dtype, [&]<class W, class G>() {
      p.right() ? update_block<W, G>(p, p.lines, block, factors)
                : update_block<W, G>(p, block, p.lines, factors);
    });
  });
}

// back(N) + f (G - back(R)) = f G + back(N - f R).
void update_residual(Panel& p, const Lines& lines, Context& context, int worker) {
  p.take_scratch(context, worker);
  const Block<float> r = p.part_of(lines.r), n = p.part_of(lines.n);
  const float* factors = lines.factors + p.lines.begin;
  const int64_t rows = p.right() ? p.lines.size() : p.rank;
  const int64_t cols = p.right() ? p.rank : p.lines.size();
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t k = 0; k < cols; k += kLanes) {
      const int some = static_cast<int>(clamp(cols - k, 0, kLanes));
      const Lanes f = p.right() ? splat(-factors[i]) : load(factors + k, some) * -1.0f;
      store(p.projection.at(i, k).data,
            multiply_add(f, load(r.at(i, k).data, some), load(n.at(i, k).data, some)), some);
    }
  }
  update_panel(p, factors);
}

// The rows of a tile, with N = f G.
void update_gradient(const LowRankStep& item, const Lines& lines, Range rows) {
  StepScalars s = projected_scalars(item);
  s.step_size *= static_cast<float>(item.scale);
  const Rounder rounder = rounder_of(item);
  const int64_t cols = item.param.cols();
  dispatch_param_grad(item.param.dtype, item.grad.dtype, [&]<class W, class G>() {
    for (int64_t row = rows.begin; row < rows.end; ++row) {
      const int64_t begin = row * cols;
      const auto update = [&](auto factors) {
        update_weights(item.param.as<W>() + begin, item.grad.as<G>() + begin, cols, begin,
                       GradientNumerator{}, factors, s, rounder);
      };
      item.right() ? update(OneDenominator{lines.factors[row]})
                   : update(ManyDenominators{lines.factors});
    }
  });
}

void run_scaled(const LowRankStep& item, Context& context) {
  const Lines lines(item);
  const Panels panels = panels_of(item);
  parallel_for(context, panels.count, [&](int64_t tile, int worker) {
    Panel panel{item, panels[tile]};
    measure(panel, lines, context, worker);
  });
  settle_factors(item, lines);
  if (item.direction == Direction::residual) {
    return parallel_for(context, panels.count, [&](int64_t tile, int worker) {
      Panel panel{item, panels[tile]};
      update_residual(panel, lines, context, worker);
    });
  }
  const int64_t rows = item.param.rows();
  const int64_t height = clamp(kTileElements / item.param.cols(), 1, rows);
  parallel_for(context, divide_up(rows, height), [&](int64_t tile, int) {
    update_gradient(item, lines, {tile * height, clamp((tile + 1) * height, 0, rows)});
  });
}

void run_two_sided(const LowRankStep& item, Context& context) {
  const int64_t rank = item.rank();
  Workspace workspace(item.workspace);
  const Block<float> half{workspace.take<float>(item.param.rows() * rank), rank};  // G B
  const Block<float> n{workspace.take<float>(rank * rank), rank};
  const Panels panels = panels_of(item);
  parallel_for(context, panels.count, [&](int64_t tile, int worker) {
    Panel panel{item, panels[tile]};
    panel.take_scratch(context, worker);
    panel.projection = panel.part_of(half.data);
    project(panel);
  });
  dispatch_state(item.left_basis.dtype, [&]<class A>() {
    const Block<const A> basis{item.left_basis.as<A>(), rank};
    const Panels rows_of_r = Panels::of(rank, rank);
    parallel_for(context, rows_of_r.count, [&](int64_t tile, int worker) {
      const Range rows = rows_of_r[tile];
      const Block<float> own = n.at(rows.begin, 0);
      multiply(Op::transposed, Op::plain, rows.size(), rank, item.param.rows(), 1,
               basis.at(0, rows.begin), Block<const float>{half.data, rank}, own,
               product_memory(context, worker));
      update_moments(item, rows.begin * rank, {own.data, rank}, own, rows.size(), rank,
                     projected_scalars(item));
    });
    parallel_for(context, panels.count, [&](int64_t tile, int worker) {
      Panel panel{item, panels[tile]};
      panel.take_scratch(context, worker);
      multiply(Op::plain, Op::plain, panel.lines.size(), rank, rank, 1,
               basis.at(panel.lines.begin, 0), Block<const float>{n.data, rank}, panel.projection,
               panel.product);
      update_panel(panel);
    });
  });
}

bool is_one_pass(const LowRankStep& item) { return !item.is_scaled() && !item.two_sided(); }

void run(std::span<const LowRankStep> items, Context& context) {
  for_each_tile(
      items, context,
      [](const LowRankStep& item) {
        return is_one_pass(item) && is_stepped(item) ? panels_of(item).count : 0;
      },
      [&](const LowRankStep& item, int64_t tile, int worker) {
        Panel panel{item, panels_of(item)[tile]};
        panel.take_scratch(context, worker);
        project(panel);
        update_moments(panel, panel.projection);
        update_panel(panel);
      });
  for (const LowRankStep& item : items) {
    if (is_one_pass(item) || !is_stepped(item)) continue;
    item.two_sided() ? run_two_sided(item, context) : run_scaled(item, context);
  }
}

const Registered<LowRankStep, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
