// Two launches: the first projects the gradients, brings second moments of whole lines up to date
// from what it reads for that, and in its epilogue the momentum, leaving D = m_scale * M - R; the
// second projects D back and steps the weights in its epilogue, so that each is touched once.
#include "kernels/subspace-step.h"

#include <algorithm>
#include <cstddef>

#include "cuda/device/line-denominators.cuh"
#include "cuda/device/line-squares.cuh"
#include "cuda/device/moments.cuh"
#include "cuda/device/rounder.cuh"
#include "cuda/partial-sums.h"
#include "cuda/projected-product.cuh"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

// D of an item, in the scratch memory of all: bfloat16 where tensor cores read it, else float32.
struct Differences {
  std::byte* data;
  const int64_t* offsets;  // bytes

  __device__ void* of(uint32_t item) const { return data + offsets[item]; }
};

template <class Core>
__global__ void __launch_bounds__(kThreads)
    project(const SubspaceStep* items, const Tile* tiles, Differences differences, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const SubspaceStep& item = items[tile.item];
  const StepScalars s = scalars_at(item.scalars, bases);
  const Product product = projection(item, bases);
  if (s.active == 0 || at<const void>(item.grad, bases) == nullptr) return;
  void* exp_avg = at<void>(item.exp_avg, bases);
  void* difference = differences.of(tile.item);
  const DType state_type = item.exp_avg.dtype;
  const DType d_type = coordinate_type(item);
  const int64_t cols = product.cols();
  const Corner corner = Corner::of(tile.index, cols);

  // Of the tiles that read a line of the gradient, the first takes its sum.
  const bool right = item.side == Side::right;
  const bool has_sums = item.partition == Partition::rows || item.partition == Partition::columns;
  const bool is_first = (right ? corner.col : corner.row) == 0;
  const int64_t first_line = right ? corner.row : corner.col;
  const int64_t lines = right ? product.rows() : cols;
  const double factor = square_factor(s, false, item.mean, item.basis.rows());
  float* v = at<float>(item.exp_avg_sq, bases);
  const auto update = [=](int line, double sum) {
    if (first_line + line >= lines) return;
    update_moment(v[first_line + line], static_cast<float>(sum * factor), s);
  };
  LineSquares<Core, decltype(update)> squares(has_sums && !item.moment_given && is_first, right,
                                              update);

  Core::compute(
      product, corner,
      [&](int64_t row, int64_t col, int count, bool whole, const Octet& sums) {
        const int64_t i = row * cols + col;
        Octet m = widen(load(exp_avg, state_type, i, count, whole), state_type);
        Octet d;
#pragma unroll
        for (int k = 0; k < kOctet; ++k) {
          const Real r = sums.x[k] * s.grad_factor;
          m.x[k] = next_momentum(m.x[k], r, s);
          d.x[k] = m.x[k] * s.m_scale - r;
          if (s.drop_momentum != 0) m.x[k] = {0};
        }
        store(exp_avg, state_type, i, count, narrow(m, state_type), whole);
        store(difference, d_type, i, count, narrow(d, d_type), whole);
      },
      squares);
}

template <class Core>
__global__ void __launch_bounds__(kThreads)
    project_back(const SubspaceStep* items, const Tile* tiles, Differences differences,
                 Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const SubspaceStep& item = items[tile.item];
  StepScalars s = scalars_at(item.scalars, bases);
  s.l2 = 0;  // there is no coupled decay in a projected gradient
  const void* grad = at<const void>(item.grad, bases);
  if (s.active == 0 || grad == nullptr) return;
  void* param = at<void>(item.param, bases);
  const DType param_type = item.param.dtype;
  const DType grad_type = item.grad.dtype;
  const Product product =
      back_projection(item, differences.of(tile.item), coordinate_type(item), bases);
  const Corner corner = Corner::of(tile.index, product.cols());
  const Rounder rounder = rounder_of(item, bases);
  const LineDenominators denominators(item, s, bases);
  const int64_t cols = product.cols();
  Core::compute(product, corner,
                [&](int64_t row, int64_t col, int count, bool whole, const Octet& back) {
                  const int64_t i = row * cols + col;
                  Octet w = widen(load(param, param_type, i, count, whole), param_type);
                  Octet g = widen(load(grad, grad_type, i, count, whole), grad_type);
                  Octet n;
#pragma unroll
                  for (int k = 0; k < kOctet; ++k) {
                    g.x[k] = g.x[k] * s.grad_factor;
                    n.x[k] = g.x[k] + back.x[k];
                  }
                  const Octet ratio = denominators.divide(n, g, row, col, i, count, whole);
#pragma unroll
                  for (int k = 0; k < kOctet; ++k) w.x[k] = next_param(w.x[k], ratio.x[k], s);
                  store(param, param_type, i, count, rounder.narrow(w, param_type, i), whole);
                });
}

using Kernel = void (*)(const SubspaceStep*, const Tile*, Differences, Bases);

// Bytes of an item's D, of which the next one's begins at a multiple of a sector.
size_t difference_bytes(const SubspaceStep& item) {
  constexpr size_t kSector = 32;
  const size_t bytes = static_cast<size_t>(item.exp_avg.numel()) * size_of(coordinate_type(item));
  return (bytes + kSector - 1) / kSector * kSector;
}

// Items whose D is in the scratch memory at the same time.
struct Group {
  size_t first, count;
};

// D of all layers of a large model would take more than its whole state. So items take turns, in as
// many groups as the recorder's bound asks for.
class Launcher {
 public:
  Launcher(std::span<const SubspaceStep> items, Recorder& recorder)
      : items_(items), recorder_(recorder), on_device_(recorder.upload(items)) {
    std::vector<int64_t> offsets;
    size_t used = 0, most = 0;
    for (size_t i = 0; i < items.size(); ++i) {
      const size_t bytes = difference_bytes(items[i]);
      if (groups_.empty() || used + bytes > recorder.scratch_bytes()) {
        groups_.push_back({i, 0});
        used = 0;
      }
      ++groups_.back().count;
      offsets.push_back(static_cast<int64_t>(used));
      used += bytes;
      most = std::max(most, used);
    }
    differences_ = {recorder.scratch<std::byte>(static_cast<int64_t>(most)),
                    recorder.upload(std::span<const int64_t>(offsets))};
  }

  std::span<const Group> groups() const { return groups_; }

  // One launch for the items of a group and unit.
  void launch(const Group& group, Kernel kernel, Unit unit, Tensor SubspaceStep::*result) {
    const auto items = items_.subspan(group.first, group.count);
    const Tiles tiles = recorder_.tiles(items, [&](const SubspaceStep& item) -> int64_t {
      const Tensor& c = item.*result;
      return unit_of(item) == unit ? product_tiles(c.rows(), c.cols()) : 0;
    });
    recorder_.launch(kernel, tiles.count, kThreads, on_device_ + group.first, tiles.data,
                     Differences{differences_.data, differences_.offsets + group.first},
                     recorder_.bases());
  }

 private:
  std::span<const SubspaceStep> items_;
  Recorder& recorder_;
  const SubspaceStep* on_device_;
  std::vector<Group> groups_;
  Differences differences_;
};

// D of float16 gradients is projected back in bfloat16: what a gradient scale kept from vanishing
// in float16 has been divided by it.
void record(std::span<const SubspaceStep> items, Recorder& recorder) {
  Launcher launcher(items, recorder);
  using Brain = TensorProduct<__nv_bfloat16>;
  for (const Group& group : launcher.groups()) {
    launcher.launch(group, project<Brain>, Unit::bfloat16, &SubspaceStep::exp_avg);
    launcher.launch(group, project<TensorProduct<__half>>, Unit::float16, &SubspaceStep::exp_avg);
    launcher.launch(group, project<FloatProduct>, Unit::float32, &SubspaceStep::exp_avg);
    launcher.launch(group, project_back<Brain>, Unit::bfloat16, &SubspaceStep::param);
    launcher.launch(group, project_back<Brain>, Unit::float16, &SubspaceStep::param);
    launcher.launch(group, project_back<FloatProduct>, Unit::float32, &SubspaceStep::param);
  }
}

const Registered<SubspaceStep, record> registered;

}  // namespace
}  // namespace lean::cuda
