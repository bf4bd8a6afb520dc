// Products of a whole gradient with a tall matrix, the work of refreshes.
#pragma once

#include "cpu/panels.h"
#include "cpu/product.h"

namespace lean::cpu::LEAN_ISA {

// out <- alpha op(grad) x, x having `width` columns.
template <class X>
void multiply_gradient(Context& context, const Tensor& grad, Op op, float alpha, Block<const X> x,
                       int64_t width, Block<float> out) {
  const bool plain = op == Op::plain;
  const int64_t depth = plain ? grad.cols() : grad.rows();
  const Panels panels = Panels::of(plain ? grad.rows() : grad.cols(), width);
  dispatch_weight(grad.dtype, [&]<class G>() {
    const Block<const G> g{grad.as<G>(), grad.cols()};
    parallel_for(context, panels.count, [&](int64_t tile, int worker) {
      const Range lines = panels[tile];
      multiply(op, Op::plain, lines.size(), width, depth, alpha,
               plain ? g.at(lines.begin, 0) : g.at(0, lines.begin), x, out.at(lines.begin, 0),
               product_memory(context, worker));
    });
  });
}

// The largest magnitude in a gradient; infinity where something is not finite.
inline float largest_magnitude(Context& context, const Tensor& grad) {
  uint32_t largest = 0;  // the bits of a positive float are ordered as it is
  dispatch_weight(grad.dtype, [&]<class G>() {
    const G* g = grad.as<G>();
    const int64_t count = grad.numel();
    parallel_for(context, divide_up(count, kTileElements), [&](int64_t tile, int) {
      const int64_t end = clamp((tile + 1) * kTileElements, 0, count);
      NativeBits most{};
      for (int64_t i = tile * kTileElements; i < end; i += kLanes) {
        const Lanes x = load(g + i, static_cast<int>(clamp(end - i, 0, kLanes)));
        for (int k = 0; k < Lanes::kParts; ++k) {
          const NativeBits magnitude = (NativeBits)x.part[k] & 0x7fffffffu;
          most = magnitude > most ? magnitude : most;
        }
      }
      uint32_t bits = 0;
      for (int k = 0; k < kNativeLanes; ++k) bits = most[k] > bits ? most[k] : bits;
      uint32_t seen = __atomic_load_n(&largest, __ATOMIC_RELAXED);
      while (seen < bits && !__atomic_compare_exchange_n(&largest, &seen, bits, true,
                                                         __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
      }
    });
  });
  constexpr uint32_t kInfinity = 0x7f800000u;
  return std::bit_cast<float>(largest < kInfinity ? largest : kInfinity);
}

}  // namespace lean::cpu::LEAN_ISA
