#include "kernels/gradient-stats.h"

#include "cpu/column-sums.h"
#include "cpu/register.h"

namespace lean::cpu::LEAN_ISA {
namespace {

bool takes_columns(const GradientStats& item) {
  return item.partition == Partition::columns && item.grad && item.grad.numel() > 0;
}

void finish(const GradientStats& item, int64_t piece, double total) {
  item.partials.as<double>()[piece] = total;
  item.non_finite.as<int32_t>()[piece] = is_finite(total) ? 0 : 1;
}

void clear(const GradientStats& item, int64_t piece) {
  finish(item, piece, 0);
  if (!item.has_sums()) return;
  float* sums = item.sums.as<float>();
  for (int64_t i = item.first_subset(piece); i < item.first_subset(piece + 1); ++i) sums[i] = 0;
}

// A piece of anything but columns: consecutive elements.
template <class G>
double sum_piece(const GradientStats& item, int64_t piece) {
  const Plain<G> x{item.grad.as<G>()};
  const int64_t begin = item.first_subset(piece);
  const int64_t end = item.first_subset(piece + 1);
  if (!item.has_sums()) return sum_squares(x, begin, end);
  const int64_t length = item.subsets().length;
  double total = 0;
  for (int64_t i = begin; i < end; ++i) {
    const double q = sum_squares(x, i * length, clamp((i + 1) * length, 0, item.grad.numel()));
    item.sums.as<float>()[i] = static_cast<float>(q);
    total += q;
  }
  return total;
}

template <class G>
double sum_columns(const GradientStats& item, int64_t piece, const ColumnSums& columns) {
  const int64_t end = item.first_subset(piece + 1);
  double total = 0;
  for (int64_t i = item.first_subset(piece); i < end; i += ColumnSums::kColumns) {
    const int64_t count = clamp(end - i, 0, ColumnSums::kColumns);
    double q[ColumnSums::kColumns];
    columns.total(Plain<G>{item.grad.as<G>()}, i, count, q);
    for (int64_t k = 0; k < count; ++k) {
      item.sums.as<float>()[i + k] = static_cast<float>(q[k]);
      total += q[k];
    }
  }
  return total;
}

void run_columns(std::span<const GradientStats> items, Context& context) {
  for_column_sums(
      items, context,
      [](const GradientStats& item) {
        return takes_columns(item) ? MatrixShape{item.grad.rows(), item.grad.cols()}
                                   : MatrixShape{};
      },
      [](const GradientStats& item, int64_t begin, int64_t end, float* sums) {
        dispatch_weight(item.grad.dtype, [&]<class G>() {
          sum_squares_of_rows(Plain<G>{item.grad.as<G>()}, begin, end, item.grad.cols(), sums);
        });
      },
      [](const GradientStats& item) { return item.partials.numel(); },
      [](const GradientStats& item, int64_t piece, const ColumnSums& columns) {
        dispatch_weight(item.grad.dtype, [&]<class G>() {
          finish(item, piece, sum_columns<G>(item, piece, columns));
        });
      },
      [](std::span<const GradientStats>) {});
}

void run(std::span<const GradientStats> items, Context& context) {
  for_each_tile(
      items, context,
      [](const GradientStats& item) { return takes_columns(item) ? 0 : item.partials.numel(); },
      [](const GradientStats& item, int64_t piece, int) {
        if (!item.grad) return clear(item, piece);
        dispatch_weight(item.grad.dtype,
                        [&]<class G>() { finish(item, piece, sum_piece<G>(item, piece)); });
      });
  run_columns(items, context);
}

const Registered<GradientStats, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
