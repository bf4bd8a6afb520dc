#include "kernels/subset-moment.h"

#include "cpu/moment-sums.h"
#include "cpu/register.h"
#include "cpu/tiles.h"

namespace lean::cpu::LEAN_ISA {
namespace {

// The sums are of gradients as they are, whatever the step adds to those.
StepScalars moment_scalars(const SubsetMoment& item) {
  StepScalars s = scalars_of(item);
  s.l2 = 0;
  return s;
}

void update_whole(const SubsetMoment& item, const StepScalars& s) {
  double sum = 0;
  for (int64_t i = 0; i < item.partials.numel(); ++i) sum += item.partials.as<double>()[i];
  const double q = sum * square_factor(s, item.mean, item.subset_size());
  update_moments(item.exp_avg_sq.as<float>(), splat(static_cast<float>(q)), 1, s);
}

// The moments [begin, end), of subsets of `size` elements.
void update(const SubsetMoment& item, const StepScalars& s, int64_t begin, int64_t end,
            int64_t size) {
  const float factor = static_cast<float>(square_factor(s, item.mean, size));
  const float* sums = item.sums.as<float>();
  float* v = item.exp_avg_sq.as<float>();
  for (int64_t i = begin; i < end; i += kLanes) {
    const int count = static_cast<int>(clamp(end - i, 0, kLanes));
    update_moments(v + i, load(sums + i, count) * factor, count, s);
  }
}

int64_t tiles(const SubsetMoment& item) {
  const bool any = scalars_of(item).active != 0 && item.rows * item.cols > 0;
  return any ? divide_up(item.exp_avg_sq.numel(), kTileElements) : 0;
}

void run_tile(const SubsetMoment& item, int64_t tile) {
  const StepScalars s = moment_scalars(item);
  if (item.partition == Partition::whole) return update_whole(item, s);
  const int64_t size = item.subset_size();
  const int64_t count = item.exp_avg_sq.numel();
  const int64_t begin = tile * kTileElements;
  int64_t end = clamp(begin + kTileElements, 0, count);
  // The last block may be shorter, and then a mean is of fewer elements.
  const int64_t last = item.rows * item.cols - (count - 1) * size;
  if (item.partition == Partition::blocks && end == count && last < size) {
    --end;
    update(item, s, end, end + 1, last);
  }
  update(item, s, begin, end, size);
}

void run(std::span<const SubsetMoment> items, Context& context) {
  for_each_tile(items, context, tiles,
                [](const SubsetMoment& item, int64_t tile, int) { run_tile(item, tile); });
}

const Registered<SubsetMoment, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
