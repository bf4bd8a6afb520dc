// One launch after the second moments, for both axes. Blocks take panels of a weight: so many rows
// of at most 32 octets of columns. Which of the panel's lines have momentum is found once, from the
// whole index, so that it may come in any order:
//   rows      a table of places by row; momentum is moved like weights, by octets
//   columns   a list of places and columns in the order of the index; threads take single elements
//             of momentum, neighbours in memory, and meet the gradients in shared memory
#include "kernels/line-step.h"

#include "cuda/device/line-denominators.cuh"
#include "cuda/device/rounder.cuh"
#include "cuda/panels.cuh"
#include "cuda/register.h"
#include "cuda/subset-moments.cuh"

namespace lean::cuda {
namespace {

__device__ Real load_one(const void* tensor, DType type, int64_t i) {
  if (is_wide(type)) return {static_cast<const float*>(tensor)[i]};
  const uint32_t half = static_cast<const uint16_t*>(tensor)[i];
  return {__uint_as_float(half << 16)};
}

__device__ void store_one(void* tensor, DType type, int64_t i, Real x) {
  if (is_wide(type)) {
    static_cast<float*>(tensor)[i] = x.x;
  } else {
    static_cast<__nv_bfloat16*>(tensor)[i] = __float2bfloat16_rn(x.x);
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

// Columns of a panel that are in the index, and the numerators of the rows that are being stepped.
struct ColumnPlaces {
  // Elements k of all threads' octets are together, with a gap: neither octets nor neighbouring
  // columns meet in a bank.
  static constexpr int kPitch = kStepThreads + 4;

  int32_t place[kWarp * kOctet];
  int32_t column[kWarp * kOctet];
  int32_t of_warp[kStepThreads / kWarp];
  float numerators[kOctet * kPitch];

  // Returns how many.
  __device__ int find(const int32_t* index, int64_t rank, int64_t first, int count) {
    const int lane = threadIdx.x % kWarp;
    const int warp = threadIdx.x / kWarp;
    int found = 0;
    for (int64_t begin = 0; begin < rank; begin += kStepThreads) {
      const int64_t k = begin + threadIdx.x;
      const int64_t here = k < rank ? index[k] - first : -1;
      const bool is_inside = here >= 0 && here < count;
      const unsigned inside = __ballot_sync(0xffffffffu, is_inside);
      if (lane == 0) of_warp[warp] = __popc(inside);
      __syncthreads();
      int at = found + __popc(inside & ((1u << lane) - 1));
#pragma unroll
      for (int i = 0; i < kStepThreads / kWarp; ++i) {
        at += i < warp ? of_warp[i] : 0;
        found += of_warp[i];
      }
      if (is_inside) {
        place[at] = static_cast<int32_t>(k);
        column[at] = static_cast<int32_t>(here);
      }
      __syncthreads();
    }
    return found;
  }

  __device__ float& numerator_of(int octet, int k) { return numerators[k * kPitch + octet]; }
};

// Replaces the numerators of `rows` rows, `width` octets each, in the columns that were found.
// `momentum` is the first element of the first row's.
__device__ void step_columns(ColumnPlaces& columns, const LineStep& item, void* exp_avg,
                             int64_t momentum, int rows, int width, int found,
                             const StepScalars& s) {
  const DType type = item.exp_avg.dtype;
  const int64_t rank = item.index.numel();
  for (int j = threadIdx.x; j < rows * found; j += kStepThreads) {
    const int row = j / found;
    const int k = j - row * found;
    const int column = columns.column[k];
    float& n = columns.numerator_of(row * width + column / kOctet, column % kOctet);
    const int64_t i = momentum + row * rank + columns.place[k];
    Real m = load_one(exp_avg, type, i);
    n = step_momentum(m, Real{n}, s).x;
    store_one(exp_avg, type, i, m);
  }
}

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
  const DType param_type = item.param.dtype;
  const DType grad_type = item.grad.dtype;
  const DType state_type = item.exp_avg.dtype;
  const Rounder rounder = rounder_of(item, bases);
  const LineDenominators denominators(item, s, bases);

  const Panels panels(item.param);
  const int64_t cols = panels.cols;
  const int width = panels.width();
  const auto [first_row, first_col, end_row] = panels[tile.index];
  const bool by_rows = item.axis == Axis::rows;
  int found = 0;
  if (by_rows) {
    places.rows.find(index, item.index.numel(), first_row, static_cast<int>(end_row - first_row));
  } else {
    const int64_t across = min(static_cast<int64_t>(width) * kOctet, cols - first_col);
    found = places.columns.find(index, item.index.numel(), first_col, static_cast<int>(across));
  }

  const int at_once = kStepThreads / width;  // rows
  const int own_row = threadIdx.x / width;
  const int64_t col = first_col + threadIdx.x % width * kOctet;
  // The same for all lanes of a warp, which then has one row's octets.
  const bool whole = width == kWarp && first_col + kWarp * kOctet <= cols;
  const int count = own_row < at_once && col < cols ? octet_count(col, cols) : 0;
  const bool by_columns = denominators.are_of_columns();
  Octet factors = {};
  if (by_columns && count > 0) factors = denominators.inverses(col, count, whole);
  for (int64_t from = first_row; from < end_row; from += at_once) {
    const int64_t row = from + own_row;
    const bool is_inside = count > 0 && row < end_row;
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
    if (by_rows) {
      const int32_t place = is_inside ? places.rows.of[row - first_row] : -1;
      if (place >= 0) {
        const int64_t at_place = place * cols + col;
        Octet m = widen(load(exp_avg, state_type, at_place, count, whole), state_type);
#pragma unroll
        for (int k = 0; k < kOctet; ++k) n.x[k] = step_momentum(m.x[k], g.x[k], s);
        store(exp_avg, state_type, at_place, count, narrow(m, state_type), whole);
      }
    } else if (found > 0) {
      if (is_inside) {
#pragma unroll
        for (int k = 0; k < kOctet; ++k) {
          places.columns.numerator_of(threadIdx.x, k) = g.x[k].x;
        }
      }
      __syncthreads();
      const int rows = static_cast<int>(min(static_cast<int64_t>(at_once), end_row - from));
      step_columns(places.columns, item, exp_avg, from * item.index.numel(), rows, width, found, s);
      __syncthreads();
      if (is_inside) {
#pragma unroll
        for (int k = 0; k < kOctet; ++k) n.x[k] = {places.columns.numerator_of(threadIdx.x, k)};
      }
    }
    if (!is_inside) continue;  // what follows writes only a thread's own numerators
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
