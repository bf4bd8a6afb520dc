#include "kernels/subspace-step.h"

#include "cpu/panels.h"
#include "cpu/product.h"
#include "cpu/register.h"
#include "cpu/second-moments.h"

// A tile is a panel of whole rows (right) or columns (left) of the weight, with the part of the
// momentum that belongs to it. The panel's gradient is projected, then the panel is updated block
// by block: back(m_scale * M - R) is formed for one block at a time, in scratch memory, and used
// there.
namespace lean::cpu::LEAN_ISA {
namespace {

Panels panels_of(const SubspaceStep& item) {
  const bool right = item.side == Side::right;
  return Panels::of(right ? item.param.rows() : item.param.cols(), item.basis.cols());
}

int64_t tiles(const SubspaceStep& item) {
  const bool any = item.grad && scalars_of(item).active != 0 && item.param.numel() > 0;
  return any ? panels_of(item).count : 0;
}

// There is no coupled decay in a projected gradient.
StepScalars subspace_scalars(const SubspaceStep& item) {
  StepScalars s = scalars_of(item);
  s.l2 = 0;
  return s;
}

// One tile: its lines, and its scratch memory.
struct Panel {
  SubspaceStep item;
  Range lines;
  StepScalars s = subspace_scalars(item);
  int64_t rank = item.basis.cols();
  // Of the other dimension, how much makes a block: as much of the basis as a second-level cache
  // holds beside it.
  int64_t block = clamp((128 << 10) / rank, 64, 512);
  float* difference = nullptr;  // R, then m_scale * M - R
  float* back = nullptr;
  float* inverses = nullptr;  // of the denominators of a block's columns
  float* product = nullptr;

  bool right() const { return item.side == Side::right; }
  int64_t rows() const { return item.param.rows(); }
  int64_t cols() const { return item.param.cols(); }
  int64_t projected() const { return item.basis.rows(); }

  void take_scratch(Context& context, int worker) {
    const auto larger = [](int64_t a, int64_t b) { return a > b ? a : b; };
    const int64_t sizes[] = {lines.size() * rank, lines.size() * block,
                             larger(lines.size(), block)};
    product = product_memory(context, worker, sizes[0] + sizes[1] + sizes[2]);
    difference = product + kProductScratch;
    back = difference + sizes[0];
    inverses = back + sizes[1];
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

// R = G B (lines x rank), or B^T G (rank x lines).
void project(const Panel& p) {
  dispatch_weight(p.item.grad.dtype, [&]<class G>() {
    dispatch_state(p.item.basis.dtype, [&]<class B>() {
      const Block<const G> grad{p.item.grad.as<G>(), p.cols()};
      const Block<const B> basis{p.item.basis.as<B>(), p.rank};
      if (p.right()) {
        multiply(Op::plain, Op::plain, p.lines.size(), p.rank, p.cols(), p.s.grad_factor,
                 grad.at(p.lines.begin, 0), basis, {p.difference, p.rank}, p.product);
      } else {
        multiply(Op::transposed, Op::plain, p.rank, p.lines.size(), p.rows(), p.s.grad_factor,
                 basis, grad.at(0, p.lines.begin), {p.difference, p.lines.size()}, p.product);
      }
    });
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
      return update_momentum(m + p.lines.begin * p.rank, p.difference, size * p.rank, p.s);
    }
    for (int64_t k = 0; k < p.rank; ++k) {
      update_momentum(m + k * p.cols() + p.lines.begin, p.difference + k * size, size, p.s);
    }
  });
}

// back = difference B^T (lines x block), or B difference (block x lines).
void project_back(const Panel& p, Range block) {
  dispatch_state(p.item.basis.dtype, [&]<class B>() {
    const auto basis = Block<const B>{p.item.basis.as<B>(), p.rank}.at(block.begin, 0);
    const int64_t lines = p.lines.size();
    if (p.right()) {
      multiply(Op::plain, Op::transposed, lines, block.size(), p.rank, 1,
               Block<const float>{p.difference, p.rank}, basis, {p.back, block.size()}, p.product);
    } else {
      multiply(Op::plain, Op::plain, block.size(), lines, p.rank, 1, basis,
               Block<const float>{p.difference, lines}, {p.back, lines}, p.product);
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
  for (int64_t begin = 0; begin < p.projected(); begin += p.block) {
    const Range block{begin, clamp(begin + p.block, 0, p.projected())};
    project_back(p, block);
    p.right() ? update_block(p, p.lines, block) : update_block(p, block, p.lines);
  }
}

void run(std::span<const SubspaceStep> items, Context& context) {
  update_column_moments(items, context, subspace_scalars);
  for_each_tile(items, context, tiles, [&](const SubspaceStep& item, int64_t tile, int worker) {
    Panel panel{item, panels_of(item)[tile]};
    panel.take_scratch(context, worker);
    run_panel(panel);
  });
}

const Registered<SubspaceStep, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
