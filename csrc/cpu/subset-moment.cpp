#include "kernels/subset-moment.h"

#include "cpu/register.h"
#include "cpu/second-moments.h"

namespace lean::cpu::LEAN_ISA {
namespace {

int64_t tiles(const SubsetMoment& item) {
  return scalars_of(item).active != 0 ? divide_up(item.exp_avg_sq.numel(), kTileElements) : 0;
}

int64_t subset_size(const SubsetMoment& item) {
  switch (item.partition) {
    case Partition::rows:
      return item.cols;
    case Partition::columns:
      return item.rows;
    case Partition::blocks:
      return item.block;
    default:
      return item.rows * item.cols;
  }
}

// v[i] of the moments [begin, end) from sums[i] * factor.
void update(const SubsetMoment& item, int64_t begin, int64_t end, double factor) {
  const StepScalars s = scalars_of(item);
  const float* sums = item.sums.as<float>();
  float* v = item.exp_avg_sq.as<float>();
  for (int64_t i = begin; i < end; i += kLanes) {
    const int count = static_cast<int>(clamp(end - i, 0, kLanes));
    update_moments(v + i, load(sums + i, count) * static_cast<float>(factor), count, s);
  }
}

void update_whole(const SubsetMoment& item) {
  const StepScalars& s = scalars_of(item);
  double sum = 0;
  for (int64_t i = 0; i < item.partials.numel(); ++i) sum += item.partials.as<double>()[i];
  const float q = static_cast<float>(sum * square_factor(s, item.mean, subset_size(item)));
  update_moments(item.exp_avg_sq.as<float>(), splat(q), 1, s);
}

void run(std::span<const SubsetMoment> items, Context& context) {
  for_each_tile(items, context, tiles, [](const SubsetMoment& item, int64_t tile, int) {
    if (item.partition == Partition::whole) return update_whole(item);
    const StepScalars& s = scalars_of(item);
    const int64_t size = subset_size(item);
    const int64_t begin = tile * kTileElements;
    int64_t end = clamp(begin + kTileElements, 0, item.exp_avg_sq.numel());
    // The last block may be shorter, and then a mean is of fewer elements.
    const int64_t rest = item.rows * item.cols % size;
    if (item.partition == Partition::blocks && rest != 0 && end == item.exp_avg_sq.numel()) {
      --end;
      update(item, end, end + 1, square_factor(s, item.mean, rest));
    }
    update(item, begin, end, square_factor(s, item.mean, size));
  });
}

const Registered<SubsetMoment, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
