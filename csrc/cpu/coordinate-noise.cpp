#include "kernels/coordinate-noise.h"

#include <cstring>

#include "cpu/register.h"
#include "cpu/tiles.h"

namespace lean::cpu::LEAN_ISA {
namespace {

void count(const CoordinateNoise& item, int64_t begin, int64_t end) {
  const float* sum = item.sum.as<float>();
  const float* squares = item.squares.as<float>();
  const auto groups = static_cast<float>(*item.groups.as<double>() + 1);
  int32_t own[kNoiseBins] = {};
  for (int64_t i = begin; i < end; ++i) {
    if (sum[i] == 0 && squares[i] == 0) continue;
    ++own[noise_bin(coordinate_noise(sum[i], squares[i], groups))];
  }
  // Whole numbers: their sum does not depend on the order.
  int32_t* counts = item.counts.as<int32_t>();
  for (int bin = 0; bin < kNoiseBins; ++bin) {
    if (own[bin] != 0) __atomic_fetch_add(counts + bin, own[bin], __ATOMIC_RELAXED);
  }
}

void run(std::span<const CoordinateNoise> items, Context& context) {
  for (const CoordinateNoise& item : items) {
    std::memset(item.counts.data, 0, static_cast<size_t>(item.counts.bytes()));
  }
  for_each_tile(
      items, context, [](const CoordinateNoise& item) { return item.tiles(); },
      [](const CoordinateNoise& item, int64_t tile, int) {
        const int64_t begin = tile * CoordinateNoise::kTile;
        count(item, begin, clamp(begin + CoordinateNoise::kTile, 0, item.sum.numel()));
      });
}

const Registered<CoordinateNoise, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
