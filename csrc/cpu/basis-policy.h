// What the kernels that compute a basis do with it: kernels/basis.h.
#pragma once

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

// Puts `basis` in the place of the old one. `transfer` is scratch memory for r x r numbers.
inline void adopt(Context& context, const BasisTarget& item, const float* basis, float* transfer) {
  if (has_basis(item) && item.on_refresh == OnRefresh::restart) clear(context, item.exp_avg);
  if (has_basis(item) && item.on_refresh == OnRefresh::rotate) {
    transfer_between(context, item.basis, basis, transfer);
    rotate(context, item, transfer);
  }
  store_basis(context, item.basis, basis);
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

// Keeps what there is, or takes random columns where there is nothing. `basis` is scratch memory
// for a basis, `gram` for r x r numbers.
inline void refuse(Context& context, const BasisTarget& item, float* basis, double* gram) {
  ++counters_of(item).refused;
  if (has_basis(item)) return;
  fill_gaussian(context, basis, item.projected(), item.rank(), 0, random_key_of(item));
  orthonormalize(context, basis, item.projected(), item.rank(), gram);
  store_basis(context, item.basis, basis);
  counters_of(item).has_basis = kBasis;
}

}  // namespace lean::cpu::LEAN_ISA
