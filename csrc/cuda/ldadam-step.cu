// The stages of the step (kernels/ldadam-step.h), each one launch over all items of a group
// (turns.h) and each way to multiply: V and B V; the new bases, whose launch is a cooperative one
// (refresh/together.cuh); T and T.T; coordinates; weights and errors.
// Products with A' and of what goes back to the weights' size may be on tensor cores; those of r x
// r matrices, through which moments go at every step, are in float32. A' = G + error exists
// nowhere: products sum it up as they load it; but where B is decomposed, it is formed, and the
// host has cuSOLVER find its vectors between two launches (ldadam-vectors.cuh). Between the
// launches an item has scratch memory of three times its coordinates (as many numbers as its
// momentum), once its basis and twice rank x rank.
#include "kernels/ldadam-step.h"

#include <algorithm>

#include "cuda/device/rounder.cuh"
#include "cuda/ldadam-vectors.cuh"
#include "cuda/projected-product.cuh"
#include "cuda/refresh/orthonormal.cuh"
#include "cuda/refresh/together.cuh"
#include "cuda/register.h"
#include "cuda/turns.h"

namespace lean::cuda {
namespace {

using namespace ldadam;

// --- stages --------------------------------------------------------------------------------------

__global__ void open(const LdadamStep* items, size_t count, Scratch scratch, Bases bases) {
  const size_t i = blockIdx.x * static_cast<size_t>(blockDim.x) + threadIdx.x;
  if (i >= count) return;
  const auto* counters = at<const Counters>(items[i].counters, bases);
  scratch.found[i] = {transport_of(items[i], counters->updates), 0, 0, 0, 0};
}

// V, and the variance in the place of the second moment. One block to a multiprocessor where others
// have two: an operand that is a sum leaves no registers for that.
template <class Core>
__global__ void __launch_bounds__(kThreads, 1)
    project_target(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active() || step.is_first()) return;
  const Transport t = step.found.transport;
  const float factor = at<const StepScalars>(step.item.scalars, bases)->grad_factor;
  Product product = step.ordered(step.sum(true, factor), step.old_columns());
  if (step.item.decomposes()) product.a.depth = product.b.depth = 0;
  const void* momentum = at<const void>(step.item.exp_avg, bases);
  const DType type = step.item.exp_avg.dtype;
  float* second = at<float>(step.item.exp_avg_sq, bases);
  uint32_t most = 0;
  Core::compute(product, Corner::of(tile.index, product.cols()),
                [&](int64_t row, int64_t col, int count, bool whole, Octet octet) {
                  const int64_t i = row * product.cols() + col;
                  const Octet m = load_octet(momentum, type, i, count, whole);
                  Octet variance = load_octet(second, DType::float32, i, count, whole);
#pragma unroll
                  for (int k = 0; k < kOctet; ++k) {
                    octet.x[k] = multiply_add(m.x[k], t.m_share, octet.x[k] * t.a_share);
                    variance.x[k] = old_variance(m.x[k], variance.x[k], t);
                  }
                  most = largest_bits(most, octet, count);
                  store_octet(step.v, i, count, whole, octet);
                  store_octet(second, i, count, whole, variance);
                });
  merge_largest(&step.found.largest_v, step.item.decomposes() ? 0 : most);
}

// V is about to be multiplied with A again, and the product to stay in range.
__global__ void __launch_bounds__(kThreads)
    scale_target(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active() || step.is_first()) return;
  const float scale = step.found.scale_of_v();
  for_each_octet(tile.index, coordinates(step.item), [&](int64_t i, int count, bool whole) {
    Octet octet = load_octet(step.v, DType::float32, i, count, whole);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) octet.x[k] = octet.x[k] * scale;
    store_octet(step.v, i, count, whole, octet);
  });
}

// m V, times the momentum's share of B over that of A'.
__global__ void __launch_bounds__(kThreads)
    multiply_momentum(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active() || step.is_first()) return;
  if (!step.has_beside()) return;
  const Transport t = step.found.transport;
  const float share = t.m_share / t.a_share;
  const void* momentum = at<const void>(step.item.exp_avg, bases);
  const Product product = {step.by_rank(momentum, step.item.exp_avg.dtype),
                           step.by_rank(step.v, DType::float32)};
  const int64_t rank = step.item.rank();
  FloatProduct::compute(product, Corner::of(tile.index, rank),
                        [&](int64_t row, int64_t col, int count, bool whole, Octet octet) {
#pragma unroll
                          for (int k = 0; k < kOctet; ++k) octet.x[k] = octet.x[k] * share;
                          store_octet(step.transfer, row * rank + col, count, whole, octet);
                        });
}

// P (m V), which B V has beside what A' has of it.
__global__ void __launch_bounds__(kThreads)
    multiply_beside(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active() || step.is_first() || !step.has_beside()) return;
  const LdadamStep& item = step.item;
  const Product product = {step.rows(at<const void>(item.basis, bases), item.basis.dtype),
                           step.square(step.transfer, false)};
  const int64_t rank = item.rank();
  FloatProduct::compute(product, Corner::of(tile.index, rank),
                        [&](int64_t row, int64_t col, int count, bool whole, const Octet& octet) {
                          store_octet(step.basis, row * rank + col, count, whole, octet);
                        });
}

// B V over the share of A' in B: the lengths of columns do not matter.
template <class Core>
__global__ void __launch_bounds__(kThreads, Core::kBlocks)
    multiply_target(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active() || step.is_first() || step.is_decomposed()) return;
  const LdadamStep& item = step.item;
  const float factor = at<const StepScalars>(item.scalars, bases)->grad_factor;
  const Product product = {step.sum(false, factor), step.by_rank(step.v, DType::float32)};
  const bool has_beside = step.has_beside();
  const int64_t rank = item.rank();
  uint32_t most = 0;
  Core::compute(product, Corner::of(tile.index, rank),
                [&](int64_t row, int64_t col, int count, bool whole, Octet octet) {
                  const int64_t i = row * rank + col;
                  Octet more = {};
                  if (has_beside) more = load_octet(step.basis, DType::float32, i, count, whole);
#pragma unroll
                  for (int k = 0; k < kOctet; ++k) octet.x[k] = octet.x[k] + more.x[k];
                  most = largest_bits(most, octet, count);
                  store_octet(step.basis, i, count, whole, octet);
                });
  merge_largest(&step.found.largest_y, most);
}

// The new bases of all items of the group together, and whether they have one.
__global__ void __launch_bounds__(kThreads, 1)
    settle_bases(const LdadamStep* items, size_t count, Scratch scratch, Bases bases) {
  __shared__ Columns::Shared shared;
  const auto size = static_cast<int64_t>(count);
  Grid::threads(size, 1, [&](int64_t i) {
    const Step step = Step::of(items, static_cast<uint32_t>(i), scratch, bases);
    scratch.columns[i] = step.follows() && !step.is_decomposed() ? step.columns() : Columns{};
  });
  Grid::sync();
  orthonormalize(Together{scratch.columns, size}, shared);
  Grid::threads(size, 1, [&](int64_t i) {
    const Step step = Step::of(items, static_cast<uint32_t>(i), scratch, bases);
    if (!step.is_active() || step.is_first() || step.item.param.numel() == 0) return;
    const bool has_moved =
        step.follows() && (step.is_decomposed() || scratch.columns[i].was_independent());
    step.found.has_moved = has_moved;
    Counters& counters = step.counters();
    ++(has_moved ? counters.refreshes : counters.refused);
  });
}

// The basis as it will be stored, or as it stays.
__global__ void __launch_bounds__(kThreads)
    round_bases(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active()) return;
  const Tensor& basis = step.item.basis;
  const bool has_moved = !step.is_first() && step.found.has_moved != 0;
  const void* from = has_moved ? step.basis : at<const void>(basis, bases);
  const DType type = has_moved ? DType::float32 : basis.dtype;
  for_each_octet(tile.index, basis.numel(), [&](int64_t i, int count, bool whole) {
    const Octet octet = load_octet(from, type, i, count, whole);
    store_octet(step.basis, i, count, whole, widen(narrow(octet, basis.dtype), basis.dtype));
  });
}

// T and T.T.
__global__ void __launch_bounds__(kThreads)
    compare_bases(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active() || step.is_first()) return;
  const int64_t rank = step.item.rank();
  const Product product = {step.new_columns(), step.old_columns()};
  FloatProduct::compute(product, Corner::of(tile.index, rank),
                        [&](int64_t row, int64_t col, int count, bool whole, Octet octet) {
                          const int64_t i = row * rank + col;
                          store_octet(step.transfer, i, count, whole, octet);
#pragma unroll
                          for (int k = 0; k < kOctet; ++k) octet.x[k] = octet.x[k] * octet.x[k];
                          store_octet(step.squares, i, count, whole, octet);
                        });
}

template <class Core>
__global__ void __launch_bounds__(kThreads, 1)
    project(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active()) return;
  const float factor = at<const StepScalars>(step.item.scalars, bases)->grad_factor;
  const Product product = step.ordered(step.sum(true, factor), step.new_columns());
  Core::compute(product, Corner::of(tile.index, product.cols()),
                [&](int64_t row, int64_t col, int count, bool whole, const Octet& octet) {
                  float* to = Step::of(items, tile.item, scratch, bases).v;
                  store_octet(to, row * product.cols() + col, count, whole, octet);
                });
}

// T m and (T.T) of the variance.
__global__ void __launch_bounds__(kThreads)
    carry(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active() || step.is_first()) return;
  const LdadamStep& item = step.item;
#pragma unroll 1  // or a product's code is there twice
  for (int i = 0; i < 2; ++i) {
    const bool first = i == 0;
    const Operand from =
        step.by_other(at<const void>(first ? item.exp_avg : item.exp_avg_sq, bases),
                      first ? item.exp_avg.dtype : DType::float32);
    const Product product =
        step.ordered(from, step.square(first ? step.transfer : step.squares, true));
    float* to = first ? step.carried : step.spread;
    const int64_t cols = product.cols();
    FloatProduct::compute(product, Corner::of(tile.index, cols),
                          [&](int64_t row, int64_t col, int count, bool whole, const Octet& octet) {
                            store_octet(to, row * cols + col, count, whole, octet);
                          });
  }
}

__global__ void __launch_bounds__(kThreads)
    update_moments(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active()) return;
  const StepScalars s = scalars_at(step.item.scalars, bases);
  const Transport t = step.found.transport;
  void* momentum = at<void>(step.item.exp_avg, bases);
  const DType type = step.item.exp_avg.dtype;
  float* second = at<float>(step.item.exp_avg_sq, bases);
  for_each_octet(tile.index, coordinates(step.item), [&](int64_t i, int count, bool whole) {
    Octet h = load_octet(step.v, DType::float32, i, count, whole);
    Octet m = {}, v = {};
    if (!t.first) {
      m = load_octet(step.carried, DType::float32, i, count, whole);
      v = load_octet(step.spread, DType::float32, i, count, whole);
    }
    Octet direction;
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      if (!t.first) v.x[k] = carried_second_moment(v.x[k], m.x[k], t);
      const Real g = multiply_add(m.x[k], -t.feedback, h.x[k]);
      m.x[k] = next_momentum(m.x[k], g, s);
      v.x[k] = next_second_moment(v.x[k], g * g, s);
      direction.x[k] = m.x[k] * s.m_scale / denominator(v.x[k], s);
      h.x[k] = multiply_add(m.x[k], -t.feedback, h.x[k]);
    }
    store(momentum, type, i, count, narrow(m, type), whole);
    store_octet(second, i, count, whole, v);
    store_octet(step.spread, i, count, whole, direction);
    store_octet(step.v, i, count, whole, h);
  });
}

// A step of the weights. What it needs is looked up when the sums are there, which leave no
// registers for it.
class WeightUpdate {
 public:
  __device__ WeightUpdate(const LdadamStep& item, Bases bases) : item_(item), bases_(bases) {}

  __device__ void begin(float*) {
    s_ = scalars_at(item_.scalars, bases_);
    rounder_ = rounder_of(item_, bases_);
    param_ = at<void>(item_.param, bases_);
    cols_ = item_.param.cols();
    type_ = item_.param.dtype;
  }

  __device__ void operator()(int64_t row, int64_t col, int count, bool whole,
                             const Octet& n) const {
    const int64_t i = row * cols_ + col;
    Octet w = load_octet(param_, type_, i, count, whole);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) w.x[k] = next_param(w.x[k], n.x[k], s_);
    store(param_, type_, i, count, rounder_.narrow(w, type_, i), whole);
  }

 private:
  const LdadamStep& item_;
  Bases bases_;
  StepScalars s_;
  Rounder rounder_;
  void* param_;
  int64_t cols_;
  DType type_;
};

template <class Core>
__global__ void __launch_bounds__(kThreads, Core::kBlocks)
    update_weights(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active()) return;
  const Product product = step.ordered(step.by_other(step.spread, DType::float32),
                                       step.rows(step.basis, DType::float32));
  Core::compute(product, Corner::of(tile.index, product.cols()), WeightUpdate(step.item, bases));
}

// error <- A' - back'(h - k m). As WeightUpdate.
class ErrorUpdate {
 public:
  __device__ ErrorUpdate(const LdadamStep& item, Bases bases) : item_(item), bases_(bases) {}

  __device__ void begin(float*) {
    factor_ = at<const StepScalars>(item_.scalars, bases_)->grad_factor;
    grad_ = at<const void>(item_.grad, bases_);
    grad_type_ = item_.grad.dtype;
    error_ = at<void>(item_.error, bases_);
    type_ = item_.error.dtype;
    cols_ = item_.param.cols();
    const int64_t calls = at<const Counters>(item_.counters, bases_)->calls;
    rounder_ = {type_ == DType::bfloat16, error_key(item_.seed, item_.stream, calls)};
  }

  __device__ void operator()(int64_t row, int64_t col, int count, bool whole,
                             const Octet& less) const {
    const int64_t i = row * cols_ + col;
    const Octet g = load_octet(grad_, grad_type_, i, count, whole);
    Octet e = load_octet(error_, type_, i, count, whole);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      e.x[k] = multiply_add(g.x[k], factor_, e.x[k]) - less.x[k];
    }
    store(error_, type_, i, count, rounder_.narrow(e, type_, i), whole);
  }

 private:
  const LdadamStep& item_;
  Bases bases_;
  float factor_;
  const void* grad_;
  DType grad_type_;
  void* error_;
  DType type_;
  int64_t cols_;
  Rounder rounder_;
};

template <class Core>
__global__ void __launch_bounds__(kThreads, Core::kBlocks)
    update_errors(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active()) return;
  const Product product =
      step.ordered(step.by_other(step.v, DType::float32), step.rows(step.basis, DType::float32));
  Core::compute(product, Corner::of(tile.index, product.cols()), ErrorUpdate(step.item, bases));
}

__global__ void __launch_bounds__(kThreads)
    store_bases(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active() || step.is_first() || step.found.has_moved == 0) return;
  void* basis = at<void>(step.item.basis, bases);
  const DType type = step.item.basis.dtype;
  for_each_octet(tile.index, step.item.basis.numel(), [&](int64_t i, int count, bool whole) {
    const Octet octet = load_octet(step.basis, DType::float32, i, count, whole);
    store(basis, type, i, count, narrow(octet, type), whole);
  });
}

// --- the launches --------------------------------------------------------------------------------

constexpr int64_t parts_of(int64_t elements) { return (elements + kElements - 1) / kElements; }

// No more blocks than the largest stage of an orthonormalization has work for.
size_t settle_blocks(std::span<const LdadamStep> items) {
  int64_t of_triangles = 0, of_rows = 0;
  for (const LdadamStep& item : items) {
    of_triangles += Columns::triangle(item.rank());
    of_rows += Columns::tiles(item.projected());
  }
  return static_cast<size_t>(std::max({int64_t{1}, of_triangles, of_rows}));
}

class Launcher {
 public:
  Launcher(std::span<const LdadamStep> items, Recorder& recorder)
      : items_(items), recorder_(recorder), on_device_(recorder.upload(items)) {
    const Turns turns = take_turns(items, recorder, [](const LdadamStep& item) {
      return scratch_floats(item) * static_cast<int64_t>(sizeof(float));
    });
    const auto count = static_cast<int64_t>(items.size());
    groups_ = turns.groups;
    all_ = {turns.data, turns.offsets, recorder.scratch<Found>(count),
            recorder.scratch<Columns>(count)};
    if (std::ranges::any_of(items, &LdadamStep::decomposes)) {
      decomposition_ = std::make_shared<Decomposition>(items, recorder);
    }
  }

  void record() {
    for (const Group& group : groups_) record_group(group);
  }

 private:
  using Kernel = void (*)(const LdadamStep*, const Tile*, Scratch, Bases);

  // Over as many tiles of each item as count(item) says.
  template <class Count>
  void launch(Kernel kernel, Count count) {
    const Tiles tiles = recorder_.tiles(own_, [&](const LdadamStep& item) -> int64_t {
      return item.param.numel() == 0 ? 0 : count(item);
    });
    recorder_.launch(kernel, tiles.count, kThreads, own_on_device_, tiles.data, scratch_,
                     recorder_.bases());
  }

  // What multiplies is each item's choice.
  template <class Count>
  void launch(Kernel on_floats, Kernel on_halves, Kernel on_split, Count count) {
    const auto of = [&](Kernel kernel, auto unit) {
      launch(kernel, [&](const LdadamStep& item) { return unit(unit_of(item)) ? count(item) : 0; });
    };
    of(on_halves, [](Unit unit) { return unit == Unit::bfloat16 || unit == Unit::float16; });
    of(on_split, [](Unit unit) { return unit == Unit::split; });
    of(on_floats, [](Unit unit) { return unit == Unit::float32; });
  }

  void record_group(const Group& group);

  std::span<const LdadamStep> items_;
  Recorder& recorder_;
  const LdadamStep* on_device_;
  std::vector<Group> groups_;
  Scratch all_;
  std::shared_ptr<Decomposition> decomposition_;
  // The group that is recorded.
  std::span<const LdadamStep> own_;
  const LdadamStep* own_on_device_ = nullptr;
  Scratch scratch_ = {};
};

// Gradients in float16 are multiplied in bfloat16, too: what a gradient scale kept from vanishing
// has been divided by it.
void Launcher::record_group(const Group& group) {
  using Brain = TensorProduct<__nv_bfloat16>;
  using Split = TensorProduct<__nv_bfloat16, true>;
  own_ = group.of(items_);
  own_on_device_ = on_device_ + group.first;
  scratch_ = all_;
  scratch_.offsets += group.first;
  scratch_.found += group.first;
  scratch_.columns += group.first;
  const auto of_coordinates = [](const LdadamStep& item) {
    return item.side == Side::right ? product_tiles(item.others(), item.rank())
                                    : product_tiles(item.rank(), item.others());
  };
  const auto of_basis = [](const LdadamStep& item) {
    return product_tiles(item.projected(), item.rank());
  };
  const auto of_weights = [](const LdadamStep& item) {
    return product_tiles(item.param.rows(), item.param.cols());
  };
  const auto of_squares = [](const LdadamStep& item) {
    return product_tiles(item.rank(), item.rank());
  };
  const auto parts_of_basis = [](const LdadamStep& item) { return parts_of(item.basis.numel()); };
  const auto parts_of_coordinates = [](const LdadamStep& item) {
    return parts_of(coordinates(item));
  };
  recorder_.launch(open, (group.count + kThreads - 1) / kThreads, kThreads, own_on_device_,
                   group.count, scratch_, recorder_.bases());
  launch(project_target<FloatProduct>, project_target<Brain>, project_target<Split>,
         of_coordinates);
  if (std::ranges::any_of(own_, &LdadamStep::decomposes)) {
    recorder_.host(std::make_unique<SingularVectors>(own_, own_on_device_, scratch_, decomposition_,
                                                     recorder_.bases()));
  }
  launch(scale_target, parts_of_coordinates);
  launch(multiply_momentum, of_squares);
  launch(multiply_beside, of_basis);
  launch(multiply_target<FloatProduct>, multiply_target<Brain>, multiply_target<Split>, of_basis);
  recorder_.launch_together(settle_bases, settle_blocks(own_), kThreads, own_on_device_,
                            group.count, scratch_, recorder_.bases());
  launch(round_bases, parts_of_basis);
  launch(compare_bases, of_squares);
  launch(project<FloatProduct>, project<Brain>, project<Split>, of_coordinates);
  launch(carry, of_coordinates);
  launch(update_moments, parts_of_coordinates);
  launch(update_weights<FloatProduct>, update_weights<Brain>, update_weights<Split>, of_weights);
  launch(update_errors<FloatProduct>, update_errors<Brain>, update_errors<Split>,
         [&](const LdadamStep& item) { return item.error.base < 0 ? 0 : of_weights(item); });
  launch(store_bases, parts_of_basis);
}

void record(std::span<const LdadamStep> items, Recorder& recorder) {
  if (!items.empty()) Launcher(items, recorder).record();
}

const Registered<LdadamStep, record> registered;

}  // namespace
}  // namespace lean::cuda
