// Two launches: the first projects the gradients, brings second moments of whole lines up to date
// from what it reads for that, and in its epilogue the momentum, leaving D = m_scale * M - R; the
// second projects D back and steps the weights in its epilogue, so that each is touched once.
#include "kernels/subspace-step.h"

#include <cstddef>

#include "cuda/device/line-denominators.cuh"
#include "cuda/device/line-squares.cuh"
#include "cuda/device/moments.cuh"
#include "cuda/device/ptx.cuh"
#include "cuda/device/rounder.cuh"
#include "cuda/projected-product.cuh"
#include "cuda/register.h"
#include "cuda/turns.h"

namespace lean::cuda {
namespace {

// D of an item, in the scratch memory of all.
struct Differences {
  std::byte* data;
  const int64_t* offsets;  // bytes

  __device__ void* of(uint32_t item) const { return data + offsets[item]; }
};

// Watches the projection for what second moments of whole lines need of the gradient.
struct MomentUpdate {
  const SubspaceStep& item;
  Bases bases;

  __device__ void operator()(int line, double sum) const {
    const StepScalars s = scalars_at(item.scalars, bases);
    const double q = sum * square_factor(s, false, item.mean, item.basis.rows());
    update_moment(at<float>(item.exp_avg_sq, bases)[line], static_cast<float>(q), s);
  }
};

// R becomes the momentum, and D what of it is projected back. Like all that a product needs only in
// the end, what this needs is looked up there: sums leave no registers for it.
class MomentumUpdate {
 public:
  __device__ MomentumUpdate(const SubspaceStep& item, void* difference, Bases bases)
      : item_(item), difference_(difference), bases_(bases) {}

  __device__ void begin(float*) {
    s_ = scalars_at(item_.scalars, bases_);
    exp_avg_ = at<void>(item_.exp_avg, bases_);
    state_type_ = type_of(item_.exp_avg);
    d_type_ = coordinate_type(item_);
    cols_ = item_.exp_avg.cols();
  }

  __device__ void operator()(int64_t row, int64_t col, int count, bool whole,
                             const Octet& sums) const {
    const int64_t i = row * cols_ + col;
    Octet m = widen(load(exp_avg_, state_type_, i, count, whole), state_type_);
    Octet d;
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      const Real r = sums.x[k] * s_.grad_factor;
      m.x[k] = next_momentum(m.x[k], r, s_);
      d.x[k] = m.x[k] * s_.m_scale - r;
      if (s_.drop_momentum != 0) m.x[k] = {0};
    }
    store(exp_avg_, state_type_, i, count, narrow(m, state_type_), whole);
    store(difference_, d_type_, i, count, narrow(d, d_type_), whole);
  }

 private:
  const SubspaceStep& item_;
  void* difference_;
  Bases bases_;
  StepScalars s_;
  void* exp_avg_;
  DType state_type_;
  DType d_type_;
  int64_t cols_;
};

template <class Core>
__global__ void __launch_bounds__(kThreads, Core::kBlocks)
    project(const SubspaceStep* items, const Tile* tiles, Differences differences, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const SubspaceStep& item = items[tile.item];
  if (!is_active(item, bases)) return;
  const Product product = projection(item, bases);
  // Neighbours share lines of the gradient.
  const bool right = item.side == Side::right;
  const Corner corner =
      right ? Corner::of(tile.index, product.cols()) : Corner::down(tile.index, product.rows());
  // Of the tiles that read a line of the gradient, the first takes its sum.
  const bool has_sums = item.partition == Partition::rows || item.partition == Partition::columns;
  const bool is_first = (right ? corner.col : corner.row) == 0;
  const MomentUpdate update = {item, bases};
  Core::compute(product, corner, MomentumUpdate(item, differences.of(tile.item), bases),
                LineSquares(has_sums && !item.moment_given && is_first, right, update));
}

// A step of the weights by back(D).
class WeightUpdate {
 public:
  __device__ WeightUpdate(const SubspaceStep& item, Corner corner, Bases bases)
      : item_(item), corner_(corner), bases_(bases) {}

  // W and G of the tile are brought nearer while the product is computed.
  __device__ void prefetch() const {
    prefetch(item_.param);
    prefetch(item_.grad);
  }

  __device__ void begin(float* lines) {
    s_ = scalars_at(item_.scalars, bases_);
    s_.l2 = 0;  // there is no coupled decay in a projected gradient
    param_ = at<void>(item_.param, bases_);
    grad_ = at<const void>(item_.grad, bases_);
    param_type_ = type_of(item_.param);
    grad_type_ = type_of(item_.grad);
    cols_ = item_.param.cols();
    rounder_ = rounder_of(item_, bases_);
    const LineDenominators denominators(item_, s_, bases_);
    shared_by_ = denominators.shared_by();
    inverses_ = lines;
    is_plain_ = shared_by_ != Partition::none && param_type_ == DType::bfloat16 &&
                grad_type_ == DType::bfloat16 && !is_ragged(cols_) && is_aligned(param_) &&
                is_aligned(grad_);
    if (shared_by_ == Partition::none) return;
    const bool of_rows = shared_by_ == Partition::rows;
    const int64_t line = (of_rows ? corner_.row : corner_.col) + threadIdx.x;
    const bool is_inside = line < (of_rows ? item_.param.rows() : cols_);
    if (threadIdx.x < Product::kTile) {
      lines[place(static_cast<int>(threadIdx.x))] = is_inside ? denominators.inverse(line).x : 0;
    }
  }

  __device__ void operator()(int64_t row, int64_t col, int count, bool whole,
                             const Octet& back) const {
    const int64_t i = row * cols_ + col;
    if (is_plain_) {
      if (count == kOctet) step_plain(row, col, i, back);
      return;
    }
    const Bits w_bits = load(param_, param_type_, i, count, whole);
    const Bits g_bits = load(grad_, grad_type_, i, count, whole);
    Octet w = widen(w_bits, param_type_);
    Octet g = widen(g_bits, grad_type_);
    const Octet n = numerator(g, back);
    const Octet ratio = divide(n, g, row, col, i, count, whole);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) w.x[k] = next_param(w.x[k], ratio.x[k], s_);
    store(param_, param_type_, i, count, rounder_.narrow(w, param_type_, i), whole);
  }

 private:
  // What large layers are: bfloat16 in whole aligned octets, of which lines share denominators.
  // Nothing is asked for each octet that is known of all.
  __device__ void step_plain(int64_t row, int64_t col, int64_t i, const Octet& back) const {
    constexpr DType kType = DType::bfloat16;
    const Bits w_bits = load_half_octet(param_, i);
    const Bits g_bits = load_half_octet(grad_, i);
    Octet w = widen(w_bits, kType);
    Octet g = widen(g_bits, kType);
    const Octet ratio = divide_by_lines(numerator(g, back), row, col);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) w.x[k] = next_param(w.x[k], ratio.x[k], s_);
    store_half_octet(param_, i, rounder_.narrow(w, kType, i));
  }

  // G, scaled in its place, and N.
  __device__ Octet numerator(Octet& g, const Octet& back) const {
    Octet n;
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      g.x[k] = g.x[k] * s_.grad_factor;
      n.x[k] = g.x[k] + back.x[k];
    }
    return n;
  }

  __device__ void prefetch(const Tensor& tensor) const {
    constexpr int kLine = 128;  // bytes
    const DType type = type_of(tensor);
    const int elements = kLine / (is_wide(type) ? 4 : 2);
    const int across = Product::kTile / elements;
    const void* data = at<const void>(tensor, bases_);
    for (int i = threadIdx.x; i < Product::kTile * across; i += kThreads) {
      const int64_t row = corner_.row + i / across;
      const int64_t col = corner_.col + i % across * elements;
      if (row >= tensor.rows() || col >= tensor.cols()) continue;
      ptx::prefetch(element(data, type, row * tensor.cols() + col));
    }
  }

  // Quads are permuted so that sixteen threads that read every other one meet no bank twice.
  __device__ static int place(int line) { return line ^ (line / 32 % 2 * 4); }

  __device__ Octet divide(const Octet& n, const Octet& g, int64_t row, int64_t col, int64_t i,
                          int count, bool whole) const {
    if (shared_by_ == Partition::none) {
      const LineDenominators denominators(item_, s_, bases_);
      return denominators.divide(n, g, row, col, i, count, whole);
    }
    if (shared_by_ == Partition::rows || !is_ragged(cols_)) return divide_by_lines(n, row, col);
    const int line = static_cast<int>(col - corner_.col);
    Octet ratio;
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      ratio.x[k] = {k < count ? n.x[k].x * inverses_[place(line + k)] : 0};
    }
    return ratio;
  }

  __device__ Octet divide_by_lines(const Octet& n, int64_t row, int64_t col) const {
    Octet ratio;
    if (shared_by_ == Partition::rows) {
      const float inverse = inverses_[place(static_cast<int>(row - corner_.row))];
#pragma unroll
      for (int k = 0; k < kOctet; ++k) ratio.x[k] = n.x[k] * inverse;
      return ratio;
    }
    const int line = static_cast<int>(col - corner_.col);
    const float4 low = *reinterpret_cast<const float4*>(inverses_ + place(line));
    const float4 high = *reinterpret_cast<const float4*>(inverses_ + place(line + 4));
    const float factors[kOctet] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
#pragma unroll
    for (int k = 0; k < kOctet; ++k) ratio.x[k] = n.x[k] * factors[k];
    return ratio;
  }

  const SubspaceStep& item_;
  Corner corner_;
  Bases bases_;
  StepScalars s_;
  void* param_;
  const void* grad_;
  DType param_type_;
  DType grad_type_;
  int64_t cols_;
  Rounder rounder_;
  Partition shared_by_;
  const float* inverses_;  // of the tile's rows or columns, where these share denominators
  bool is_plain_;
};

template <class Core>
__global__ void __launch_bounds__(kThreads, Core::kBlocks)
    project_back(const SubspaceStep* items, const Tile* tiles, Differences differences,
                 Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  const SubspaceStep& item = items[tile.item];
  if (!is_active(item, bases)) return;
  const Product product =
      back_projection(item, differences.of(tile.item), coordinate_type(item), bases);
  const Corner corner = Corner::of(tile.index, product.cols());
  const WeightUpdate update(item, corner, bases);
  update.prefetch();
  Core::compute(product, corner, update);
}

using Kernel = void (*)(const SubspaceStep*, const Tile*, Differences, Bases);

// Bytes of an item's D.
size_t difference_bytes(const SubspaceStep& item) {
  return static_cast<size_t>(item.exp_avg.numel()) * size_of(coordinate_type(item));
}

class Launcher {
 public:
  Launcher(std::span<const SubspaceStep> items, Recorder& recorder)
      : items_(items),
        recorder_(recorder),
        on_device_(recorder.upload(items)),
        turns_(take_turns(items, recorder, difference_bytes)) {}

  std::span<const Group> groups() const { return turns_.groups; }

  // One launch for the items of a group and unit.
  void project(const Group& group, Kernel kernel, Unit unit) {
    launch(group, kernel, recorder_.tiles(group.of(items_), TilesOf{unit, &SubspaceStep::exp_avg}));
  }

  // Backwards: what was projected last is the likeliest still to be in a cache.
  void project_back(const Group& group, Kernel kernel, Unit unit) {
    launch(group, kernel,
           recorder_.tiles_reversed(group.of(items_), TilesOf{unit, &SubspaceStep::param}));
  }

 private:
  struct TilesOf {
    Unit unit;
    Tensor SubspaceStep::*result;

    int64_t operator()(const SubspaceStep& item) const {
      const Tensor& c = item.*result;
      return unit_of(item) == unit ? product_tiles(c.rows(), c.cols()) : 0;
    }
  };

  void launch(const Group& group, Kernel kernel, const Tiles& tiles) {
    recorder_.launch(kernel, tiles.count, kThreads, on_device_ + group.first, tiles.data,
                     Differences{turns_.data, turns_.offsets + group.first}, recorder_.bases());
  }

  std::span<const SubspaceStep> items_;
  Recorder& recorder_;
  const SubspaceStep* on_device_;
  Turns turns_;
};

// D of float16 gradients is projected back in bfloat16: what a gradient scale kept from vanishing
// in float16 has been divided by it.
void record(std::span<const SubspaceStep> items, Recorder& recorder) {
  Launcher launcher(items, recorder);
  using Brain = TensorProduct<__nv_bfloat16>;
  using Split = TensorProduct<__nv_bfloat16, true>;
  for (const Group& group : launcher.groups()) {
    launcher.project(group, project<Brain>, Unit::bfloat16);
    launcher.project(group, project<TensorProduct<__half>>, Unit::float16);
    launcher.project(group, project<Split>, Unit::split);
    launcher.project(group, project<FloatProduct>, Unit::float32);
    launcher.project_back(group, project_back<FloatProduct>, Unit::float32);
    launcher.project_back(group, project_back<Split>, Unit::split);
    launcher.project_back(group, project_back<Brain>, Unit::float16);
    launcher.project_back(group, project_back<Brain>, Unit::bfloat16);
  }
}

const Registered<SubspaceStep, record> registered;

}  // namespace
}  // namespace lean::cuda
