#include "kernels/top-k-lines.h"

#include "cpu/backend/select-lines.h"
#include "cpu/column-sums.h"
#include "cpu/line-policy.h"
#include "cpu/register.h"
#include "cpu/workspace.h"

namespace lean::cpu::LEAN_ISA {
namespace {

template <class G>
void sum_rows(Context& context, const Tensor& grad, double* sums) {
  const Plain<G> x{grad.as<G>()};
  const int64_t rows = grad.rows(), cols = grad.cols();
  const int64_t size = clamp(kTileElements / cols, 1, rows);
  parallel_for(context, divide_up(rows, size), [&](int64_t tile, int) {
    const int64_t end = clamp((tile + 1) * size, 0, rows);
    for (int64_t row = tile * size; row < end; ++row) {
      sums[row] = sum_squares(x, row * cols, (row + 1) * cols);
    }
  });
}

template <class G>
void sum_columns(Context& context, const Tensor& grad, double* sums) {
  const Plain<G> x{grad.as<G>()};
  const int64_t cols = grad.cols();
  for_column_sums(
      std::span<const Tensor>(&grad, 1), context,
      [&](const Tensor&) {
        return MatrixShape{grad.rows(), cols};
      },
      [&](const Tensor&, int64_t begin, int64_t end, float* partials) {
        sum_squares_of_rows(x, begin, end, cols, partials);
      },
      [&](const Tensor&) { return divide_up(cols, ColumnSums::kColumns); },
      [&](const Tensor&, int64_t piece, const ColumnSums& partials) {
        const int64_t first = piece * ColumnSums::kColumns;
        partials.total(x, first, clamp(cols - first, 0, ColumnSums::kColumns), sums + first);
      },
      [](std::span<const Tensor>) {});
}

// The same in float64, for squares that vanish in float32.
template <class G>
void sum_slowly(const TopKLines& item, double* sums) {
  const Plain<G> x{item.grad.as<G>()};
  const int64_t rows = item.grad.rows(), cols = item.grad.cols();
  for (int64_t i = 0; i < item.lines(); ++i) {
    sums[i] = item.axis == Axis::rows ? slow_sum_squares(x, i * cols, (i + 1) * cols, 1)
                                      : slow_sum_squares(x, i, rows * cols, cols);
  }
}

double total_of(const double* sums, int64_t count) {
  double total = 0;
  for (int64_t i = 0; i < count; ++i) total += sums[i];
  return total;
}

void refresh(const TopKLines& item, Context& context) {
  if (item.line_length() == 0) return refuse(item);
  const int64_t rank = item.rank(), lines = item.lines();
  Workspace workspace(item.workspace);
  auto* sums = workspace.take<double>(lines);
  auto* order = workspace.take<int32_t>(lines);
  auto* index = workspace.take<int32_t>(rank);
  auto* from = workspace.take<int32_t>(rank);

  dispatch_weight(item.grad.dtype, [&]<class G>() {
    item.axis == Axis::rows ? sum_rows<G>(context, item.grad, sums)
                            : sum_columns<G>(context, item.grad, sums);
    if (total_of(sums, lines) == 0) sum_slowly<G>(item, sums);
  });
  const double total = total_of(sums, lines);
  if (!(total > 0) || !is_finite(total)) return refuse(item);
  select_largest(sums, lines, rank, order, index);
  adopt(context, item, index, from);
}

void run(std::span<const TopKLines> items, Context& context) {
  for (const TopKLines& item : items) {
    if (item.grad && refresh_is_due(item)) refresh(item, context);
  }
}

const Registered<TopKLines, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
