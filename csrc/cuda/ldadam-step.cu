// The stages of the step (kernels/ldadam-step.h), each one launch over all items but for the
// orthonormalization, in which items take turns with the whole grid: V and B V; the new basis, T
// and T.T; coordinates; weights and errors. A = G + e exists nowhere: products sum it up as they
// load it. Between the launches an item has scratch memory of three times its coordinates (as many
// numbers as its momentum), once its basis and twice rank x rank.
#include "kernels/ldadam-step.h"

#include <algorithm>

#include "cuda/device/float-product.cuh"
#include "cuda/device/rounder.cuh"
#include "cuda/partial-sums.h"
#include "cuda/refresh/orthonormal.cuh"
#include "cuda/register.h"
#include "math/ldadam.h"

namespace lean::cuda {
namespace {

constexpr int64_t kElements = 4096;  // to a block that goes through them one by one

constexpr int64_t aligned(int64_t floats) { return (floats + 7) / 8 * 8; }  // to 32 bytes

constexpr int64_t coordinates(const LdadamStep& item) { return item.others() * item.rank(); }

constexpr int64_t scratch_floats(const LdadamStep& item) {
  return 3 * aligned(coordinates(item)) + aligned(item.projected() * item.rank()) +
         2 * aligned(item.rank() * item.rank());
}

// What stages find out about an item for those that follow.
struct Found {
  Transport transport;
  uint32_t largest_v;  // bits of the largest magnitude in V,
  uint32_t largest_y;  // and in B V
  uint32_t has_moved;  // whether there is a new basis
};

struct Scratch {
  float* data;
  const int64_t* offsets;
  Found* found;
  Orthonormal::Memory orthonormal;  // of the item whose turn it is
};

// A power of two that brings the largest magnitude to about 1, or 0 where it is zero, not finite or
// too large to be multiplied.
__device__ float scale_for(uint32_t bits) {
  const float largest = __uint_as_float(bits);
  if (!(largest > 0 && largest < 0x1p112f)) return 0;
  const uint32_t exponent = bits >> 23;
  return __uint_as_float((exponent < 2 ? 252u : 254u - exponent) << 23);
}

__device__ uint32_t largest_bits(uint32_t most, const Octet& octet, int count) {
#pragma unroll
  for (int k = 0; k < kOctet; ++k) {
    if (k < count) most = max(most, __float_as_uint(octet.x[k].x) & 0x7fffffffu);
  }
  return most;
}

// All lanes of a warp call it.
__device__ void raise(uint32_t* to, uint32_t most) {
  most = __reduce_max_sync(0xffffffffu, most);
  if (threadIdx.x % kWarp == 0) atomicMax(to, most);
}

// An item as a stage sees it.
struct Step {
  const LdadamStep& item;
  Bases bases;
  Found& found;
  float* v;         // V; then g'; then g' + k m'
  float* carried;   // T m; then -k m
  float* spread;    // (T.T) of the variance; then the direction
  float* basis;     // B V, then the new basis
  float* transfer;  // m^ V, then T
  float* squares;   // T.T

  __device__ static Step of(const LdadamStep* items, uint32_t i, const Scratch& scratch,
                            Bases bases) {
    const LdadamStep& item = items[i];
    const int64_t own = aligned(coordinates(item));
    float* v = scratch.data + scratch.offsets[i];
    float* basis = v + 3 * own;
    float* transfer = basis + aligned(item.projected() * item.rank());
    return {item,  bases,    scratch.found[i],
            v,     v + own,  v + 2 * own,
            basis, transfer, transfer + aligned(item.rank() * item.rank())};
  }

  __device__ bool is_active() const {
    return at<const StepScalars>(item.scalars, bases)->active != 0 &&
           at<const void>(item.grad, bases) != nullptr;
  }
  __device__ bool is_first() const { return found.transport.first; }
  __device__ bool right() const { return item.side == Side::right; }
  __device__ Counters& counters() const { return *at<Counters>(item.counters, bases); }

  // A: lines of the others' length, each a vector along the projected side, or the reverse.
  __device__ Operand sum(bool of_others, float factor) const {
    Operand a = {at<const void>(item.grad, bases),
                 DType::float32,
                 of_others ? item.others() : item.projected(),
                 of_others ? item.projected() : item.others(),
                 of_others == right(),
                 true};
    a.addend = {item.grad.dtype, factor, at<const void>(item.error, bases), item.error.dtype};
    return a;
  }
  // Its columns, or its rows.
  __device__ Operand columns(const void* data, DType type) const {
    return {data, type, item.rank(), item.projected(), false};
  }
  __device__ Operand rows(const void* data, DType type) const {
    return {data, type, item.projected(), item.rank(), true};
  }
  __device__ Operand old_columns() const {
    return columns(at<const void>(item.basis, bases), item.basis.dtype);
  }
  __device__ Operand new_columns() const { return columns(basis, DType::float32); }
  // Coordinates: a vector of rank numbers for each of the others, or the reverse.
  __device__ Operand by_other(const void* data, DType type) const {
    return {data, type, item.others(), item.rank(), right()};
  }
  __device__ Operand by_rank(const void* data, DType type) const {
    return {data, type, item.rank(), item.others(), !right()};
  }
  // A matrix of rank x rank, by rows.
  __device__ Operand square(const float* data, bool rows) const {
    return {data, DType::float32, item.rank(), item.rank(), rows};
  }
  // In the order that their results are stored in.
  __device__ Product ordered(const Operand& of_others, const Operand& other) const {
    return right() ? Product{of_others, other} : Product{other, of_others};
  }
};

__device__ void store_octet(float* to, int64_t i, int count, bool whole, const Octet& octet) {
  store(to, DType::float32, i, count, narrow(octet, DType::float32), whole);
}

__device__ Octet load_octet(const void* from, DType type, int64_t i, int count, bool whole) {
  return widen(load(from, type, i, count, whole), type);
}

// body(i, count, whole) for the octets of a block's part of `count` elements.
template <class Body>
__device__ void for_each_octet(uint32_t tile, int64_t count, Body body) {
  const int64_t begin = static_cast<int64_t>(tile) * kElements;
  const int64_t end = min(begin + kElements, count);
  constexpr int64_t kStride = static_cast<int64_t>(kThreads) * kOctet;
  for (int64_t first = begin; first < end; first += kStride) {
    const int64_t i = first + threadIdx.x * kOctet;
    const int64_t left = end - i;
    if (left > 0) {
      body(i, left < kOctet ? static_cast<int>(left) : kOctet, first + kStride <= end);
    }
  }
}

// --- stages --------------------------------------------------------------------------------------

__global__ void open(const LdadamStep* items, size_t count, Scratch scratch, Bases bases) {
  const size_t i = blockIdx.x * static_cast<size_t>(blockDim.x) + threadIdx.x;
  if (i >= count) return;
  const auto* counters = at<const Counters>(items[i].counters, bases);
  scratch.found[i] = {transport_of(items[i], counters->updates), 0, 0, 0};
}

// V, and the variance in the place of the second moment.
__global__ void __launch_bounds__(kThreads)
    project_target(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active() || step.is_first()) return;
  const Transport t = step.found.transport;
  const float factor = at<const StepScalars>(step.item.scalars, bases)->grad_factor;
  const Product product = step.ordered(step.sum(true, factor), step.old_columns());
  const void* momentum = at<const void>(step.item.exp_avg, bases);
  const DType type = step.item.exp_avg.dtype;
  float* second = at<float>(step.item.exp_avg_sq, bases);
  const int64_t cols = product.cols();
  const float share = t.old_share * t.m_scale;
  uint32_t most = 0;
  FloatProduct::compute(product, Corner::of(tile.index, cols),
                        [&](int64_t row, int64_t col, int count, bool whole, Octet octet) {
                          const int64_t i = row * cols + col;
                          const Octet m = load_octet(momentum, type, i, count, whole);
                          Octet variance = load_octet(second, DType::float32, i, count, whole);
#pragma unroll
                          for (int k = 0; k < kOctet; ++k) {
                            octet.x[k] = multiply_add(m.x[k], share, octet.x[k] * t.new_share);
                            variance.x[k] = old_variance(m.x[k], variance.x[k], t);
                          }
                          most = largest_bits(most, octet, count);
                          store_octet(step.v, i, count, whole, octet);
                          store_octet(second, i, count, whole, variance);
                        });
  raise(&step.found.largest_v, most);
}

// V is about to be multiplied with A again, and the product to stay in range.
__global__ void __launch_bounds__(kThreads)
    scale_target(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active() || step.is_first()) return;
  const float scale = scale_for(step.found.largest_v);
  for_each_octet(tile.index, coordinates(step.item), [&](int64_t i, int count, bool whole) {
    Octet octet = load_octet(step.v, DType::float32, i, count, whole);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) octet.x[k] = octet.x[k] * scale;
    store_octet(step.v, i, count, whole, octet);
  });
}

// m^ V, times the momentum's share of B over A's.
__global__ void __launch_bounds__(kThreads)
    multiply_momentum(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active() || step.is_first()) return;
  const Transport t = step.found.transport;
  const float share = t.m_scale * t.old_share / t.new_share;
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

// B V over the gradient's share of B: only the columns' span and order matter.
__global__ void __launch_bounds__(kThreads)
    multiply_target(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active() || step.is_first()) return;
  const LdadamStep& item = step.item;
  const float factor = at<const StepScalars>(item.scalars, bases)->grad_factor;
  const Product of_sum = {step.sum(false, factor), step.by_rank(step.v, DType::float32)};
  const Product of_momentum = {step.rows(at<const void>(item.basis, bases), item.basis.dtype),
                               step.square(step.transfer, false)};
  const int64_t rank = item.rank();
  uint32_t most = 0;
  FloatProduct::compute(of_sum, of_momentum, Corner::of(tile.index, rank),
                        [&](int64_t row, int64_t col, int count, bool whole, const Octet& octet) {
                          most = largest_bits(most, octet, count);
                          store_octet(step.basis, row * rank + col, count, whole, octet);
                        });
  raise(&step.found.largest_y, most);
}

// to <- from by way of the type.
__device__ void copy_basis(const Step& step, const void* from, DType type) {
  const int64_t count = step.item.basis.numel();
  Grid::threads(count, kOctet, [&](int64_t i) {
    const int64_t left = count - i;
    const int here = left < kOctet ? static_cast<int>(left) : kOctet;
    const Octet octet = load_octet(from, type, i, here, false);
    const DType stored = step.item.basis.dtype;
    store_octet(step.basis, i, here, false, widen(narrow(octet, stored), stored));
  });
  Grid::sync();
}

// The new basis as it will be stored, T and T.T.
__device__ void settle(const Step& step, const Scratch& scratch,
                       double (&shared)[DoubleTile::kSide * (DoubleTile::kSide + 1)]) {
  const LdadamStep& item = step.item;
  const int64_t rank = item.rank();
  bool has_moved = false;
  if (!step.is_first() && scale_for(step.found.largest_v) != 0 &&
      scale_for(step.found.largest_y) != 0) {
    const Orthonormal orthonormal{step.basis, item.projected(), rank, scratch.orthonormal, shared};
    has_moved = orthonormal.run(random_key(item.seed, item.stream, step.counters().calls));
    Grid::sync();
  }
  if (has_moved) {
    copy_basis(step, step.basis, DType::float32);
  } else {
    copy_basis(step, at<const void>(item.basis, step.bases), item.basis.dtype);
  }
  if (step.is_first()) return;
  const Product product = {step.new_columns(), step.old_columns()};
  Grid::blocks(product_tiles(rank, rank), [&](int64_t tile) {
    FloatProduct::compute(product, Corner::of(static_cast<uint32_t>(tile), rank),
                          [&](int64_t row, int64_t col, int count, bool whole, Octet octet) {
                            const int64_t i = row * rank + col;
                            store_octet(step.transfer, i, count, whole, octet);
#pragma unroll
                            for (int k = 0; k < kOctet; ++k) {
                              octet.x[k] = octet.x[k] * octet.x[k];
                            }
                            store_octet(step.squares, i, count, whole, octet);
                          });
  });
  if (!Grid::is_first()) return;
  step.found.has_moved = has_moved;
  Counters& counters = step.counters();
  ++(has_moved ? counters.refreshes : counters.refused);
}

__global__ void __launch_bounds__(kThreads)
    settle_bases(const LdadamStep* items, size_t count, Scratch scratch, Bases bases) {
  __shared__ double shared[DoubleTile::kSide * (DoubleTile::kSide + 1)];
  for (size_t i = 0; i < count; ++i) {
    const Step step = Step::of(items, static_cast<uint32_t>(i), scratch, bases);
    if (!step.is_active() || step.item.param.numel() == 0) continue;
    settle(step, scratch, shared);
    Grid::sync();
  }
}

__global__ void __launch_bounds__(kThreads)
    project(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active()) return;
  const float factor = at<const StepScalars>(step.item.scalars, bases)->grad_factor;
  const Product product = step.ordered(step.sum(true, factor), step.new_columns());
  const int64_t cols = product.cols();
  FloatProduct::compute(product, Corner::of(tile.index, cols),
                        [&](int64_t row, int64_t col, int count, bool whole, const Octet& octet) {
                          store_octet(step.v, row * cols + col, count, whole, octet);
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
    Octet g = load_octet(step.v, DType::float32, i, count, whole);
    Octet m = {}, old = {}, v = {};
    if (!t.first) {
      m = load_octet(step.carried, DType::float32, i, count, whole);
      v = load_octet(step.spread, DType::float32, i, count, whole);
      old = load_octet(momentum, type, i, count, whole);
    }
    Octet direction;
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      const Real carried = m.x[k];
      if (!t.first) v.x[k] = carried_second_moment(v.x[k], carried, t);
      m.x[k] = next_momentum(carried, g.x[k], s);
      v.x[k] = next_second_moment(v.x[k], g.x[k] * g.x[k], s);
      direction.x[k] = m.x[k] * s.m_scale / denominator(v.x[k], s);
      g.x[k] = multiply_add(carried, t.feedback, g.x[k]);
      old.x[k] = old.x[k] * -t.feedback;
    }
    store(momentum, type, i, count, narrow(m, type), whole);
    store_octet(second, i, count, whole, v);
    store_octet(step.spread, i, count, whole, direction);
    store_octet(step.v, i, count, whole, g);
    store_octet(step.carried, i, count, whole, old);
  });
}

__global__ void __launch_bounds__(kThreads)
    update_weights(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active()) return;
  const LdadamStep& item = step.item;
  const StepScalars s = scalars_at(item.scalars, bases);
  const Rounder rounder = rounder_of(item, bases);
  void* param = at<void>(item.param, bases);
  const DType type = item.param.dtype;
  const Product product = step.ordered(step.by_other(step.spread, DType::float32),
                                       step.rows(step.basis, DType::float32));
  const int64_t cols = product.cols();
  FloatProduct::compute(product, Corner::of(tile.index, cols),
                        [&](int64_t row, int64_t col, int count, bool whole, const Octet& n) {
                          const int64_t i = row * cols + col;
                          Octet w = load_octet(param, type, i, count, whole);
#pragma unroll
                          for (int k = 0; k < kOctet; ++k) w.x[k] = next_param(w.x[k], n.x[k], s);
                          store(param, type, i, count, rounder.narrow(w, type, i), whole);
                        });
}

// e <- A - back'(g' + k m') + k back(m)
__global__ void __launch_bounds__(kThreads)
    update_errors(const LdadamStep* items, const Tile* tiles, Scratch scratch, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const Step step = Step::of(items, tile.item, scratch, bases);
  if (!step.is_active()) return;
  const LdadamStep& item = step.item;
  const float factor = at<const StepScalars>(item.scalars, bases)->grad_factor;
  const void* grad = at<const void>(item.grad, bases);
  void* error = at<void>(item.error, bases);
  const DType type = item.error.dtype;
  const Rounder rounder{type == DType::bfloat16,
                        error_key(item.seed, item.stream, step.counters().calls)};
  const Product added =
      step.ordered(step.by_other(step.v, DType::float32), step.rows(step.basis, DType::float32));
  Product kept = step.ordered(step.by_other(step.carried, DType::float32),
                              step.rows(at<const void>(item.basis, bases), item.basis.dtype));
  if (step.is_first()) kept.a.depth = kept.b.depth = 0;
  const int64_t cols = added.cols();
  FloatProduct::compute(added, kept, Corner::of(tile.index, cols),
                        [&](int64_t row, int64_t col, int count, bool whole, const Octet& less) {
                          const int64_t i = row * cols + col;
                          const Octet g = load_octet(grad, item.grad.dtype, i, count, whole);
                          Octet e = load_octet(error, type, i, count, whole);
#pragma unroll
                          for (int k = 0; k < kOctet; ++k) {
                            e.x[k] = multiply_add(g.x[k], factor, e.x[k]) - less.x[k];
                          }
                          store(error, type, i, count, rounder.narrow(e, type, i), whole);
                        });
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

// No more blocks than the largest part of an orthonormalization has work for.
size_t settle_blocks(std::span<const LdadamStep> items) {
  constexpr int64_t kSide = DoubleTile::kSide;
  int64_t most = 1;
  for (const LdadamStep& item : items) {
    const int64_t tiles = (item.rank() + kSide - 1) / kSide;
    most = std::max({most, tiles * (tiles + 1) / 2, (item.projected() + kSide - 1) / kSide});
  }
  return static_cast<size_t>(most);
}

void record(std::span<const LdadamStep> items, Recorder& recorder) {
  if (items.empty()) return;
  const PartialSums memory = partial_sums(items, recorder, scratch_floats);
  int64_t rank = 0;
  for (const LdadamStep& item : items) rank = std::max(rank, item.rank());
  const Scratch scratch = {memory.data,
                           memory.offsets,
                           recorder.scratch<Found>(static_cast<int64_t>(items.size())),
                           {recorder.scratch<double>(rank * rank),
                            recorder.scratch<double>(rank * rank), recorder.scratch<double>(rank),
                            recorder.scratch<int32_t>(rank), recorder.scratch<double>(1)}};
  const LdadamStep* on_device = recorder.upload(items);
  const auto launch = [&](auto kernel, auto count) {
    const Tiles tiles = recorder.tiles(items, [&](const LdadamStep& item) -> int64_t {
      return item.param.numel() == 0 ? 0 : count(item);
    });
    recorder.launch(kernel, tiles.count, kThreads, on_device, tiles.data, scratch,
                    recorder.bases());
  };
  const auto of_coordinates = [](const LdadamStep& item) {
    return item.side == Side::right ? product_tiles(item.others(), item.rank())
                                    : product_tiles(item.rank(), item.others());
  };
  const auto of_weights = [](const LdadamStep& item) {
    return product_tiles(item.param.rows(), item.param.cols());
  };
  const auto parts_of_coordinates = [](const LdadamStep& item) {
    return parts_of(coordinates(item));
  };
  recorder.launch(open, (items.size() + kThreads - 1) / kThreads, kThreads, on_device, items.size(),
                  scratch, recorder.bases());
  launch(project_target, of_coordinates);
  launch(scale_target, parts_of_coordinates);
  launch(multiply_momentum,
         [](const LdadamStep& item) { return product_tiles(item.rank(), item.rank()); });
  launch(multiply_target,
         [](const LdadamStep& item) { return product_tiles(item.projected(), item.rank()); });
  recorder.launch_together(settle_bases, settle_blocks(items), kThreads, on_device, items.size(),
                           scratch, recorder.bases());
  launch(project, of_coordinates);
  launch(carry, of_coordinates);
  launch(update_moments, parts_of_coordinates);
  launch(update_weights, of_weights);
  launch(update_errors,
         [&](const LdadamStep& item) { return item.error.base < 0 ? 0 : of_weights(item); });
  launch(store_bases, [](const LdadamStep& item) { return parts_of(item.basis.numel()); });
}

const Registered<LdadamStep, record> registered;

}  // namespace
}  // namespace lean::cuda
