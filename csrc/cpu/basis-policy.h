// What the kernels that compute a basis do with it: kernels/basis.h.
#pragma once

#include "cpu/backend/orthonormal.h"
#include "cpu/gradient-product.h"
#include "cpu/refresh.h"

namespace lean::cpu::LEAN_ISA {

// A power of two that brings the gradient's largest magnitude to about 1, so that products of it
// stay in range; 0 where there is no direction to be had from it: it is zero, not finite, or so
// large that its row sums might overflow before they are scaled.
inline float gradient_scale(Context& context, const Tensor& grad) {
  const float largest = largest_magnitude(context, grad);
  if (!(largest > 0 && largest < 0x1p112f)) return 0;
  const uint32_t exponent = std::bit_cast<uint32_t>(largest) >> 23;
  return std::bit_cast<float>((exponent < 2 ? 252u : 254u - exponent) << 23);
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

inline void store_basis(Context& context, const BasisTarget& item, const float* basis) {
  const int64_t count = item.basis.numel();
  dispatch_state(item.basis.dtype, [&]<class B>() {
    parallel_for(context, divide_up(count, kTileElements), [&](int64_t tile, int) {
      const int64_t begin = tile * kTileElements;
      const int64_t size = clamp(count - begin, 0, kTileElements);
      store_block({basis + begin, size}, 1, size, Block<B>{item.basis.as<B>() + begin, size});
    });
  });
}

// Puts `basis` in the place of the old one. `transfer` is scratch memory for r x r numbers.
inline void adopt(Context& context, const BasisTarget& item, const float* basis, float* transfer) {
  if (has_basis(item) && item.on_refresh == OnRefresh::restart) clear(context, item.exp_avg);
  if (has_basis(item) && item.on_refresh == OnRefresh::rotate) {
    transfer_between(context, item.basis, basis, transfer);
    rotate(context, item, transfer);
  }
  store_basis(context, item, basis);
  count_refresh(item);
}

// basis <- Gaussian noise of this step's.
inline void draw(Context& context, const BasisTarget& item, float* basis) {
  fill_gaussian(context, basis, item.projected(), item.rank(), 0, random_key_of(item));
}

// Keeps what there is, or takes random columns where there is nothing. `basis` is scratch memory
// for a basis, `gram` for r x r numbers.
inline void refuse(Context& context, const BasisTarget& item, float* basis, double* gram) {
  ++counters_of(item).refused;
  if (has_basis(item)) return;
  draw(context, item, basis);
  orthonormalize(context, basis, item.projected(), item.rank(), gram);
  store_basis(context, item, basis);
  counters_of(item).has_basis = kBasis;
}

}  // namespace lean::cpu::LEAN_ISA
