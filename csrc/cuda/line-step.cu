// One launch after the second moments, for both axes. Blocks take panels of a weight: so many rows
// of at most 32 octets of columns. Which of the panel's lines have momentum is found once, from the
// whole index, so that it may come in any order:
//   rows      a table of places by row; momentum is moved like weights, by octets
//   columns   a list of places in the order of columns; lanes take single elements of momentum,
//             neighbours in memory if the index ascends, and meet the gradients in shared memory
#include "kernels/line-step.h"

#include "cuda/device/line-denominators.cuh"
#include "cuda/device/rounder.cuh"
#include "cuda/panels.cuh"
#include "cuda/register.h"
#include "cuda/subset-moments.cuh"

namespace lean::cuda {
namespace {

__device__ Real load_one(const std::byte* from, DType type) {
  if (is_wide(type)) return {*reinterpret_cast<const float*>(from)};
  const uint32_t half = *reinterpret_cast<const uint16_t*>(from);
  return {__uint_as_float(half << 16)};
}

__device__ void store_one(std::byte* to, DType type, Real x) {
  if (is_wide(type)) {
    *reinterpret_cast<float*>(to) = x.x;
  } else {
    *reinterpret_cast<__nv_bfloat16*>(to) = __float2bfloat16_rn(x.x);
  }
}

// m <- next momentum; returns N.
__device__ Real step_momentum(Real& m, Real grad, const StepScalars& s) {
  m = next_momentum(m, grad, s);
  const Real n = numerator(m, grad, s);
  if (s.drop_momentum != 0) m = {0};
  return n;
}

// Rows of a panel: where each is in the index, or -1.
struct RowPlaces {
  int32_t of[kPanelOctets];

  __device__ void find(const int32_t* index, int64_t rank, int64_t first, int count) {
    for (int i = threadIdx.x; i < count; i += kStepThreads) of[i] = -1;
    __syncthreads();
    for (int64_t k = threadIdx.x; k < rank; k += kStepThreads) {
      const int64_t row = index[k] - first;
      if (row >= 0 && row < count) of[row] = static_cast<int32_t>(k);
    }
    __syncthreads();
  }
};

// Columns of a panel that have momentum, in the order of the weight.
struct ColumnPlaces {
  // Of an odd width the octets of a panel begin up to an octet earlier in some rows than in others.
  static constexpr int kColumns = kWarp * kOctet + kOctet;
  static constexpr int kWords = (kColumns + 31) / 32;

  uint32_t chosen[kWords + 1];                    // a bit for each column, and a word of none
  int32_t place[kColumns];                        // of the chosen ones in the index
  float numerators[kStepThreads / kWarp][kWarp];  // of a warp's rows, one to a lane

  // Returns how many.
  __device__ int find(const int32_t* index, int64_t rank, int64_t first, int count) {
    const auto each = [&](auto body) {
      for (int64_t k = threadIdx.x; k < rank; k += kStepThreads) {
        const int64_t column = index[k] - first;
        if (column >= 0 && column < count) body(static_cast<int>(column), static_cast<int32_t>(k));
      }
      __syncthreads();
    };
    if (threadIdx.x <= kWords) chosen[threadIdx.x] = 0;
    __syncthreads();
    each([&](int column, int32_t) { atomicOr(&chosen[column / 32], 1u << column % 32); });
    each([&](int column, int32_t k) { place[before(column)] = k; });
    return before(kColumns);
  }

  // How many chosen ones lie before a column.
  __device__ int before(int column) const {
    int sum = 0;
#pragma unroll
    for (int i = 0; i < kWords; ++i) {
      const int of_word = column - 32 * i;
      const uint32_t below = of_word >= 32 ? ~0u : (1u << max(of_word, 0)) - 1;
      sum += __popc(chosen[i] & below);
    }
    return sum;
  }
};

// A lane's part of what a warp does with the momentum of a panel's columns. Numerators of chosen
// columns are gathered in their order, as many as there are banks at a time, so that no two meet in
// one; each lane then takes one of them, and neighbours have neighbours in the momentum.
class ColumnMomentum {
 public:
  __device__ ColumnMomentum(ColumnPlaces& places, const LineStep& item, void* exp_avg)
      : places_(places),
        exp_avg_(exp_avg),
        type_(type_of(item.exp_avg)),
        rank_(item.index.numel()) {}

  // What the lane has: the octet that begins with `column` of the panel, of the warp's row `row`,
  // the rows being the panel's columns [begin, end).
  __device__ void look_at(int row, int column, int count, int begin, int end) {
    skipped_ = places_.before(begin);
    found_ = places_.before(end) - skipped_;
    chosen_ = 0;
    if (count == 0) return;
    const uint32_t* word = places_.chosen + column / 32;
    chosen_ = __funnelshift_r(word[0], word[1], column % 32) & ((1u << count) - 1);
    first_ = row * found_ + places_.before(column) - skipped_;
  }

  // Replaces gradients by numerators in the `rows` rows that begin with number `row`. The whole
  // warp calls it, with what its lanes have.
  __device__ void step(Octet& n, int64_t row, int rows, const StepScalars& s) const {
    if (found_ == 0) return;
    float* chunk = places_.numerators[threadIdx.x / kWarp];
    const int lane = threadIdx.x % kWarp;
    const int all = rows * found_;
    for (int begin = 0; begin < all; begin += kWarp) {
      each_of(begin, all, [&](int k, int at) { chunk[at] = n.x[k].x; });
      __syncwarp();
      if (begin + lane < all) {
        std::byte* place = momentum(row, begin + lane);
        Real m = load_one(place, type_);
        chunk[lane] = step_momentum(m, Real{chunk[lane]}, s).x;
        store_one(place, type_, m);
      }
      __syncwarp();
      each_of(begin, all, [&](int k, int at) { n.x[k] = {chunk[at]}; });
      __syncwarp();
    }
  }

 private:
  // Of the lane's chosen elements k those which are number `at` of the chunk.
  template <class Body>
  __device__ void each_of(int begin, int all, Body body) const {
    const int end = min(all - begin, kWarp);
    int at = first_ - begin;
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      if ((chosen_ >> k & 1) == 0) continue;
      if (at >= 0 && at < end) body(k, at);
      ++at;
    }
  }

  // Where the momentum of the rows' number `number` is.
  __device__ std::byte* momentum(int64_t row, int number) const {
    const int of_row = number < found_ ? 0 : number / found_;
    const int place = places_.place[skipped_ + number - of_row * found_];
    return element(exp_avg_, type_, (row + of_row) * rank_ + place);
  }

  ColumnPlaces& places_;
  void* exp_avg_;
  DType type_;
  int64_t rank_;
  int found_ = 0;        // in a row,
  int skipped_ = 0;      // and in the panel before it
  uint32_t chosen_ = 0;  // a bit for each element of the octet
  int first_ = 0;        // the number of the first chosen one among those of the warp
};

__global__ void __launch_bounds__(kStepThreads)
    step_lines(const LineStep* items, const Tile* tiles, Bases bases) {
  __shared__ union {
    RowPlaces rows;
    ColumnPlaces columns;
  } places;
  const Tile tile = tiles[blockIdx.x];
  const LineStep& item = items[tile.item];
  StepScalars s = scalars_at(item.scalars, bases);
  s.l2 = 0;      // the gradient has no decay in it,
  s.n_grad = 0;  // and the numerator no gradient but on other lines
  const void* grad = at<const void>(item.grad, bases);
  if (grad == nullptr || s.active == 0) return;
  void* param = at<void>(item.param, bases);
  void* exp_avg = at<void>(item.exp_avg, bases);
  const int32_t* index = at<const int32_t>(item.index, bases);
  const DType param_type = type_of(item.param);
  const DType grad_type = type_of(item.grad);
  const DType state_type = type_of(item.exp_avg);
  const Rounder rounder = rounder_of(item, bases);
  const LineDenominators denominators(item, s, bases);

  const Panels panels(item.param);
  const int64_t cols = panels.cols;
  const int width = panels.width();
  const auto [first_row, first_octet, end_row] = panels[tile.index];
  const bool by_rows = item.axis == Axis::rows;
  const bool ragged = is_ragged(cols);
  // Where the panel begins in those rows where it does so first, and the next one.
  const int64_t first_col = max(int64_t{0}, (first_octet - (ragged ? 1 : 0)) * kOctet);
  const int64_t end_col = min((first_octet + width) * kOctet, cols);
  int found = 0;
  if (by_rows) {
    places.rows.find(index, item.index.numel(), first_row, static_cast<int>(end_row - first_row));
  } else {
    found = places.columns.find(index, item.index.numel(), first_col,
                                static_cast<int>(end_col - first_col));
  }

  // A warp has one row's octets, or, of a narrow weight, those of a few rows.
  const int rows_at_once = kWarp / width;
  const int own_row = static_cast<int>(threadIdx.x) % kWarp / width;
  const int64_t number = first_octet + static_cast<int>(threadIdx.x) % kWarp % width;
  const bool whole = panels.are_paired();
  const bool by_columns = denominators.are_of_columns();
  ColumnMomentum momentum(places.columns, item, exp_avg);
  RowOctet octet = {};
  Octet factors = {};
  const auto look_at = [&](int64_t row) {
    if (own_row < rows_at_once) octet = RowOctet::of(row, cols, number);
    if (by_columns) factors = denominators.inverses(octet.col, octet.count, whole);
    if (found == 0) return;
    const auto column = [&](int64_t octet) {
      return static_cast<int>(min(RowOctet::of(row, cols, octet).col, end_col) - first_col);
    };
    momentum.look_at(own_row, static_cast<int>(octet.col - first_col), octet.count,
                     column(first_octet), column(first_octet + width));
  };
  look_at(first_row);
  for (int64_t from = first_row + threadIdx.x / kWarp * rows_at_once; from < end_row;
       from += kStepThreads / kWarp * rows_at_once) {
    const int64_t row = from + own_row;
    if (ragged) look_at(row);
    const auto [col, count] = octet;
    const bool is_inside = whole || (count > 0 && row < end_row);
    const int64_t i = row * cols + col;
    Octet w, g, n;
    if (is_inside) {
      const Bits w_bits = load(param, param_type, i, count, whole);
      const Bits g_bits = load(grad, grad_type, i, count, whole);
      w = widen(w_bits, param_type);
      g = widen(g_bits, grad_type);
#pragma unroll
      for (int k = 0; k < kOctet; ++k) g.x[k] = g.x[k] * s.grad_factor;
      n = g;
    }
    if (found > 0) {
      const int rows = static_cast<int>(min(static_cast<int64_t>(rows_at_once), end_row - from));
      momentum.step(n, from, rows, s);
    }
    if (by_rows) {
      const int32_t place = is_inside ? places.rows.of[row - first_row] : -1;
      if (place >= 0) {
        const int64_t at_place = place * cols + col;
        Octet m = widen(load(exp_avg, state_type, at_place, count, whole), state_type);
#pragma unroll
        for (int k = 0; k < kOctet; ++k) n.x[k] = step_momentum(m.x[k], g.x[k], s);
        store(exp_avg, state_type, at_place, count, narrow(m, state_type), whole);
      }
    }
    if (!is_inside) continue;
    if (by_columns) {
#pragma unroll
      for (int k = 0; k < kOctet; ++k) n.x[k] = n.x[k] * factors.x[k];
    } else {
      n = denominators.divide(n, g, row, col, i, count, whole);
    }
#pragma unroll
    for (int k = 0; k < kOctet; ++k) w.x[k] = next_param(w.x[k], n.x[k], s);
    store(param, param_type, i, count, rounder.narrow(w, param_type, i), whole);
  }
}

void record(std::span<const LineStep> items, Recorder& recorder) {
  const LineStep* on_device = recorder.upload(items);
  record_moments(items, on_device, recorder);
  const Tiles tiles =
      recorder.tiles(items, [](const LineStep& item) { return Panels(item.param).count(); });
  recorder.launch(step_lines, tiles.count, kStepThreads, on_device, tiles.data, recorder.bases());
}

const Registered<LineStep, record> registered;

}  // namespace
}  // namespace lean::cuda
