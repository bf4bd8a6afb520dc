// What the kernels that compute a basis do with it: kernels/basis.h.
#pragma once

#include <vector>

#include "cpu/backend/orthonormal.h"
#include "cpu/gradient-product.h"
#include "cpu/refresh.h"
#include "cpu/workspace.h"
#include "math/counters.h"
#include "math/gradient-scale.h"

namespace lean::cpu::LEAN_ISA {

inline float gradient_scale(Context& context, const Tensor& grad) {
  return scale_for(largest_magnitude(context, grad));
}

// --- the momentum ------------------------------------------------------------------------------

template <class T>
void store_block(Block<const float> from, int64_t rows, int64_t cols, Block<T> to) {
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < cols; j += kLanes) {
      const int n = static_cast<int>(clamp(cols - j, 0, kLanes));
      store(to.data + i * to.ld + j, load(from.data + i * from.ld + j, n), n);
    }
  }
}

// transfer (r x r) <- old^T new
inline void transfer_between(Context& context, const Tensor& old, const float* basis,
                             float* transfer) {
  const int64_t rank = old.cols();
  const Panels panels = Panels::of(rank, rank);
  dispatch_state(old.dtype, [&]<class B>() {
    parallel_for(context, panels.count, [&](int64_t tile, int worker) {
      const Range rows = panels[tile];
      multiply(Op::transposed, Op::plain, rows.size(), rank, old.rows(), 1,
               Block<const B>{old.as<B>() + rows.begin, rank}, Block<const float>{basis, rank},
               Block<float>{transfer + rows.begin * rank, rank}, product_memory(context, worker));
    });
  });
}

// M <- M transfer (right), or transfer^T M (left).
inline void rotate(Context& context, const BasisTarget& item, const float* transfer) {
  const int64_t rank = item.rank(), lines = item.others();
  const Panels panels = Panels::of(lines, rank);
  const Block<const float> t{transfer, rank};
  dispatch_state(item.exp_avg.dtype, [&]<class M>() {
    parallel_for(context, panels.count, [&](int64_t tile, int worker) {
      const Range panel = panels[tile];
      const int64_t size = panel.size();
      float* scratch = product_memory(context, worker, size * rank);
      float* rotated = scratch + kProductScratch;
      if (item.side == Side::right) {
        const Block<M> m{item.exp_avg.as<M>() + panel.begin * rank, rank};
        multiply(Op::plain, Op::plain, size, rank, rank, 1, Block<const M>{m.data, m.ld}, t,
                 Block<float>{rotated, rank}, scratch);
        store_block({rotated, rank}, size, rank, m);
      } else {
        const Block<M> m{item.exp_avg.as<M>() + panel.begin, lines};
        multiply(Op::transposed, Op::plain, rank, size, rank, 1, t, Block<const M>{m.data, m.ld},
                 Block<float>{rotated, size}, scratch);
        store_block({rotated, size}, rank, size, m);
      }
    });
  });
}

// --- the basis -----------------------------------------------------------------------------------

// Calls body(B{}, begin, size) for the tiles of a tensor of a basis's type B.
template <class Body>
void for_basis_tiles(Context& context, const Tensor& basis, Body body) {
  const int64_t count = basis.numel();
  dispatch_state(basis.dtype, [&]<class B>() {
    parallel_for(context, divide_up(count, kTileElements), [&](int64_t tile, int) {
      const int64_t begin = tile * kTileElements;
      body(B{}, begin, clamp(count - begin, 0, kTileElements));
    });
  });
}

inline void store_basis(Context& context, const Tensor& to, const float* basis) {
  for_basis_tiles(context, to, [&]<class B>(B, int64_t begin, int64_t size) {
    store_block({basis + begin, size}, 1, size, Block<B>{to.as<B>() + begin, size});
  });
}

inline void load_basis(Context& context, const Tensor& from, float* basis) {
  for_basis_tiles(context, from, [&]<class B>(B, int64_t begin, int64_t size) {
    for (int64_t i = 0; i < size; i += kLanes) {
      const int n = static_cast<int>(clamp(size - i, 0, kLanes));
      store(basis + begin + i, load(from.as<B>() + begin + i, n), n);
    }
  });
}

// ||proj(G)||^2 / ||G||^2. Neither product nor sums depend on the number of threads.
inline double captured_energy(Context& context, const BasisTarget& item, const float* basis) {
  const bool right = item.side == Side::right;
  const int64_t rank = item.rank();
  const Panels panels = Panels::of(item.others(), rank);
  std::vector<double> of_panels(static_cast<size_t>(2 * panels.count));
  dispatch_weight(item.grad.dtype, [&]<class G>() {
    const Block<const G> g{item.grad.as<G>(), item.grad.cols()};
    parallel_for(context, panels.count, [&](int64_t tile, int worker) {
      const Range lines = panels[tile];
      const Block<const G> panel = right ? g.at(lines.begin, 0) : g.at(0, lines.begin);
      float* scratch = product_memory(context, worker, lines.size() * rank);
      float* projected = scratch + kProductScratch;
      multiply(right ? Op::plain : Op::transposed, Op::plain, lines.size(), rank, item.projected(),
               1, panel, Block<const float>{basis, rank}, Block<float>{projected, rank}, scratch);
      double kept = 0, whole = 0;
      for (int64_t i = 0; i < lines.size() * rank; ++i) {
        kept += static_cast<double>(projected[i]) * projected[i];
      }
      const int64_t rows = right ? lines.size() : item.projected();
      const int64_t cols = right ? item.projected() : lines.size();
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < cols; ++j) {
          const double x = to_float(panel.data[i * panel.ld + j]);
          whole += x * x;
        }
      }
      of_panels[static_cast<size_t>(2 * tile)] = kept;
      of_panels[static_cast<size_t>(2 * tile + 1)] = whole;
    });
  });
  double kept = 0, whole = 0;
  for (size_t i = 0; i < of_panels.size(); i += 2) kept += of_panels[i], whole += of_panels[i + 1];
  return kept / whole;
}

// ||P_old^T P||^2 / r, of their product.
inline double overlap_of(const float* transfer, int64_t rank) {
  double sum = 0;
  for (int64_t i = 0; i < rank * rank; ++i) sum += static_cast<double>(transfer[i]) * transfer[i];
  return sum / static_cast<double>(rank);
}

inline void plan_next(const BasisTarget& item, double overlap) {
  if (!item.schedule) return;
  plan_refresh(item, overlap, counters_of(item).calls, *item.schedule.as<Schedule>());
}

// Puts `basis` in the place of the old one. `transfer` is scratch memory for r x r numbers.
inline void adopt(Context& context, const BasisTarget& item, const float* basis, float* transfer) {
  const bool rotates = item.on_refresh == OnRefresh::rotate;
  const bool reports = item.report && item.grad;
  double overlap = -1;
  if (has_basis(item) && (rotates || item.schedule || reports)) {
    transfer_between(context, item.basis, basis, transfer);
    overlap = overlap_of(transfer, item.rank());
  }
  if (has_basis(item) && item.on_refresh == OnRefresh::restart) clear(context, item.exp_avg);
  if (has_basis(item) && rotates) rotate(context, item, transfer);
  if (reports) {
    auto& report = *item.report.as<RefreshReport>();
    report.captured = captured_energy(context, item, basis);
    report.overlap = overlap;
  }
  store_basis(context, item.basis, basis);
  plan_next(item, overlap);
  count_refresh(item);
}

// The same for a basis that was just computed, which may have to wait.
inline void accept(Context& context, const BasisTarget& item, const float* basis, float* transfer) {
  if (!item.next || !has_basis(item)) return adopt(context, item, basis, transfer);
  store_basis(context, item.next, basis);
  *item.next_call.as<int64_t>() = counters_of(item).calls;
}

// Adopts the basis that waits, if its time has come. `workspace` is the item's.
inline void adopt_waiting(Context& context, const BasisTarget& item, void* memory) {
  const auto& scalars = *item.scalars.as<StepScalars>();
  if (!item.next || scalars.active == 0) return;
  int64_t& call = *item.next_call.as<int64_t>();
  if (!is_adoption_due(item, call, counters_of(item))) return;
  Workspace workspace(memory);
  auto* transfer = workspace.take<double>(item.rank() * item.rank());
  auto* basis = workspace.take<float>(item.basis.numel());
  load_basis(context, item.next, basis);
  adopt(context, item, basis, reinterpret_cast<float*>(transfer));
  call = 0;
}

// basis <- Gaussian noise of this step's.
inline void draw(Context& context, const BasisTarget& item, float* basis) {
  fill_gaussian(context, basis, item.projected(), item.rank(), 0, random_key_of(item));
}

// Keeps what there is, or takes random columns where there is nothing. `basis` is scratch memory
// for a basis, `gram` for r x r numbers.
inline void refuse(Context& context, const BasisTarget& item, float* basis, double* gram) {
  ++counters_of(item).refused;
  plan_next(item, -1);
  if (has_basis(item)) return;
  draw(context, item, basis);
  orthonormalize(context, basis, item.projected(), item.rank(), gram);
  store_basis(context, item.basis, basis);
  counters_of(item).has_basis = kBasis;
}

}  // namespace lean::cpu::LEAN_ISA
