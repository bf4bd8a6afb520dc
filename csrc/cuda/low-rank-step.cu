// Inside the subspace alone, two launches, as in subspace-step.cu: the first projects the gradients
// and steps the moments in its epilogue, leaving N; the second projects N back and steps the
// weights. Where norms of the whole weight come first, the first leaves R, too, and the squares of
// the gradients' lines; small launches make lines' factors of them and N - f R of N; and where
// nothing is projected back the last one goes over the weights as they are. With a basis on either
// side, the two halves of a projection are launches of their own.
#include "kernels/low-rank-step.h"

#include "cuda/device/line-squares.cuh"
#include "cuda/device/moments.cuh"
#include "cuda/device/octet-tiles.cuh"
#include "cuda/device/real.cuh"
#include "cuda/device/rounder.cuh"
#include "cuda/projected-product.cuh"
#include "cuda/register.h"
#include "cuda/turns.h"
#include "math/low-rank.h"

namespace lean::cuda {
namespace {

constexpr int64_t padded(int64_t floats) { return (floats + 7) / 8 * 8; }

// Floats that an item keeps between the launches.
int64_t kept_floats(const LowRankStep& item) {
  const bool keeps_projection = item.two_sided() || item.is_scaled();
  const int64_t second = keeps_projection ? item.lines() * item.rank() : 0;
  const int64_t lines = item.is_scaled() ? padded(item.lines()) : 0;
  return padded(item.exp_avg.numel()) + padded(second) + 7 * lines;
}

// They lie in the scratch memory of a group.
struct Kept {
  std::byte* data;
  const int64_t* offsets;  // bytes

  // N, of the moments' shape.
  __device__ float* direction(uint32_t item) const {
    return reinterpret_cast<float*>(data + offsets[item]);
  }
  // R; two-sided, G B and then A N.
  __device__ float* projection(const LowRankStep& of, uint32_t item) const {
    return direction(item) + padded(of.exp_avg.numel());
  }
  // |N_j|^2, |R_j|^2 and |G_j|^2 of every line.
  __device__ double* squares(const LowRankStep& of, uint32_t item) const {
    return reinterpret_cast<double*>(projection(of, item) + padded(of.exp_avg.numel()));
  }
  // l f_j of every line.
  __device__ float* factors(const LowRankStep& of, uint32_t item) const {
    return reinterpret_cast<float*>(squares(of, item) + 3 * padded(of.lines()));
  }
};

// There is no coupled decay in a projected gradient. Not to be stepped: active is 0.
__device__ StepScalars low_rank_scalars(const LowRankStep& item, Bases bases) {
  StepScalars s = scalars_at(item.scalars, bases);
  s.l2 = 0;
  s.step_size *= static_cast<float>(item.scale);
  if (at<const void>(item.grad, bases) == nullptr) s.active = 0;
  return s;
}

// N as what projects it back reads it.
__device__ DType direction_type(const LowRankStep& item) {
  return item.is_scaled() || item.two_sided() ? DType::float32 : coordinate_type(item);
}

// M, V and N of an octet of R.
class Moments {
 public:
  Moments() = default;
  __device__ Moments(const LowRankStep& item, const StepScalars& s, Bases bases)
      : exp_avg_(at<void>(item.exp_avg, bases)),
        exp_avg_sq_(at<float>(item.exp_avg_sq, bases)),
        type_(item.exp_avg.dtype),
        s_(s) {}

  __device__ Octet step(const Octet& r, int64_t i, int count, bool whole) const {
    Octet m = widen(load(exp_avg_, type_, i, count, whole), type_);
    Octet v = widen(load(exp_avg_sq_, DType::float32, i, count, whole), DType::float32);
    Octet n;
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      m.x[k] = next_momentum(m.x[k], r.x[k], s_);
      v.x[k] = next_second_moment(v.x[k], r.x[k] * r.x[k], s_);
      n.x[k] = adam_direction(m.x[k], v.x[k], s_);
    }
    store(exp_avg_, type_, i, count, narrow(m, type_), whole);
    store(exp_avg_sq_, DType::float32, i, count, narrow(v, DType::float32), whole);
    return n;
  }

 private:
  void* exp_avg_;
  float* exp_avg_sq_;
  DType type_;
  StepScalars s_;
};

// R becomes N, by way of the moments. Like all that a product needs only in the end, what this
// needs is looked up there: sums leave no registers for it.
class MomentsUpdate {
 public:
  __device__ MomentsUpdate(const LowRankStep& item, const Kept& kept, uint32_t number, Bases bases)
      : item_(item), kept_(kept), number_(number), bases_(bases) {}

  __device__ void begin(float*) {
    const StepScalars s = low_rank_scalars(item_, bases_);
    factor_ = s.grad_factor;
    moments_ = Moments(item_, s, bases_);
    two_sided_ = item_.two_sided();
    keeps_projection_ = item_.is_scaled() || two_sided_;
    type_ = direction_type(item_);
    direction_ = kept_.direction(number_);
    projected_ = kept_.projection(item_, number_);
    cols_ = item_.right() ? item_.rank() : item_.param.cols();
  }

  __device__ void operator()(int64_t row, int64_t col, int count, bool whole,
                             const Octet& sums) const {
    const int64_t i = row * cols_ + col;
    Octet r;
#pragma unroll
    for (int k = 0; k < kOctet; ++k) r.x[k] = sums.x[k] * factor_;
    if (keeps_projection_) {
      store(projected_, DType::float32, i, count, narrow(r, DType::float32), whole);
    }
    if (two_sided_) return;
    store(direction_, type_, i, count, narrow(moments_.step(r, i, count, whole), type_), whole);
  }

 private:
  const LowRankStep& item_;
  const Kept& kept_;
  uint32_t number_;
  Bases bases_;
  Moments moments_;
  float factor_;
  bool two_sided_;
  bool keeps_projection_;
  DType type_;
  float* direction_;
  float* projected_;
  int64_t cols_;
};

template <class Core>
__global__ void __launch_bounds__(kThreads)
    project(const LowRankStep* items, const Tile* tiles, Kept kept, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const LowRankStep& item = items[tile.item];
  if (low_rank_scalars(item, bases).active == 0) return;
  const Product product = projection(item, bases);
  const Corner corner = Corner::of(tile.index, product.cols());

  // Of the tiles that read a line of the gradient, the first takes its sum.
  const bool right = item.right();
  const bool is_first = (right ? corner.col : corner.row) == 0;
  const auto keep = [&](int line, double sum) {
    const double factor = square_factor(low_rank_scalars(item, bases), false, false, 1);
    kept.squares(item, tile.item)[2 * item.lines() + line] = sum * factor;
  };
  Core::compute(product, corner, MomentsUpdate(item, kept, tile.item, bases),
                LineSquares(item.max_growth > 0 && is_first, right, keep));
}

// --- a basis on either side: R = A^T (G B), and A N in the place of G B ------------------------

__global__ void __launch_bounds__(kThreads)
    project_left(const LowRankStep* items, const Tile* tiles, Kept kept, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const LowRankStep& item = items[tile.item];
  const StepScalars s = low_rank_scalars(item, bases);
  if (s.active == 0) return;
  const int64_t rank = item.rank();
  const Operand left = {at<const void>(item.left_basis, bases), item.left_basis.dtype, rank,
                        item.lines(), false};
  const Operand half = {kept.projection(item, tile.item), DType::float32, rank, item.lines(),
                        false};
  const Moments moments(item, s, bases);
  float* direction = kept.direction(tile.item);
  FloatProduct::compute(Product{left, half}, Corner::of(tile.index, rank),
                        [&](int64_t row, int64_t col, int count, bool whole, const Octet& r) {
                          const int64_t i = row * rank + col;
                          store(direction, DType::float32, i, count,
                                narrow(moments.step(r, i, count, whole), DType::float32), whole);
                        });
}

__global__ void __launch_bounds__(kThreads)
    project_back_left(const LowRankStep* items, const Tile* tiles, Kept kept, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const LowRankStep& item = items[tile.item];
  if (low_rank_scalars(item, bases).active == 0) return;
  const int64_t rank = item.rank();
  const Operand left = {at<const void>(item.left_basis, bases), item.left_basis.dtype, item.lines(),
                        rank, true};
  const Operand direction = {kept.direction(tile.item), DType::float32, rank, rank, false};
  float* half = kept.projection(item, tile.item);
  FloatProduct::compute(Product{left, direction}, Corner::of(tile.index, rank),
                        [&](int64_t row, int64_t col, int count, bool whole, const Octet& x) {
                          store(half, DType::float32, row * rank + col, count,
                                narrow(x, DType::float32), whole);
                        });
}

// --- norms -------------------------------------------------------------------------------------

constexpr int kLinesOfTile = kWarp;

// The squares of x[j], of 32 lines from `first` on: of rows, whose lanes a warp takes, or of
// columns, a lane to each. All threads call it.
__device__ void sum_lines(const float* x, bool right, int64_t first, int64_t lines, int64_t rank,
                          double* sums) {
  __shared__ double parts[kWarps][kLinesOfTile];
  const int warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
  const auto squared = [](float y) { return static_cast<double>(y) * y; };
  if (right) {
    for (int64_t j = first + warp; j < lines && j < first + kLinesOfTile; j += kWarps) {
      double sum = 0;
      for (int64_t k = lane; k < rank; k += kWarp) sum += squared(x[j * rank + k]);
      sum = sum_over_warp(sum);
      if (lane == 0) sums[j] = sum;
    }
    return;
  }
  const int64_t j = first + lane;
  double sum = 0;
  for (int64_t k = warp; k < rank && j < lines; k += kWarps) sum += squared(x[k * lines + j]);
  __syncthreads();
  parts[warp][lane] = sum;
  __syncthreads();
  if (warp > 0 || j >= lines) return;
  double total = 0;
  for (int i = 0; i < kWarps; ++i) total += parts[i][lane];
  sums[j] = total;
}

__global__ void __launch_bounds__(kThreads)
    measure_lines(const LowRankStep* items, const Tile* tiles, Kept kept, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const LowRankStep& item = items[tile.item];
  if (low_rank_scalars(item, bases).active == 0) return;
  const int64_t first = static_cast<int64_t>(tile.index) * kLinesOfTile;
  const int64_t lines = item.lines();
  double* squares = kept.squares(item, tile.item);
  sum_lines(kept.direction(tile.item), item.right(), first, lines, item.rank(), squares);
  sum_lines(kept.projection(item, tile.item), item.right(), first, lines, item.rank(),
            squares + lines);
}

// The sum of term(j) over all lines, the same in all threads.
template <class Term>
__device__ double sum_of_lines(int64_t lines, Term term) {
  double sum = 0;
  for (int64_t j = threadIdx.x; j < lines; j += kThreads) sum += term(j);
  return sum_over_block(sum);
}

// A block to an item.
__global__ void __launch_bounds__(kThreads)
    settle_factors(const LowRankStep* items, const Tile* tiles, Kept kept, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const LowRankStep& item = items[tile.item];
  if (low_rank_scalars(item, bases).active == 0) return;
  const int64_t lines = item.lines();
  const double* n = kept.squares(item, tile.item);
  const double* r = n + lines;
  const double* g = r + lines;
  double whole = 0;
  if (item.whole_norm) {
    const double direction = sum_of_lines(lines, [=](int64_t j) { return n[j]; });
    const double projection = sum_of_lines(lines, [=](int64_t j) { return r[j]; });
    whole = norm_ratio(direction, projection);
  }
  const bool of_whole = item.whole_norm;
  const auto factor = [=](int64_t j) { return of_whole ? whole : norm_ratio(n[j], r[j]); };
  double limit = 1;
  if (item.max_growth > 0) {
    const double squares = sum_of_lines(lines, [&](int64_t j) {
      const double f = factor(j);
      return f * f * scaled_square(item, g[j], r[j]);
    });
    float* last = at<float>(item.last_norm, bases);
    const double norm = sqrt(squares);
    limit = growth_limit<double>(norm, *last, item.max_growth);
    __syncthreads();  // all have read it
    if (threadIdx.x == 0) *last = static_cast<float>(limit * norm);
  }
  float* factors = kept.factors(item, tile.item);
  for (int64_t j = threadIdx.x; j < lines; j += kThreads) {
    factors[j] = static_cast<float>(limit * factor(j));
  }
}

// The factors of the octet that begins at (row, col) of a matrix that has the lines of W.
__device__ Octet factors_at(const float* factors, bool right, int64_t row, int64_t col, int count,
                            bool whole) {
  if (!right) return widen(load(factors, DType::float32, col, count, whole), DType::float32);
  Octet same;
#pragma unroll
  for (int k = 0; k < kOctet; ++k) same.x[k] = {factors[row]};
  return same;
}

// N <- N - f R.
__global__ void __launch_bounds__(kThreads)
    subtract_projection(const LowRankStep* items, const Tile* tiles, Kept kept, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const LowRankStep& item = items[tile.item];
  if (low_rank_scalars(item, bases).active == 0) return;
  float* direction = kept.direction(tile.item);
  const float* projection = kept.projection(item, tile.item);
  const float* factors = kept.factors(item, tile.item);
  const int64_t cols = item.exp_avg.cols();
  constexpr DType kType = DType::float32;
  for_each_octet(tile.index, item.exp_avg.rows(), cols,
                 [&](int64_t row, int64_t col, int count, bool whole) {
                   const int64_t i = row * cols + col;
                   Octet n = widen(load(direction, kType, i, count, whole), kType);
                   const Octet r = widen(load(projection, kType, i, count, whole), kType);
                   const Octet f = factors_at(factors, item.right(), row, col, count, whole);
#pragma unroll
                   for (int k = 0; k < kOctet; ++k) {
                     n.x[k] = multiply_add(r.x[k], -f.x[k].x, n.x[k]);
                   }
                   store(direction, kType, i, count, narrow(n, kType), whole);
                 });
}

// Steps weights an octet of a row at a time.
class Weights {
 public:
  Weights() = default;
  __device__ Weights(const LowRankStep& item, const StepScalars& s, Bases bases)
      : param_(at<void>(item.param, bases)),
        grad_(at<const void>(item.grad, bases)),
        param_type_(item.param.dtype),
        grad_type_(item.grad.dtype),
        cols_(item.param.cols()),
        s_(s),
        rounder_(rounder_of(item, bases)) {}

  // With `directed` of every element's gradient and its place in the octet.
  template <class Directed>
  __device__ void step(int64_t row, int64_t col, int count, bool whole, Directed directed) const {
    const int64_t i = row * cols_ + col;
    const Bits param = load(param_, param_type_, i, count, whole);
    const Octet g = widen(load(grad_, grad_type_, i, count, whole), grad_type_);
    Octet w = widen(param, param_type_);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      w.x[k] = next_param(w.x[k], directed(g.x[k] * s_.grad_factor, k), s_);
    }
    store(param_, param_type_, i, count, rounder_.narrow(w, param_type_, i), whole);
  }

 private:
  void* param_;
  const void* grad_;
  DType param_type_;
  DType grad_type_;
  int64_t cols_;
  StepScalars s_;
  Rounder rounder_;
};

// A step of the weights by what is projected back, and by the residual.
class BackUpdate {
 public:
  __device__ BackUpdate(const LowRankStep& item, const Kept& kept, uint32_t number, Bases bases)
      : item_(item), kept_(kept), number_(number), bases_(bases) {}

  __device__ void begin(float*) {
    weights_ = Weights(item_, low_rank_scalars(item_, bases_), bases_);
    residual_ = item_.direction == Direction::residual;
    factors_ = kept_.factors(item_, number_);
    right_ = item_.right();
  }

  __device__ void operator()(int64_t row, int64_t col, int count, bool whole,
                             const Octet& back) const {
    Octet f = {};
    if (residual_) f = factors_at(factors_, right_, row, col, count, whole);
    weights_.step(row, col, count, whole, [&](Real g, int k) {
      return residual_ ? multiply_add(g, f.x[k].x, back.x[k]) : back.x[k];
    });
  }

 private:
  const LowRankStep& item_;
  const Kept& kept_;
  uint32_t number_;
  Bases bases_;
  Weights weights_;
  bool residual_;
  const float* factors_;
  bool right_;
};

// One block to a multiprocessor: two would not find registers for what lines are multiplied by.
template <class Core>
__global__ void __launch_bounds__(kThreads, 1)
    project_back(const LowRankStep* items, const Tile* tiles, Kept kept, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const LowRankStep& item = items[tile.item];
  if (low_rank_scalars(item, bases).active == 0) return;
  const float* direction =
      item.two_sided() ? kept.projection(item, tile.item) : kept.direction(tile.item);
  const Product product = back_projection(item, direction, direction_type(item), bases);
  Core::compute(product, Corner::of(tile.index, product.cols()),
                BackUpdate(item, kept, tile.item, bases));
}

__global__ void __launch_bounds__(kThreads)
    scale_gradient(const LowRankStep* items, const Tile* tiles, Kept kept, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const LowRankStep& item = items[tile.item];
  const StepScalars s = low_rank_scalars(item, bases);
  if (s.active == 0) return;
  const Weights weights(item, s, bases);
  const float* factors = kept.factors(item, tile.item);
  for_each_octet(tile.index, item.param.rows(), item.param.cols(),
                 [&](int64_t row, int64_t col, int count, bool whole) {
                   const Octet f = factors_at(factors, item.right(), row, col, count, whole);
                   weights.step(row, col, count, whole, [&](Real g, int k) { return g * f.x[k]; });
                 });
}

// --- launches ----------------------------------------------------------------------------------

using Kernel = void (*)(const LowRankStep*, const Tile*, Kept, Bases);

class Launcher {
 public:
  Launcher(std::span<const LowRankStep> items, Recorder& recorder)
      : items_(items),
        recorder_(recorder),
        on_device_(recorder.upload(items)),
        turns_(take_turns(items, recorder, [](const LowRankStep& item) {
          return kept_floats(item) * static_cast<int64_t>(sizeof(float));
        })) {}

  // Calls body() once for each group, whose items then are what is launched.
  template <class Body>
  void for_each_group(Body body) {
    for (const Group& group : turns_.groups) {
      group_ = group;
      body();
    }
  }

  // Over as many tiles of each item of the group as tiles(item) says.
  template <class Count>
  void launch(Kernel kernel, Count count) {
    const Tiles tiles = recorder_.tiles(group_.of(items_), count);
    const Kept kept = {turns_.data, turns_.offsets + group_.first};
    recorder_.launch(kernel, tiles.count, kThreads, on_device_ + group_.first, tiles.data, kept,
                     recorder_.bases());
  }

 private:
  std::span<const LowRankStep> items_;
  Recorder& recorder_;
  const LowRankStep* on_device_;
  Turns turns_;
  Group group_ = {};
};

// Both products of the items of a unit, with what comes between them.
template <class Core>
void launch_project(Launcher& launcher, Unit unit) {
  launcher.launch(project<Core>, [=](const LowRankStep& item) -> int64_t {
    if (unit_of(item) != unit || item.param.numel() == 0) return 0;
    const bool right = item.right();
    return product_tiles(right ? item.lines() : item.rank(), right ? item.rank() : item.lines());
  });
}

template <class Core>
void launch_back(Launcher& launcher, Unit unit) {
  launcher.launch(project_back<Core>, [=](const LowRankStep& item) -> int64_t {
    const bool goes_back = item.direction != Direction::gradient && unit_of(item) == unit;
    return goes_back ? product_tiles(item.param.rows(), item.param.cols()) : 0;
  });
}

void launch_group(Launcher& launcher) {
  using Brain = TensorProduct<__nv_bfloat16>;
  launch_project<Brain>(launcher, Unit::bfloat16);
  launch_project<TensorProduct<__half>>(launcher, Unit::float16);
  launch_project<TensorProduct<__nv_bfloat16, true>>(launcher, Unit::split);
  launch_project<FloatProduct>(launcher, Unit::float32);

  const auto exists = [](const LowRankStep& item) { return item.param.numel() > 0; };
  const auto two_sided = [=](const LowRankStep& item) { return exists(item) && item.two_sided(); };
  const auto scaled = [=](const LowRankStep& item) { return exists(item) && item.is_scaled(); };
  launcher.launch(project_left, [=](const LowRankStep& item) {
    return two_sided(item) ? product_tiles(item.rank(), item.rank()) : 0;
  });
  launcher.launch(project_back_left, [=](const LowRankStep& item) {
    return two_sided(item) ? product_tiles(item.lines(), item.rank()) : 0;
  });
  launcher.launch(measure_lines, [=](const LowRankStep& item) {
    return scaled(item) ? (item.lines() + kLinesOfTile - 1) / kLinesOfTile : 0;
  });
  launcher.launch(settle_factors,
                  [=](const LowRankStep& item) -> int64_t { return scaled(item) ? 1 : 0; });
  launcher.launch(subtract_projection, [=](const LowRankStep& item) {
    const bool wanted = scaled(item) && item.direction == Direction::residual;
    return wanted ? octet_tiles(item.exp_avg.rows(), item.exp_avg.cols()) : 0;
  });

  launch_back<Brain>(launcher, Unit::bfloat16);
  launch_back<Brain>(launcher, Unit::float16);
  launch_back<TensorProduct<__nv_bfloat16, true>>(launcher, Unit::split);
  launch_back<FloatProduct>(launcher, Unit::float32);
  launcher.launch(scale_gradient, [=](const LowRankStep& item) {
    const bool wanted = scaled(item) && item.direction == Direction::gradient;
    return wanted ? octet_tiles(item.param.rows(), item.param.cols()) : 0;
  });
}

void record(std::span<const LowRankStep> items, Recorder& recorder) {
  Launcher launcher(items, recorder);
  launcher.for_each_group([&] { launch_group(launcher); });
}

const Registered<LowRankStep, record> registered;

}  // namespace
}  // namespace lean::cuda
