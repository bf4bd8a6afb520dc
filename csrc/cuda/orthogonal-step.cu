// The norms of all gradients and numerators, the lengths of the steps, then, a group of matrices at
// a time, what the iterations begin with and their products (cuda/newton-schulz.cuh), a launch for
// those of each round. The last product of a matrix steps its weights in its epilogue. Fifteen
// rounds for five steps, seventeen where one of the matrices is iterated on its Gram matrix; no
// step waits for the host.
#include "kernels/orthogonal-step.h"

#include <iterator>
#include <map>

#include "cuda/device/octet-tiles.cuh"
#include "cuda/device/real.cuh"
#include "cuda/device/rounder.cuh"
#include "cuda/newton-schulz.cuh"
#include "cuda/projected-product.cuh"
#include "cuda/register.h"
#include "cuda/turns.h"
#include "math/moments.h"

namespace lean::cuda {
namespace {

// |g|^2 and |N|^2 of a tile of a matrix.
struct Squares {
  double grad;
  double numerator;
};

// The factor that makes the numerator X, and the step's length.
struct Settled {
  float inverse;
  float step_size;
};

__device__ float to_bfloat16(float x) { return __bfloat162float(__float2bfloat16_rn(x)); }

// Float32 where that is enough: a sum that overflows it is taken again.
__device__ double sum_squares(const Octet& octet) {
  float sum = 0;
#pragma unroll
  for (int k = 0; k < kOctet; ++k) sum = fmaf(octet.x[k].x, octet.x[k].x, sum);
  if (isfinite(sum)) return sum;
  double total = 0;
#pragma unroll
  for (int k = 0; k < kOctet; ++k) total += static_cast<double>(octet.x[k].x) * octet.x[k].x;
  return total;
}

struct Numerator {
  Octet grad;      // as it is
  Octet momentum;  // the next one
  Octet n;
};

class Momentum {
 public:
  __device__ Momentum(const OrthogonalStep& item, Bases bases)
      : grad_(at<const void>(item.grad, bases)),
        exp_avg_(at<void>(item.exp_avg, bases)),
        grad_type_(item.grad.dtype),
        type_(item.exp_avg.dtype),
        rounded_(item.rounded),
        s_(scalars_at(item.scalars, bases)) {}

  __device__ Numerator next(int64_t i, int count, bool whole) const {
    const Bits grad = load(grad_, grad_type_, i, count, whole);
    const Bits momentum = load(exp_avg_, type_, i, count, whole);
    Numerator next = {widen(grad, grad_type_), widen(momentum, type_), {}};
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      const Real g = next.grad.x[k] * s_.grad_factor;
      next.momentum.x[k] = next_momentum(next.momentum.x[k], g, s_);
      next.n.x[k] = numerator(next.momentum.x[k], g, s_);
      if (rounded_) next.n.x[k].x = to_bfloat16(next.n.x[k].x);
    }
    return next;
  }

  __device__ void keep(const Numerator& next, int64_t i, int count, bool whole) const {
    store(exp_avg_, type_, i, count, narrow(next.momentum, type_), whole);
  }

 private:
  const void* grad_;
  void* exp_avg_;
  DType grad_type_;
  DType type_;
  bool rounded_;
  StepScalars s_;
};

__global__ void __launch_bounds__(kThreads)
    measure(const OrthogonalStep* items, const Tile* tiles, Squares* squares, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const OrthogonalStep& item = items[tile.item];
  if (!is_active(item, bases)) return;
  const Momentum momentum(item, bases);
  const int64_t cols = item.param.cols();
  Squares own = {};
  for_each_octet(tile.index, item.param.rows(), cols,
                 [&](int64_t row, int64_t col, int count, bool whole) {
                   const Numerator next = momentum.next(row * cols + col, count, whole);
                   own.grad += sum_squares(next.grad);
                   own.numerator += sum_squares(next.n);
                 });
  own.grad = sum_over_block(own.grad);
  own.numerator = sum_over_block(own.numerator);
  if (threadIdx.x == 0) squares[blockIdx.x] = own;
}

constexpr int64_t measured_tiles(const OrthogonalStep& item) {
  return octet_tiles(item.param.rows(), item.param.cols());
}

// A block to a matrix. `first`: where its squares begin.
__global__ void __launch_bounds__(kThreads)
    settle(const OrthogonalStep* items, const Tile* tiles, const Squares* squares,
           const int64_t* first, Settled* settled, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const OrthogonalStep& item = items[tile.item];
  if (!is_active(item, bases)) return;
  const int64_t count = measured_tiles(item);
  Squares total = {};
  for (int64_t i = threadIdx.x; i < count; i += kThreads) {
    total.grad += squares[first[tile.item] + i].grad;
    total.numerator += squares[first[tile.item] + i].numerator;
  }
  total.grad = sum_over_block(total.grad);
  total.numerator = sum_over_block(total.numerator);
  if (threadIdx.x != 0) return;
  const StepScalars s = scalars_at(item.scalars, bases);
  const double grad = sqrt(total.grad) * fabs(static_cast<double>(s.grad_factor));
  double numerator = sqrt(total.numerator);
  if (item.rounded) numerator = to_bfloat16(static_cast<float>(numerator));
  settled[tile.item] = {static_cast<float>(1 / (numerator > item.eps ? numerator : item.eps)),
                        orthogonal_step_size(grad, item.max_norm, item.least_step, item.shape_scale,
                                             s.step_size, at<float>(item.exp_avg_sq, bases))};
}

// X of an item.
struct Start {
  void* x;
  DType type;
  int64_t rows, cols;
};

// The momentum, and X.
__global__ void __launch_bounds__(kThreads)
    begin_iterations(const OrthogonalStep* items, const Tile* tiles, const Start* starts,
                     const Settled* settled, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const OrthogonalStep& item = items[tile.item];
  if (!is_active(item, bases)) return;
  const Momentum momentum(item, bases);
  const Start start = starts[tile.item];
  const float inverse = settled[tile.item].inverse;
  const int64_t rows = item.param.rows(), cols = item.param.cols();
  for_each_octet(
      tile.index, start.rows, start.cols, [&](int64_t row, int64_t col, int count, bool whole) {
        Octet x = {};
        const bool inside = row < rows && col < cols;
        const bool same = whole && is_paired(cols);
        if (inside || same) {
          const int64_t i = row * cols + col;
          const int own = inside ? static_cast<int>(min(cols - col, int64_t{count})) : 0;
          const Numerator next = momentum.next(i, own, same);
          momentum.keep(next, i, own, same);
#pragma unroll
          for (int k = 0; k < kOctet; ++k) x.x[k] = next.n.x[k] * inverse;
        }
        store(start.x, start.type, row * start.cols + col, count, narrow(x, start.type), whole);
      });
}

struct Arguments {
  const OrthogonalStep* items;
  const Tile* tiles;
  const Multiplication* products;
  const Settled* settled;
  Bases bases;

  __device__ const Multiplication& of_block() const { return products[tiles[blockIdx.x].item]; }
};

// What becomes of a product: another matrix, or a step of the weights. Looked up when the product
// is there, and what a step needs for every octet: kept, it would take registers from the sums.
class Result {
 public:
  __device__ explicit Result(const Arguments& arguments) : given_(arguments) {}

  __device__ void begin(float*) {
    of_ = &given_.of_block();
    const uint32_t index = given_.tiles[blockIdx.x].index;
    const Corner corner = Corner::below_diagonal(index);
    mirrors_ = of_->symmetric && corner.row != corner.col;
  }

  __device__ bool mirrors() const { return mirrors_; }

  __device__ void operator()(int64_t row, int64_t col, int count, bool whole,
                             const Octet& sums) const {
    const int64_t i = row * of_->b.lines + col;
    const float gain = of_->product_gain;
    const DType type = of_->type;
    Octet x;
#pragma unroll
    for (int k = 0; k < kOctet; ++k) x.x[k] = sums.x[k] * gain;
    if (of_->addend != nullptr) {
      const Octet addend = widen(load(of_->addend, type, i, count, whole), type);
      const float addend_gain = of_->addend_gain, diagonal = of_->diagonal;
#pragma unroll
      for (int k = 0; k < kOctet; ++k) {
        x.x[k] = multiply_add(addend.x[k], addend_gain, x.x[k]);
        x.x[k].x += row == col + k ? diagonal : 0;
      }
    }
    if (of_->to != nullptr) {
      store(of_->to, type, i, count, narrow(x, type), whole);
    } else {
      step(row, col, count, whole, x);
    }
  }

 private:
  __device__ void step(int64_t row, int64_t col, int all, bool whole, const Octet& factor) const {
    const OrthogonalStep& item = given_.items[of_->item];
    const auto cols = static_cast<int>(item.param.cols());
    const bool inside = row < item.param.rows() && col < cols;
    const bool same = whole && is_paired(cols);
    if (!inside && !same) return;
    StepScalars s = scalars_at(item.scalars, given_.bases);
    s.step_size = given_.settled[of_->item].step_size;
    void* param = at<void>(item.param, given_.bases);
    const DType type = item.param.dtype;
    const int64_t i = row * cols + col;
    const int count = inside ? min(cols - static_cast<int>(col), all) : 0;
    Octet w = widen(load(param, type, i, count, same), type);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) w.x[k] = next_param(w.x[k], factor.x[k], s);
    store(param, type, i, count, rounder_of(item, given_.bases).narrow(w, type, i), same);
  }

  Arguments given_;
  const Multiplication* of_ = nullptr;
  bool mirrors_ = false;
};

template <class Core>
__global__ void __launch_bounds__(kThreads, Core::kBlocks) multiply(Arguments arguments) {
  const Multiplication& of = arguments.of_block();
  if (!is_active(arguments.items[of.item], arguments.bases)) return;
  const uint32_t index = arguments.tiles[blockIdx.x].index;
  const Product product = of.product();
  Core::compute(product,
                of.symmetric ? Corner::below_diagonal(index) : Corner::of(index, product.cols()),
                Result(arguments));
}

// --- launches ----------------------------------------------------------------------------------

using Kernel = void (*)(Arguments);

// What multiplies.
Unit unit_for(const OrthogonalStep& item) {
  if (item.rounded) return Unit::bfloat16;
  return item.precision == Precision::medium ? Unit::float16 : unit_of(item);
}

Kernel kernel_for(Unit unit) {
  switch (unit) {
    case Unit::float32:
      return multiply<FloatProduct>;
    case Unit::bfloat16:
      return multiply<TensorProduct<__nv_bfloat16>>;
    case Unit::float16:
      return multiply<TensorProduct<__half>>;
    case Unit::split:
      return multiply<TensorProduct<__nv_bfloat16, true>>;
  }
  return nullptr;
}

// How X and what is made of it is stored.
DType iterated_type(const OrthogonalStep& item) {
  switch (unit_for(item)) {
    case Unit::bfloat16:
      return DType::bfloat16;
    case Unit::float16:
      return DType::float16;
    case Unit::float32:
    case Unit::split:
      return DType::float32;
  }
  return DType::float32;
}

NewtonSchulzPlan plan_of(const OrthogonalStep& item) {
  return {item.param.rows(), item.param.cols(), iterated_type(item), item.rounded};
}

class Launcher {
 public:
  Launcher(std::span<const OrthogonalStep> items, Recorder& recorder)
      : items_(items),
        recorder_(recorder),
        on_device_(recorder.upload(items)),
        settled_(recorder.scratch<Settled>(static_cast<int64_t>(items.size()))) {}

  void settle_steps() {
    const Tiles tiles = recorder_.tiles(items_, measured_tiles);
    auto* squares = recorder_.scratch<Squares>(static_cast<int64_t>(tiles.count));
    std::vector<int64_t> first;
    int64_t count = 0;
    for (const OrthogonalStep& item : items_) {
      first.push_back(count);
      count += measured_tiles(item);
    }
    const Tiles one = recorder_.tiles(
        items_, [](const OrthogonalStep& item) { return item.param.numel() > 0 ? 1 : 0; });
    recorder_.launch(measure, tiles.count, kThreads, on_device_, tiles.data, squares,
                     recorder_.bases());
    recorder_.launch(settle, one.count, kThreads, on_device_, one.data, squares,
                     recorder_.upload(std::span<const int64_t>(first)), settled_,
                     recorder_.bases());
  }

  // Matrices take turns in the workspace.
  void iterate() {
    const TurnPlan plan = plan_turns(items_, recorder_.scratch_bytes(), bytes_of);
    auto* memory = recorder_.scratch<std::byte>(plan.bytes);
    for (const Group& group : plan.groups) iterate(group, plan.offsets, memory);
  }

 private:
  static size_t bytes_of(const OrthogonalStep& item) {
    return item.param.numel() == 0 ? 0 : plan_of(item).bytes();
  }

  void iterate(const Group& group, std::span<const int64_t> offsets, std::byte* memory) {
    const auto items_of_group = group.of(items_);
    std::vector<Start> starts;
    std::map<Unit, Rounds> rounds;
    for (size_t i = 0; i < group.count; ++i) {
      const OrthogonalStep& item = items_of_group[i];
      NewtonSchulzPlan plan = plan_of(item);
      std::byte* x = memory + offsets[group.first + i];
      starts.push_back({x, iterated_type(item), plan.rows(), plan.cols()});
      if (item.param.numel() == 0) continue;
      plan.append(rounds[unit_for(item)], static_cast<uint32_t>(i), x, item.schedule, item.steps);
    }
    const OrthogonalStep* items = on_device_ + group.first;
    const Settled* settled = settled_ + group.first;
    const Tiles tiles = recorder_.tiles(items_of_group, [](const OrthogonalStep& item) {
      if (item.param.numel() == 0) return int64_t{0};
      const NewtonSchulzPlan plan = plan_of(item);
      return octet_tiles(plan.rows(), plan.cols());
    });
    recorder_.launch(begin_iterations, tiles.count, kThreads, items, tiles.data,
                     recorder_.upload(std::span<const Start>(starts)), settled, recorder_.bases());
    for (const auto& [unit, of_unit] : rounds) {
      multiply_rounds(of_unit, kernel_for(unit), items, settled);
    }
  }

  void multiply_rounds(const Rounds& rounds, Kernel kernel, const OrthogonalStep* items,
                       const Settled* settled) {
    // Rounds of the same shapes have the same tiles.
    std::map<std::vector<int64_t>, Tiles> known;
    for (const std::vector<Multiplication>& round : rounds) {
      const std::span<const Multiplication> products(round);
      std::vector<int64_t> counts;
      const auto tiles_of = [](const Multiplication& product) { return product.tiles(); };
      std::ranges::transform(round, std::back_inserter(counts), tiles_of);
      const auto [tiles, is_new] = known.try_emplace(counts);
      if (is_new) tiles->second = recorder_.tiles(products, tiles_of);
      recorder_.launch(kernel, tiles->second.count, kThreads,
                       Arguments{items, tiles->second.data, recorder_.upload(products), settled,
                                 recorder_.bases()});
    }
  }

  std::span<const OrthogonalStep> items_;
  Recorder& recorder_;
  const OrthogonalStep* on_device_;
  Settled* settled_;
};

void record(std::span<const OrthogonalStep> items, Recorder& recorder) {
  Launcher launcher(items, recorder);
  launcher.settle_steps();
  launcher.iterate();
}

const Registered<OrthogonalStep, record> registered;

}  // namespace
}  // namespace lean::cuda
