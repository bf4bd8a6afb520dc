#include "kernels/accumulate.h"

#include "cpu/register.h"
#include "cpu/sum-squares.h"
#include "cpu/tiles.h"

namespace lean::cpu::LEAN_ISA {
namespace {

struct Sums {
  double of_grad = 0;
  double of_sum = 0;
};

// A chunk of at most kSumChunk elements, read and written once.
template <class G>
Sums add_chunk(const G* g, float* sum, float* squares, int64_t count, bool fresh) {
  Lanes of_grad[2] = {}, of_sum[2] = {};
  for (int64_t i = 0, k = 0; i < count; i += kLanes, k ^= 1) {
    const int n = static_cast<int>(clamp(count - i, 0, kLanes));
    prefetch_ahead(g + i);
    prefetch_ahead(sum + i);
    const Lanes y = load(g + i, n);
    const Lanes s = fresh ? y : load(sum + i, n) + y;
    store(sum + i, s, n);
    if (squares != nullptr) {
      store(squares + i, fresh ? y * y : multiply_add(y, y, load(squares + i, n)), n);
    }
    of_grad[k] = multiply_add(y, y, of_grad[k]);
    of_sum[k] = multiply_add(s, s, of_sum[k]);
  }
  const float a = lean::cpu::LEAN_ISA::sum(of_grad[0] + of_grad[1]);
  const float b = lean::cpu::LEAN_ISA::sum(of_sum[0] + of_sum[1]);
  return {is_finite(a) ? a : slow_sum_squares(Plain<G>{g}, 0, count, 1),
          is_finite(b) ? b : slow_sum_squares(Plain<float>{sum}, 0, count, 1)};
}

template <class G>
Sums add_piece(const Accumulate& item, int64_t begin, int64_t end, bool fresh) {
  const G* g = item.grad.as<G>();
  float* sum = item.sum.as<float>();
  float* squares = item.squares.as<float>();
  Sums total;
  for (int64_t i = begin; i < end; i += kSumChunk) {
    const Sums chunk = add_chunk(g + i, sum + i, squares == nullptr ? nullptr : squares + i,
                                 clamp(end - i, 0, kSumChunk), fresh);
    total.of_grad += chunk.of_grad;
    total.of_sum += chunk.of_sum;
  }
  return total;
}

Sums add_nothing(const Accumulate& item, int64_t begin, int64_t end, bool fresh) {
  float* sum = item.sum.as<float>();
  if (!fresh) return {0, sum_squares(Plain<float>{sum}, begin, end)};
  const auto bytes = static_cast<size_t>(end - begin) * sizeof(float);
  std::memset(sum + begin, 0, bytes);
  if (item.squares) std::memset(item.squares.as<float>() + begin, 0, bytes);
  return {};
}

void run(std::span<const Accumulate> items, Context& context) {
  for_each_tile(
      items, context, [](const Accumulate& item) { return item.pieces(); },
      [](const Accumulate& item, int64_t piece, int) {
        const bool fresh = *item.groups.as<double>() == 0;
        const int64_t begin = item.begin_of(piece), end = item.begin_of(piece + 1);
        Sums sums;
        if (!item.grad) {
          sums = add_nothing(item, begin, end, fresh);
        } else {
          dispatch_weight(item.grad.dtype,
                          [&]<class G>() { sums = add_piece<G>(item, begin, end, fresh); });
        }
        double* partials = item.partials.as<double>() + 2 * piece;
        partials[0] = sums.of_grad;
        partials[1] = sums.of_sum;
      });
}

const Registered<Accumulate, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
