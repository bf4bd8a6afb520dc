#include "kernels/ldadam-step.h"

#include "cpu/basis-policy.h"
#include "cpu/register.h"
#include "cpu/singular-basis.h"
#include "cpu/weight-update.h"
#include "cpu/workspace.h"
#include "math/ldadam.h"

// First the new basis, in products over the whole weight, then panel by panel everything else: a
// panel of whole rows (right) or columns (left) has the coordinates that belong to it to itself.
// A' = G + error exists nowhere: products sum it up while they pack it; but where B is decomposed,
// it is formed.
namespace lean::cpu::LEAN_ISA {
namespace {

// Elements of A', where they lie in G and, unless it is nullptr, the error.
template <class G, class E>
struct Sum {
  const G* grad;
  const E* error;
  float factor;

  Sum operator+(int64_t i) const {
    return {grad + i, error == nullptr ? nullptr : error + i, factor};
  }

  [[gnu::always_inline]] friend Lanes load(const Sum& from, int count) {
    const Lanes gradient = load(from.grad, count);
    if (from.error == nullptr) return gradient * from.factor;
    return multiply_add(gradient, from.factor, load(from.error, count));
  }
};

// A block of A'.
template <class G, class E>
struct SumBlock {
  Sum<G, E> data;
  int64_t ld;

  SumBlock at(int64_t row, int64_t col) const { return {data + (row * ld + col), ld}; }
};

// A stage's view of an item.
struct Step {
  const LdadamStep& item;
  Context& context;
  StepScalars s = *item.scalars.as<StepScalars>();
  Transport t = transport_of(item, item.counters.as<Counters>()->updates);

  bool right() const { return item.side == Side::right; }
  int64_t rank() const { return item.rank(); }
  int64_t projected() const { return item.projected(); }
  int64_t others() const { return item.others(); }
  // Coordinates (V, m, v, g) are others x rank, or rank x others.
  int64_t coordinate_ld() const { return right() ? rank() : others(); }

  // f(A', as a block)
  template <class F>
  void with_sum(F f) const {
    const int64_t ld = item.param.cols();
    dispatch_weight(item.grad.dtype, [&]<class G>() {
      dispatch_state(item.error.dtype, [&]<class E>() {
        f(SumBlock<G, E>{{item.grad.as<G>(), item.error.as<E>(), s.grad_factor}, ld});
      });
    });
  }

  // f(the old basis)
  template <class F>
  void with_basis(F f) const {
    dispatch_state(item.basis.dtype, [&]<class B>() {
      f(Block<const B>{item.basis.as<B>(), rank()});
    });
  }

  template <class F>
  void with_momentum(F f) const {
    dispatch_state(item.exp_avg.dtype, [&]<class M>() {
      f(Block<M>{item.exp_avg.as<M>(), coordinate_ld()});
    });
  }

  // body(lines, worker) for every panel of `lines` lines.
  template <class Body>
  void for_each_panel(int64_t lines, Body body) const {
    const Panels panels = Panels::of(lines, rank());
    parallel_for(context, panels.count,
                 [&](int64_t tile, int worker) { body(panels[tile], worker); });
  }
};

// The place of a panel's coordinates in those of all.
template <class T>
T panel_of(T coordinates, bool right, int64_t line) {
  return right ? coordinates.at(line, 0) : coordinates.at(0, line);
}

// to <- alpha proj(A') of a panel.
template <class A, class B>
void project(bool right, const Range& lines, int64_t rank, int64_t projected, float alpha, A a,
             B basis, Block<float> to, float* scratch) {
  if (right) {
    multiply(Op::plain, Op::plain, lines.size(), rank, projected, alpha, a.at(lines.begin, 0),
             basis, to, scratch);
  } else {
    multiply(Op::transposed, Op::plain, rank, lines.size(), projected, alpha, basis,
             a.at(0, lines.begin), to, scratch);
  }
}

// Calls body(i, count) for the coordinates of a panel, a row of sixteen or fewer at a time: i in
// its own arrays, without gaps, `at` in those of all.
template <class Body>
void for_each_coordinate(bool right, int64_t size, int64_t rank, int64_t ld, Body body) {
  const int64_t rows = right ? size : rank, cols = right ? rank : size;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t col = 0; col < cols; col += kLanes) {
      body(row * cols + col, row * ld + col, static_cast<int>(clamp(cols - col, 0, kLanes)));
    }
  }
}

// --- the new basis -------------------------------------------------------------------------------

// v <- V, its largest magnitude scaled to about 1, since it is about to be multiplied with A'
// again. False where nothing comes of it.
bool project_target(const Step& step, Block<float> v) {
  const bool right = step.right();
  const int64_t rank = step.rank();
  step.for_each_panel(step.others(), [&](const Range& lines, int worker) {
    const Block<float> panel = panel_of(v, right, lines.begin);
    step.with_sum([&](auto a) {
      step.with_basis([&](auto basis) {
        project(right, lines, rank, step.projected(), step.t.a_share, a, basis, panel,
                product_memory(step.context, worker));
      });
    });
    const float share = step.t.m_share;
    if (share == 0) return;
    step.with_momentum([&](auto momentum) {
      const auto m = panel_of(momentum, right, lines.begin);
      for_each_coordinate(right, lines.size(), rank, v.ld, [&](int64_t, int64_t i, int count) {
        const Lanes old = load(m.data + i, count);
        store(panel.data + i, multiply_add(old, share, load(panel.data + i, count)), count);
      });
    });
  });
  const int64_t count = step.others() * rank;
  const Tensor all{v.data, DType::float32, 1, {count}};
  const float scale = gradient_scale(step.context, all);
  if (scale == 0) return false;
  parallel_for(step.context, divide_up(count, kTileElements), [&](int64_t tile, int) {
    const int64_t end = clamp((tile + 1) * kTileElements, 0, count);
    for (int64_t i = tile * kTileElements; i < end; i += kLanes) {
      const int n = static_cast<int>(clamp(end - i, 0, kLanes));
      store(v.data + i, load(v.data + i, n) * scale, n);
    }
  });
  return true;
}

// inner <- m V, rank x rank.
void multiply_momentum(const Step& step, Block<const float> v, Block<float> inner) {
  const bool right = step.right();
  step.for_each_panel(step.rank(), [&](const Range& lines, int worker) {
    step.with_momentum([&]<class M>(Block<M> all) {
      const Block<const M> m{all.data, all.ld};
      multiply(right ? Op::transposed : Op::plain, right ? Op::plain : Op::transposed, lines.size(),
               step.rank(), step.others(), 1, right ? m.at(0, lines.begin) : m.at(lines.begin, 0),
               v, inner.at(lines.begin, 0), product_memory(step.context, worker));
    });
  });
}

// y <- B V, `inner` being m V.
void multiply_target(const Step& step, Block<const float> v, Block<const float> inner,
                     Block<float> y) {
  const bool right = step.right();
  const int64_t rank = step.rank();
  step.for_each_panel(step.projected(), [&](const Range& lines, int worker) {
    float* scratch = product_memory(step.context, worker);
    step.with_sum([&](auto a) {
      multiply(right ? Op::transposed : Op::plain, right ? Op::plain : Op::transposed, lines.size(),
               rank, step.others(), step.t.a_share,
               right ? a.at(0, lines.begin) : a.at(lines.begin, 0), v, y.at(lines.begin, 0),
               scratch);
    });
    if (step.t.m_share == 0) return;
    step.with_basis([&](auto basis) {
      multiply(Op::plain, Op::plain, lines.size(), rank, rank, step.t.m_share,
               basis.at(lines.begin, 0), inner, y.at(lines.begin, 0), scratch, true);
    });
  });
}

// to <- B, and its rows or columns a panel at a time.
void form_target(const Step& step, Block<float> to) {
  const bool right = step.right();
  step.for_each_panel(step.others(), [&](const Range& lines, int worker) {
    const Block<float> panel = right ? to.at(lines.begin, 0) : to.at(0, lines.begin);
    const bool carries = step.t.m_share != 0;
    if (carries) {
      step.with_momentum([&]<class M>(Block<M> all) {
        step.with_basis([&](auto basis) {
          const Block<const M> m = panel_of(Block<const M>{all.data, all.ld}, right, lines.begin);
          float* scratch = product_memory(step.context, worker);
          if (right) {
            multiply(Op::plain, Op::transposed, lines.size(), step.projected(), step.rank(),
                     step.t.m_share, m, basis, panel, scratch);
          } else {
            multiply(Op::plain, Op::plain, step.projected(), lines.size(), step.rank(),
                     step.t.m_share, basis, m, panel, scratch);
          }
        });
      });
    }
    step.with_sum([&](auto all) {
      const auto sum = panel_of(all, right, lines.begin);
      const int64_t rows = right ? lines.size() : step.projected();
      const int64_t cols = right ? step.projected() : lines.size();
      for (int64_t row = 0; row < rows; ++row) {
        for (int64_t col = 0; col < cols; col += kLanes) {
          const int count = static_cast<int>(clamp(cols - col, 0, kLanes));
          float* at = panel.at(row, col).data;
          const Lanes before = carries ? load(at, count) : Lanes{};
          const Lanes own = load(sum.at(row, col).data, count);
          store(at, multiply_add(own, step.t.a_share, before), count);
        }
      }
    });
  });
}

// Memory of an item, float32 but for the Gram matrix.
struct Arrays {
  double* gram;
  Block<float> v;
  Block<float> basis;     // B V, then the new basis as it will be stored
  Block<float> across;    // right: its transpose, rank x projected, which products pack faster
  Block<float> transfer;  // m V, then T (right: its transpose)
  Block<float> squares;   // T.T, the same
  Block<float> target;    // B, where it is decomposed

  explicit Arrays(const LdadamStep& item) {
    Workspace workspace(item.workspace);
    const int64_t rank = item.rank();
    const auto take = [&](int64_t rows, int64_t cols) {
      return Block<float>{workspace.take<float>(rows * cols), cols};
    };
    gram = workspace.take<double>(rank * rank);
    v = item.side == Side::right ? take(item.others(), rank) : take(rank, item.others());
    basis = take(item.projected(), rank);
    if (item.side == Side::right) across = take(rank, item.projected());
    transfer = take(rank, rank);
    squares = take(rank, rank);
    if (item.decomposes()) target = take(item.param.rows(), item.param.cols());
  }
};

template <class T>
Block<const float> constant(const T& block) {
  return {block.data, block.ld};
}

// arrays.basis <- singular vectors of B, or false.
bool decompose_target(const Step& step, const Arrays& arrays) {
  form_target(step, arrays.target);
  const LdadamStep& item = step.item;
  const Tensor target{
      arrays.target.data, DType::float32, 2, {item.param.rows(), item.param.cols()}};
  const float scale = gradient_scale(step.context, target);
  float* basis = arrays.basis.data;
  const int64_t rank = step.rank();
  if (scale == 0 || singular_columns(step.context, target, item.side, rank, true, scale, basis,
                                     arrays.v.data) < rank) {
    return false;
  }
  return !item.is_beyond() ||
         orthonormalize(step.context, basis, step.projected(), rank, arrays.gram);
}

// arrays.basis <- orth(B V), or false.
bool follow_target(const Step& step, const Arrays& arrays) {
  if (!project_target(step, arrays.v)) return false;
  if (step.t.m_share != 0) multiply_momentum(step, constant(arrays.v), arrays.transfer);
  multiply_target(step, constant(arrays.v), constant(arrays.transfer), arrays.basis);
  const int64_t rows = step.projected(), rank = step.rank();
  const Tensor y{arrays.basis.data, DType::float32, 1, {rows * rank}};
  return gradient_scale(step.context, y) != 0 &&
         orthonormalize(step.context, arrays.basis.data, rows, rank, arrays.gram);
}

// to <- from, by way of the type Stored.
template <class Stored, class From, class To>
void copy(Context& context, const From* from, To* to, int64_t count) {
  parallel_for(context, divide_up(count, kTileElements), [&](int64_t tile, int) {
    const int64_t end = clamp((tile + 1) * kTileElements, 0, count);
    for (int64_t i = tile * kTileElements; i < end; i += kLanes) {
      const int n = static_cast<int>(clamp(end - i, 0, kLanes));
      store(to + i, widen(narrow(load(from + i, n), Stored{}), Stored{}), n);
    }
  });
}

// A step is taken in the basis as it will be stored at its end, until when the old one is needed.
void settle_basis(const Step& step, const Arrays& arrays, bool moved) {
  float* basis = arrays.basis.data;
  const int64_t count = step.item.basis.numel();
  dispatch_state(step.item.basis.dtype, [&]<class B>() {
    moved ? copy<B>(step.context, basis, basis, count)
          : copy<B>(step.context, step.item.basis.as<B>(), basis, count);
  });
}

void store_basis(const Step& step, const Arrays& arrays) {
  dispatch_state(step.item.basis.dtype, [&]<class B>() {
    copy<B>(step.context, arrays.basis.data, step.item.basis.as<B>(), step.item.basis.numel());
  });
}

void transpose_basis(const Step& step, const Arrays& arrays) {
  const int64_t rank = step.rank(), projected = step.projected();
  parallel_for(step.context, divide_up(projected, kLanes), [&](int64_t tile, int) {
    const int64_t begin = tile * kLanes;
    const int rows = static_cast<int>(clamp(projected - begin, 0, kLanes));
    for (int64_t first = 0; first < rank; first += kLanes) {
      const int cols = static_cast<int>(clamp(rank - first, 0, kLanes));
      float block[kLanes][kLanes];
      for (int i = 0; i < rows; ++i) {
        const float* from = arrays.basis.at(begin + i, first).data;
        for (int j = 0; j < cols; ++j) block[j][i] = from[j];
      }
      for (int j = 0; j < cols; ++j) {
        store(arrays.across.at(first + j, begin).data, load(block[j], rows), rows);
      }
    }
  });
}

// T = P'^T P (left), or its transpose: as the product with coordinates takes it without turning it;
// and the squares of its elements.
void compare_bases(const Step& step, const Arrays& arrays) {
  const int64_t rank = step.rank();
  step.for_each_panel(rank, [&](const Range& lines, int worker) {
    const Block<float> rows = arrays.transfer.at(lines.begin, 0);
    float* scratch = product_memory(step.context, worker);
    const auto fresh = constant(arrays.basis);
    step.with_basis([&](auto old) {
      const auto multiply_columns = [&](auto a, auto b) {
        multiply(Op::transposed, Op::plain, lines.size(), rank, step.projected(), 1,
                 a.at(0, lines.begin), b, rows, scratch);
      };
      step.right() ? multiply_columns(old, fresh) : multiply_columns(fresh, old);
    });
    float* squares = arrays.squares.at(lines.begin, 0).data;
    for (int64_t i = 0; i < lines.size() * rank; ++i) squares[i] = rows.data[i] * rows.data[i];
  });
}

// --- coordinates and weights ---------------------------------------------------------------------

// One panel: its lines, and its scratch memory.
struct Panel {
  const Step& step;
  const Arrays& arrays;
  Range lines;
  int64_t rank = step.rank();
  // Of the other dimension, how much makes a block.
  int64_t block = clamp((128 << 10) / rank, 64, 512);
  float* product = nullptr;
  float* gradient = nullptr;  // h, then h - k m
  float* momentum = nullptr;  // the old m, in float32
  float* moved = nullptr;     // m'
  float* variance = nullptr;  // v^ - m^.m^, then the direction
  float* carried = nullptr;   // (T.T) of it
  float* update = nullptr;    // back'(direction), of a block
  float* returned = nullptr;  // back'(h - k m)

  bool right() const { return step.right(); }
  int64_t size() const { return lines.size(); }
  int64_t ld() const { return right() ? rank : size(); }  // of its own coordinates

  void take_scratch(int worker) {
    const int64_t own = divide_up(size() * rank, kLanes) * kLanes;
    const int64_t of_block = divide_up(size() * block, kLanes) * kLanes;
    product = product_memory(step.context, worker, 5 * own + 2 * of_block);
    float* next = product + kProductScratch;
    for (float** array : {&gradient, &momentum, &moved, &variance, &carried}) {
      *array = next;
      next += own;
    }
    update = next;
    returned = next + of_block;
  }

  // body(i, at, count): the panel's own coordinates, and where they lie among all.
  template <class Body>
  void for_each(Body body) const {
    const int64_t all = step.coordinate_ld();
    const int64_t first = right() ? lines.begin * rank : lines.begin;
    for_each_coordinate(right(), size(), rank, all,
                        [&](int64_t i, int64_t at, int count) { body(i, first + at, count); });
  }
};

void project_gradient(const Panel& p) {
  p.step.with_sum([&](auto a) {
    project(p.right(), p.lines, p.rank, p.step.projected(), 1, a, constant(p.arrays.basis),
            {p.gradient, p.ld()}, p.product);
  });
}

// to <- T from, of coordinates: x T^T (right).
void transfer(const Panel& p, Block<const float> by, const float* from, float* to) {
  const Block<const float> x{from, p.ld()};
  if (p.right()) {
    multiply(Op::plain, Op::plain, p.size(), p.rank, p.rank, 1, x, by, {to, p.ld()}, p.product);
  } else {
    multiply(Op::plain, Op::plain, p.rank, p.size(), p.rank, 1, by, x, {to, p.ld()}, p.product);
  }
}

void carry_moments(const Panel& p) {
  const Transport t = p.step.t;
  const float* v = p.step.item.exp_avg_sq.as<float>();
  p.step.with_momentum([&](auto momentum) {
    p.for_each([&](int64_t i, int64_t at, int count) {
      const Lanes m = load(momentum.data + at, count);
      store(p.momentum + i, m, count);
      store(p.variance + i, old_variance(m, load(v + at, count), t), count);
    });
  });
  transfer(p, constant(p.arrays.transfer), p.momentum, p.moved);
  transfer(p, constant(p.arrays.squares), p.variance, p.carried);
}

void update_moments(const Panel& p) {
  const Transport t = p.step.t;
  const StepScalars s = p.step.s;
  float* second = p.step.item.exp_avg_sq.as<float>();
  p.step.with_momentum([&](auto momentum) {
    p.for_each([&](int64_t i, int64_t at, int count) {
      const Lanes h = load(p.gradient + i, count);
      const Lanes m_moved = t.first ? Lanes{} : load(p.moved + i, count);
      const Lanes v_moved =
          t.first ? Lanes{} : carried_second_moment(load(p.carried + i, count), m_moved, t);
      const Lanes g = multiply_add(m_moved, -t.feedback, h);
      const Lanes m = next_momentum(m_moved, g, s);
      const Lanes v = next_second_moment(v_moved, g * g, s);
      store(momentum.data + at, m, count);
      store(second + at, v, count);
      store(p.variance + i, m * s.m_scale / denominator(v, s), count);
      store(p.gradient + i, multiply_add(m, -t.feedback, h), count);
    });
  });
}

// to (lines x block, or block x lines) <- back'(x)
void project_back(const Panel& p, Range block, const float* x, float* to) {
  const Block<const float> coordinates{x, p.ld()};
  if (p.right()) {
    multiply(Op::plain, Op::plain, p.size(), block.size(), p.rank, 1, coordinates,
             constant(p.arrays.across).at(0, block.begin), {to, block.size()}, p.product);
  } else {
    multiply(Op::plain, Op::plain, block.size(), p.size(), p.rank, 1,
             constant(p.arrays.basis).at(block.begin, 0), coordinates, {to, p.size()}, p.product);
  }
}

void update_weights(const Panel& p, Range rows, Range cols) {
  const LdadamStep& item = p.step.item;
  const StepScalars s = p.step.s;
  const Rounder rounder = rounder_of(item);
  dispatch_weight(item.param.dtype, [&]<class W>() {
    for (int64_t row = rows.begin; row < rows.end; ++row) {
      const int64_t begin = row * item.param.cols() + cols.begin;
      const float* n = p.update + (row - rows.begin) * cols.size();
      W* w = item.param.as<W>() + begin;
      for (int64_t i = 0; i < cols.size(); i += kLanes) {
        const int count = static_cast<int>(clamp(cols.size() - i, 0, kLanes));
        prefetch_ahead(w + i);
        const Lanes next = next_param(load(w + i, count), load(n + i, count), s);
        store_weights(w + i, next, count, begin + i, rounder);
      }
    }
  });
}

void update_errors(const Panel& p, Range rows, Range cols) {
  const LdadamStep& item = p.step.item;
  const int64_t calls = item.counters.as<Counters>()->calls;
  const Rounder rounder{true, error_key(item.seed, item.stream, calls)};
  p.step.with_sum([&]<class G, class E>(SumBlock<G, E> all) {
    for (int64_t row = rows.begin; row < rows.end; ++row) {
      const int64_t begin = row * all.ld + cols.begin;
      const float* less = p.returned + (row - rows.begin) * cols.size();
      E* e = item.error.as<E>() + begin;
      for (int64_t i = 0; i < cols.size(); i += kLanes) {
        const int count = static_cast<int>(clamp(cols.size() - i, 0, kLanes));
        prefetch_ahead(e + i);
        const Lanes next = load(all.data + (begin + i), count) - load(less + i, count);
        store_weights(e + i, next, count, begin + i, rounder);
      }
    }
  });
}

void run_panel(Panel& p) {
  project_gradient(p);
  if (!p.step.t.first) carry_moments(p);
  update_moments(p);
  for (int64_t begin = 0; begin < p.step.projected(); begin += p.block) {
    const Range block{begin, clamp(begin + p.block, 0, p.step.projected())};
    project_back(p, block, p.variance, p.update);
    if (p.step.item.error) project_back(p, block, p.gradient, p.returned);
    const Range rows = p.right() ? p.lines : block, cols = p.right() ? block : p.lines;
    update_weights(p, rows, cols);
    if (p.step.item.error) update_errors(p, rows, cols);
  }
}

void take_step(const LdadamStep& item, Context& context) {
  const Step step{item, context};
  const Arrays arrays(item);
  bool moved = false;
  if (!step.t.first) {
    moved = item.decomposes() ? decompose_target(step, arrays) : follow_target(step, arrays);
    ++(moved ? item.counters.as<Counters>()->refreshes : item.counters.as<Counters>()->refused);
  }
  settle_basis(step, arrays, moved);
  if (step.right()) transpose_basis(step, arrays);
  if (!step.t.first) compare_bases(step, arrays);
  step.for_each_panel(step.others(), [&](const Range& lines, int worker) {
    Panel panel{step, arrays, lines};
    panel.take_scratch(worker);
    run_panel(panel);
  });
  if (moved) store_basis(step, arrays);
}

void run(std::span<const LdadamStep> items, Context& context) {
  for (const LdadamStep& item : items) {
    const bool any = item.grad && item.param.numel() > 0;
    if (any && item.scalars.as<StepScalars>()->active != 0) take_step(item, context);
  }
}

const Registered<LdadamStep, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
