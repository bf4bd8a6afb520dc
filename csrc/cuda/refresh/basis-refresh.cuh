// What the kernels that compute a new basis do with it (kernels/basis.h), one item at a time over
// the whole grid.
#pragma once

#include "core/random.h"
#include "cuda/device/float-product.cuh"
#include "cuda/device/tensor.cuh"
#include "cuda/refresh/largest.cuh"
#include "cuda/refresh/orthonormal.cuh"
#include "kernels/basis.h"
#include "math/gradient-scale.h"

namespace lean::cuda {

// Scratch memory of a launch, with room for any of its items.
struct RefreshMemory {
  float* basis;         // projected x rank: the new basis
  float* projections;   // others x rank: products with it; the rotated momentum
  float* transfer;      // rank x rank
  uint32_t* largest;    // bits of the largest magnitude in the gradient
  double* partials;     // sums of squares of chunks
  double* orthonormal;  // Columns::memory_doubles()
};

class BasisRefresh {
 public:
  static constexpr int64_t kChunk = 8 * kThreads * kOctet;  // elements of a partial sum

  const BasisTarget& item;
  RefreshMemory memory;
  Bases bases;
  Columns::Shared& shared;

  __device__ int64_t rank() const { return item.rank(); }
  __device__ Counters& counters() const { return *at<Counters>(item.counters, bases); }
  __device__ bool has_basis() const { return counters().has_basis != kNoBasis; }
  __device__ uint64_t key() const { return random_key(item.seed, item.stream, counters().calls); }
  __device__ Orthonormal orthonormal() const {
    return {memory.basis, item.projected(), rank(), memory.orthonormal, shared};
  }

  // Whether the item refreshes in this step: the same for all threads of the grid.
  __device__ static bool is_due(const BasisTarget& item, Bases bases) {
    const StepScalars s = scalars_at(item.scalars, bases);
    return s.active != 0 && s.refresh != 0;
  }

  // See math/gradient-scale.h.
  __device__ float gradient_scale() const {
    if (Grid::is_first()) *memory.largest = 0;
    Grid::sync();
    const void* grad = at<const void>(item.grad, bases);
    const int64_t count = item.grad.numel();
    uint32_t most = 0;
    Grid::threads(count, kOctet,
                  [&](int64_t i) { raise_to_octet(most, grad, item.grad.dtype, count, i); });
    merge_largest(memory.largest, most);
    Grid::sync();
    return scale_for(__uint_as_float(*memory.largest));
  }

  // to <- factor * product. A call, or a kernel has the code of a product for each of them.
  __device__ __noinline__ static void multiply(const Product& product, float factor, float* to) {
    const int64_t cols = product.cols();
    Grid::blocks(product_tiles(product.rows(), cols), [&](int64_t tile) {
      FloatProduct::compute(product, Corner::of(static_cast<uint32_t>(tile), cols),
                            [&](int64_t row, int64_t col, int count, bool whole, Octet octet) {
#pragma unroll
                              for (int k = 0; k < kOctet; ++k) octet.x[k] = octet.x[k] * factor;
                              store(to, DType::float32, row * cols + col, count,
                                    narrow(octet, DType::float32), whole);
                            });
    });
    Grid::sync();
  }

  // Puts memory.basis in the place of the old one, and treats the momentum.
  __device__ void adopt() const { put(false); }

  // The same for a basis that was just computed, which may have to wait.
  __device__ void accept() const { put(item.next.base >= 0 && has_basis()); }

  __device__ int64_t& next_call() const { return *at<int64_t>(item.next_call, bases); }

  // memory.basis <- the basis that waits.
  __device__ void take_waiting() const {
    const void* next = at<const void>(item.next, bases);
    const int64_t count = item.next.numel();
    Grid::threads(count, kOctet, [&](int64_t i) {
      const int64_t left = count - i;
      const int here = left < kOctet ? static_cast<int>(left) : kOctet;
      const Octet octet = widen(load(next, item.next.dtype, i, here), item.next.dtype);
      store(memory.basis, DType::float32, i, here, narrow(octet, DType::float32));
    });
    Grid::sync();
  }

  // Keeps what there is, or takes random columns where there is nothing.
  __device__ void refuse() const {
    const uint64_t noise = key();
    if (!has_basis()) {
      orthonormal().fill(noise);
      Grid::sync();
      orthonormal().run(noise);
    }
    decline();
  }

  // The same, with memory.basis for the random columns.
  __device__ void decline() const {
    const bool had = has_basis();
    if (!had) copy(memory.basis, item.basis);
    Grid::sync();
    if (!Grid::is_first()) return;
    ++counters().refused;
    auto* schedule = at<Schedule>(item.schedule, bases);
    if (schedule != nullptr) plan_refresh(item, -1, counters().calls, *schedule);
    if (!had) counters().has_basis = kBasis;
  }

 private:
  __device__ void put(bool waits) const { waits ? leave_waiting() : replace(); }

  __device__ void leave_waiting() const {
    Grid::sync();
    copy(memory.basis, item.next);
    Grid::sync();
    if (Grid::is_first()) next_call() = counters().calls;
  }

  __device__ void replace() const {
    const bool had = has_basis();
    const bool rotates = item.on_refresh == OnRefresh::rotate;
    auto* schedule = at<Schedule>(item.schedule, bases);
    auto* report = at<RefreshReport>(item.report, bases);
    if (at<const void>(item.grad, bases) == nullptr) report = nullptr;
    double overlap = -1;
    if (had && (rotates || schedule != nullptr || report != nullptr)) overlap = compare();
    if (report != nullptr) write_report(overlap, *report);
    if (had && item.on_refresh == OnRefresh::restart) {
      copy(nullptr, item.exp_avg);
    } else if (had && rotates) {
      rotate();
    }
    Grid::sync();
    copy(memory.basis, item.basis);
    Grid::sync();
    if (!Grid::is_first()) return;
    Counters& c = counters();
    if (schedule != nullptr) plan_refresh(item, overlap, c.calls, *schedule);
    c.has_basis = had && item.on_refresh == OnRefresh::published ? kBasisPublished : kBasis;
    if (item.on_refresh == OnRefresh::restart) c.since_basis = 0;
    ++c.refreshes;
  }

  // tensor <- from, or zeros.
  __device__ __noinline__ void copy(const float* from, const Tensor& tensor) const {
    void* to = at<void>(tensor, bases);
    const int64_t count = tensor.numel();
    Grid::threads(count, kOctet, [&](int64_t i) {
      const int64_t left = count - i;
      const int here = left < kOctet ? static_cast<int>(left) : kOctet;
      Octet octet = {};
      if (from != nullptr) octet = widen(load(from, DType::float32, i, here), DType::float32);
      store(to, tensor.dtype, i, here, narrow(octet, tensor.dtype));
    });
  }

  // transfer <- old^T new. Returns ||transfer||^2 / r, in the first block.
  __device__ double compare() const {
    const Operand old = {at<const void>(item.basis, bases), item.basis.dtype, rank(),
                         item.projected(), false};
    const Operand fresh = {memory.basis, DType::float32, rank(), item.projected(), false};
    multiply({old, fresh}, 1, memory.transfer);
    return sum_squares(memory.transfer, DType::float32, rank() * rank()) /
           static_cast<double>(rank());
  }

  __device__ void write_report(double overlap, RefreshReport& report) const {
    const void* grad = at<const void>(item.grad, bases);
    const Product projected = {
        {grad, item.grad.dtype, item.others(), item.projected(), item.side == Side::right},
        {memory.basis, DType::float32, rank(), item.projected(), false}};
    multiply(projected, 1, memory.projections);
    const double kept = sum_squares(memory.projections, DType::float32, item.others() * rank());
    const double whole = sum_squares(grad, item.grad.dtype, item.grad.numel());
    if (!Grid::is_first()) return;
    report.captured = kept / whole;
    report.overlap = overlap;
  }

  // The sum of squares of elements, in the first block; the same for any number of blocks.
  __device__ __noinline__ double sum_squares(const void* from, DType type, int64_t count) const {
    const int64_t chunks = (count + kChunk - 1) / kChunk;
    Grid::blocks(chunks, [&](int64_t chunk) {
      const int64_t begin = chunk * kChunk + threadIdx.x * kOctet;
      double sum = 0;
      for (int64_t i = begin; i < min((chunk + 1) * kChunk, count); i += kThreads * kOctet) {
        const int64_t left = count - i;
        const Octet octet =
            widen(load(from, type, i, left < kOctet ? static_cast<int>(left) : kOctet), type);
#pragma unroll
        for (int k = 0; k < kOctet; ++k) {
          sum = fma(static_cast<double>(octet.x[k].x), static_cast<double>(octet.x[k].x), sum);
        }
      }
      sum = sum_over_block(sum);
      if (threadIdx.x == 0) memory.partials[chunk] = sum;
    });
    Grid::sync();
    double total = 0;
    if (blockIdx.x == 0) {
      for (int64_t i = threadIdx.x; i < chunks; i += kThreads) total += memory.partials[i];
      total = sum_over_block(total);
    }
    Grid::sync();  // the partial sums have been read
    return total;
  }

  // M <- M transfer (right), or transfer^T M (left).
  __device__ void rotate() const {
    const bool right = item.side == Side::right;
    const Operand m = {at<const void>(item.exp_avg, bases), item.exp_avg.dtype, item.others(),
                       rank(), right};
    const Operand t = {memory.transfer, DType::float32, rank(), rank(), false};
    multiply(right ? Product{m, t} : Product{t, m}, 1, memory.projections);
    copy(memory.projections, item.exp_avg);
  }
};

}  // namespace lean::cuda
