#include "kernels/subspace-step.h"

#include "cpu/projected-panel.h"
#include "cpu/register.h"
#include "cpu/second-moments.h"

// A tile is a panel of whole rows (right) or columns (left) of the weight. Its gradient is
// projected, then it is updated block by block: back(m_scale * M - R) is formed for one block at a
// time, in scratch memory, and used there.
namespace lean::cpu::LEAN_ISA {
namespace {

int64_t tiles(const SubspaceStep& item) { return is_stepped(item) ? panels_of(item).count : 0; }

struct Panel : ProjectedPanel<SubspaceStep> {
  float* inverses = nullptr;  // of the denominators of a block's columns

  void take_scratch(Context& context, int worker) {
    const int64_t columns = right() ? block : lines.size();
    inverses = ProjectedPanel::take_scratch(context, worker, columns);
  }
};

// Rows that the panel has to itself. From here on the moments are given.
void update_row_moments(Panel& p) {
  SubspaceStep& item = p.item;
  if (item.partition != Partition::rows || item.moment_given) return;
  item.moment_given = true;
  dispatch_weight(item.grad.dtype, [&]<class G>() {
    const Plain<G> grad{item.grad.as<G>()};
    const double factor = square_factor(p.s, item.mean, p.cols());
    for (int64_t row = p.lines.begin; row < p.lines.end; ++row) {
      const double sum = sum_squares(grad, row * p.cols(), (row + 1) * p.cols());
      update_moments(item.exp_avg_sq.as<float>() + row, splat(static_cast<float>(sum * factor)), 1,
                     p.s);
    }
  });
}

// m <- m_decay * m + m_gain * r, and r <- m_scale * m - r.
template <class M>
void update_momentum(M* m, float* r, int64_t count, const StepScalars s) {
  for (int64_t i = 0; i < count; i += kLanes) {
    const int n = static_cast<int>(clamp(count - i, 0, kLanes));
    const Lanes projection = load(r + i, n);
    const Lanes next = next_momentum(load(m + i, n), projection, s);
    store(m + i, s.drop_momentum != 0 ? Lanes{} : next, n);
    store(r + i, next * s.m_scale - projection, n);
  }
}

void update_momentum(const Panel& p) {
  dispatch_state(p.item.exp_avg.dtype, [&]<class M>() {
    M* m = p.item.exp_avg.as<M>();
    const int64_t size = p.lines.size();
    if (p.right()) {
      return update_momentum(m + p.lines.begin * p.rank, p.projection.data, size * p.rank, p.s);
    }
    for (int64_t k = 0; k < p.rank; ++k) {
      update_momentum(m + k * p.cols() + p.lines.begin, p.projection.at(k, 0).data, size, p.s);
    }
  });
}

// The weights of a block, with N = G + back.
template <class W, class G>
void update_block(const Panel& p, Range rows, Range cols) {
  const SubspaceStep& item = p.item;
  const Rounder rounder = rounder_of(item);
  const float* back = p.back;
  const auto update = [&](int64_t begin, int64_t end, const float* x, auto denominators) {
    update_weights(item.param.as<W>() + begin, item.grad.as<G>() + begin, end - begin, begin,
                   GradientPlus{x}, denominators, p.s, rounder);
  };
  for (int64_t row = rows.begin; row < rows.end; ++row, back += cols.size()) {
    const int64_t begin = row * p.cols() + cols.begin;
    const int64_t end = begin + cols.size();
    if (item.partition == Partition::columns) {
      update(begin, end, back, ManyDenominators{p.inverses});
    } else {
      for_each_run<W, G>(item, p.s, begin, end, nullptr,
                         [&](int64_t low, int64_t high, auto denominators) {
                           update(low, high, back + (low - begin), denominators);
                         });
    }
  }
}

void update_block(const Panel& p, Range rows, Range cols) {
  if (p.item.partition == Partition::columns) {
    const float* v = p.item.exp_avg_sq.as<float>() + cols.begin;
    for (int64_t i = 0; i < cols.size(); i += kLanes) {
      const int n = static_cast<int>(clamp(cols.size() - i, 0, kLanes));
      store(p.inverses + i, inverse_denominators(load(v + i, n), p.s), n);
    }
  }
  dispatch_param_grad(p.item.param.dtype, p.item.grad.dtype,
                      [&]<class W, class G>() { update_block<W, G>(p, rows, cols); });
}

void run_panel(Panel& p) {
  update_row_moments(p);
  project(p);
  update_momentum(p);
  p.for_each_block([&](Range block) {
    project_back(p, block);
    p.right() ? update_block(p, p.lines, block) : update_block(p, block, p.lines);
  });
}

void run(std::span<const SubspaceStep> items, Context& context) {
  update_column_moments(items, context, projected_scalars<SubspaceStep>);
  for_each_tile(items, context, tiles, [&](const SubspaceStep& item, int64_t tile, int worker) {
    Panel panel{{item, panels_of(item)[tile]}};
    panel.take_scratch(context, worker);
    run_panel(panel);
  });
}

const Registered<SubspaceStep, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
