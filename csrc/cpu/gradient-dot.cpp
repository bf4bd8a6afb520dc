#include "kernels/gradient-dot.h"

#include "cpu/register.h"
#include "cpu/sum-squares.h"
#include "cpu/tiles.h"

namespace lean::cpu::LEAN_ISA {
namespace {

template <class G>
double dot_of_chunk(const G* g, const float* sum, int64_t count) {
  Lanes a[2] = {};
  for (int64_t i = 0, k = 0; i < count; i += kLanes, k ^= 1) {
    const int n = static_cast<int>(clamp(count - i, 0, kLanes));
    prefetch_ahead(g + i);
    prefetch_ahead(sum + i);
    a[k] = multiply_add(load(g + i, n), load(sum + i, n), a[k]);
  }
  const float total = lean::cpu::LEAN_ISA::sum(a[0] + a[1]);
  if (is_finite(total)) return total;
  double slow = 0;
  for (int64_t i = 0; i < count; ++i) {
    slow += static_cast<double>(load(g + i, 1)[0]) * static_cast<double>(sum[i]);
  }
  return slow;
}

template <class G>
double dot_of_piece(const GradientDot& item, int64_t piece) {
  const G* g = item.grad.as<G>();
  const float* sum = item.sum.as<float>();
  const int64_t end = item.begin_of(piece + 1);
  double total = 0;
  for (int64_t i = item.begin_of(piece); i < end; i += kSumChunk) {
    total += dot_of_chunk(g + i, sum + i, clamp(end - i, 0, kSumChunk));
  }
  return total;
}

void run(std::span<const GradientDot> items, Context& context) {
  for_each_tile(
      items, context, [](const GradientDot& item) { return item.partials.numel(); },
      [](const GradientDot& item, int64_t piece, int) {
        double& partial = item.partials.as<double>()[piece];
        partial = 0;
        if (!item.grad) return;
        dispatch_weight(item.grad.dtype,
                        [&]<class G>() { partial = dot_of_piece<G>(item, piece); });
      });
}

const Registered<GradientDot, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
