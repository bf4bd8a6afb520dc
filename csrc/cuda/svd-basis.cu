// cuSOLVER can be neither captured nor told from the device what to do, so that this is a step of
// the host's (cuda/recorder.h): it looks which items are due and at their gradients' magnitudes,
// has the library decompose, and ends each with two cooperative launches.
//
// `auto` is gram for every shape, and `full` is gesvdp: not measured, but estimated for 4096 x 4096
// at rank 1024 on an H100 as 0.15 to 0.3 s for gram, 0.4 to 1 s for gesvdp and 2 to 4 s for gesvd,
// whose ratios other shapes share, as all are cubic. gesvdr wins at ranks far below the sides alone
// and is not exact, so it is never chosen unasked.
// A decomposition that does not converge is refused like a gradient that gives no basis.
#include "kernels/svd-basis.h"

#include <algorithm>

#include "cuda/backend/check.h"
#include "cuda/libs/svd-solver.h"
#include "cuda/refresh/adopt-waiting.cuh"
#include "cuda/refresh/refresh-clock.h"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

// How an item's vectors are found.
struct SvdPlan {
  SvdProblem problem;
  bool gram;            // the problem is a Gram matrix
  Side gram_side;       // right: G^T G, left: G G^T
  bool through_others;  // its vectors are the other side's, u: the basis is G^T u (right), G u
  bool completes;       // columns are then made orthonormal, and noise where there are too few
};

SvdPlan plan_of(const SvdBasis& item) {
  const int64_t m = item.grad.rows(), n = item.grad.cols();
  const int64_t least = std::min(m, n), count = std::min(item.rank(), least);
  const bool right = item.side == Side::right;
  const bool gram = item.method == SvdMethod::automatic || item.method == SvdMethod::gram;
  const bool beyond = item.projected() > item.others();
  if (gram) {
    const Side other = right ? Side::left : Side::right;
    return {{SvdDriver::syevdx, least, least, count, true},
            true,
            beyond ? other : item.side,
            beyond,
            beyond};
  }
  const SvdDriver driver = item.method == SvdMethod::gesvd    ? SvdDriver::gesvd
                           : item.method == SvdMethod::gesvdr ? SvdDriver::gesvdr
                                                              : SvdDriver::gesvdp;
  // Drivers take no more columns than rows, and column-major: G^T as it lies there, or G.
  const bool transposed = n >= m;
  return {{driver, std::max(m, n), least, count, right == transposed},
          false,
          item.side,
          false,
          beyond || driver == SvdDriver::gesvdr};
}

// Lines of a gradient, in float64, that are added to a Gram matrix at a time: 32 MiB of them.
int64_t panel_lines(int64_t order, int64_t depth) {
  constexpr int64_t kEntries = int64_t{1} << 22;
  return std::min(std::max(kEntries / order, int64_t{64}), depth);
}

// What the host looks at.
struct Report {
  int64_t calls;
  int64_t has_basis;
  int32_t is_due;
  uint32_t largest;  // bits of the largest magnitude in the gradient
};

constexpr int64_t kMeasured = 32 * kThreads * kOctet;  // elements of a block

__global__ void look(const SvdBasis* items, unsigned count, Report* reports, Bases bases) {
  const unsigned i = blockIdx.x * kThreads + threadIdx.x;
  if (i >= count) return;
  const SvdBasis& item = items[i];
  const Counters& counters = *at<const Counters>(item.counters, bases);
  const bool is_due =
      at<const void>(item.grad, bases) != nullptr && BasisRefresh::is_due(item, bases);
  reports[i] = {counters.calls, counters.has_basis, is_due, 0};
}

__global__ void measure(const SvdBasis* items, const Tile* tiles, Report* reports, Bases bases) {
  const Tile tile = tiles[blockIdx.x];
  if (!reports[tile.item].is_due) return;
  const SvdBasis& item = items[tile.item];
  const void* grad = at<const void>(item.grad, bases);
  const int64_t count = item.grad.numel();
  const int64_t begin = tile.index * kMeasured, end = min(begin + kMeasured, count);
  uint32_t most = 0;
  for (int64_t i = begin + threadIdx.x * kOctet; i < end; i += kThreads * kOctet) {
    raise_to_octet(most, grad, item.grad.dtype, count, i);
  }
  merge_largest(&reports[tile.item].largest, most);
}

// A part of a gradient, and where its element (i, j) goes.
struct Block {
  int64_t row, col, rows, cols;
  int64_t down, right;  // to[i * down + j * right]
};

// to <- scale * the block, in float64.
__global__ void widen_block(const SvdBasis* item, Block block, float scale, double* to,
                            Bases bases) {
  const void* grad = at<const void>(item->grad, bases);
  const DType type = item->grad.dtype;
  const int64_t across = (block.cols + kOctet - 1) / kOctet;
  Grid::threads(block.rows * across, 1, [&](int64_t octet) {
    const int64_t i = octet / across, j = octet % across * kOctet;
    const int64_t left = block.cols - j;
    const int count = left < kOctet ? static_cast<int>(left) : kOctet;
    const int64_t from = (block.row + i) * item->grad.cols() + block.col + j;
    const Octet values = widen(load(grad, type, from, count), type);
#pragma unroll
    for (int k = 0; k < kOctet; ++k) {
      if (k < count) {
        to[i * block.down + (j + k) * block.right] =
            static_cast<double>(values.x[k].x) * static_cast<double>(scale);
      }
    }
  });
}

// What the library has found, for one item; without vectors it is refused.
struct Found {
  SvdVectors vectors;
  int64_t count;
  bool through_others;
  bool completes;
  float scale;
  const int* info;
};

// memory.basis <- the vectors, or the product of the gradient with them.
__global__ void __launch_bounds__(kThreads)
    take(const SvdBasis* to_refresh, Found found, RefreshMemory memory, Bases bases) {
  const SvdBasis& item = *to_refresh;
  if (*found.info != 0) return;
  const int64_t rank = item.rank(), projected = item.projected(), others = item.others();
  const int64_t lines = found.through_others ? others : projected;
  float* to = found.through_others ? memory.projections : memory.basis;
  Grid::threads(lines * rank, 1, [&](int64_t i) {
    const int64_t line = i / rank, j = i % rank;
    const SvdVectors& v = found.vectors;
    to[i] = j < found.count ? static_cast<float>(v.data[line * v.along + j * v.across]) : 0;
  });
  Grid::sync();
  if (!found.through_others) return;
  const bool right = item.side == Side::right;
  BasisRefresh::multiply(
      {{at<const void>(item.grad, bases), item.grad.dtype, projected, others, !right},
       {memory.projections, DType::float32, rank, others, false}},
      found.scale, memory.basis);
}

__global__ void __launch_bounds__(kThreads)
    finish(const SvdBasis* item, Found found, RefreshMemory memory, Bases bases) {
  __shared__ double shared[DoubleTile::kSide * (DoubleTile::kSide + 1)];
  const BasisRefresh refresh = {*item, memory, bases, shared};
  const bool is_refused = found.count == 0 || *found.info != 0;
  if (is_refused ? !refresh.has_basis() : found.completes) {
    const uint64_t noise = refresh.key();
    refresh.orthonormal().fill(noise, is_refused ? 0 : found.count);
    Grid::sync();
    refresh.orthonormal().run(noise);
  }
  if (is_refused) return refresh.decline();
  refresh.accept();
}

class SvdRefresh final : public HostStep {
 public:
  SvdRefresh(std::span<const SvdBasis> items, Recorder& recorder)
      : items_(items.begin(), items.end()),
        device_items_(recorder.upload(items)),
        bases_(recorder.bases()),
        memory_(refresh_memory(items, recorder)),
        tiles_(recorder.tiles(
            items,
            [](const SvdBasis& item) { return (item.grad.numel() + kMeasured - 1) / kMeasured; })),
        device_reports_(recorder.scratch<Report>(static_cast<int64_t>(items.size()))),
        reports_(items.size()) {
    const size_t resident = std::min(Recorder::resident_blocks(address(take), kThreads),
                                     Recorder::resident_blocks(address(finish), kThreads));
    blocks_ = static_cast<unsigned>(std::min(refresh_blocks(items), resident));
    spread_blocks_ = static_cast<unsigned>(4 * resident);
    schedule(recorder.items_of<Prologue>());
    record_adoptions(items, device_items_, memory_, recorder);
    allocate(recorder);
  }

  bool is_due(std::span<const uint64_t> bases) override {
    bool any = false;
    for (RefreshClock& clock : clocks_) any = clock.tick(bases) || any;
    return any;
  }

  void run(cudaStream_t stream) override {
    look_at(stream);
    solver_.set_stream(stream);
    for (size_t i = 0; i < items_.size(); ++i) {
      const Report& report = reports_[i];
      if (report.is_due) refresh(i, scale_for(std::bit_cast<float>(report.largest)), stream);
      clocks_[i].learn(report.calls, report.is_due ? kBasis : report.has_basis);
    }
  }

  void forget() override {
    for (RefreshClock& clock : clocks_) clock.forget();
  }

 private:
  // A weight's item of the prologue is the one with its counters.
  void schedule(std::span<const Prologue> prologues) {
    for (const SvdBasis& item : items_) {
      const Prologue* found = nullptr;
      for (const Prologue& each : prologues) {
        const bool same = each.counters.base == item.counters.base &&
                          each.counters.offset == item.counters.offset;
        if (same) found = &each;
      }
      clocks_.emplace_back(found);
    }
  }

  // Room for each item in turn.
  void allocate(Recorder& recorder) {
    SvdSizes sizes = {};
    int64_t panel = 0;
    for (const SvdBasis& item : items_) {
      const SvdPlan plan = plan_of(item);
      if (plan.problem.cols == 0) continue;
      sizes.cover(SvdSizes::of(plan.problem));
      if (!plan.gram) continue;
      const int64_t depth = std::max(item.grad.rows(), item.grad.cols());
      panel = std::max(panel, plan.problem.rows * panel_lines(plan.problem.rows, depth));
    }
    panel_ = recorder.scratch<double>(panel);
    buffers_.matrix = recorder.scratch<double>(sizes.matrix);
    buffers_.values = recorder.scratch<double>(sizes.values);
    buffers_.left = recorder.scratch<double>(sizes.left);
    buffers_.right = recorder.scratch<double>(sizes.right);
    buffers_.info = recorder.scratch<int>(1);
    for (const SvdBasis& item : items_) {
      const SvdPlan plan = plan_of(item);
      if (plan.problem.cols == 0) continue;
      const size_t bytes = solver_.work_bytes(plan.problem, buffers_);
      buffers_.work_bytes = std::max(buffers_.work_bytes, bytes);
    }
    buffers_.work = recorder.scratch<std::byte>(static_cast<int64_t>(buffers_.work_bytes));
  }

  // Waits for the launches before, which decide what is due.
  void look_at(cudaStream_t stream) {
    const auto count = static_cast<unsigned>(items_.size());
    look<<<(count + kThreads - 1) / kThreads, kThreads, 0, stream>>>(device_items_, count,
                                                                     device_reports_, bases_);
    check(cudaGetLastError(), "could not launch a kernel");
    if (tiles_.count > 0) {
      measure<<<static_cast<unsigned>(tiles_.count), kThreads, 0, stream>>>(
          device_items_, tiles_.data, device_reports_, bases_);
      check(cudaGetLastError(), "could not launch a kernel");
    }
    check(cudaMemcpyAsync(reports_.data(), device_reports_, count * sizeof(Report),
                          cudaMemcpyDeviceToHost, stream),
          "could not copy");
    check(cudaStreamSynchronize(stream), "a step failed");
  }

  void widen(const SvdBasis* item, const Block& block, float scale, double* to,
             cudaStream_t stream) const {
    const int64_t octets = block.rows * ((block.cols + kOctet - 1) / kOctet);
    const int64_t blocks = std::min<int64_t>((octets + kThreads - 1) / kThreads, spread_blocks_);
    widen_block<<<static_cast<unsigned>(blocks), kThreads, 0, stream>>>(item, block, scale, to,
                                                                        bases_);
    check(cudaGetLastError(), "could not launch a kernel");
  }

  // The problem's matrix, from panels of the gradient's lines or from all of it.
  void form_matrix(const SvdBasis& item, const SvdBasis* device_item, const SvdPlan& plan,
                   float scale, cudaStream_t stream) {
    const int64_t m = item.grad.rows(), n = item.grad.cols();
    if (!plan.gram) {
      const bool transposed = n >= m;
      const Block whole = {0, 0, m, n, transposed ? n : 1, transposed ? 1 : m};
      return widen(device_item, whole, scale, buffers_.matrix, stream);
    }
    const bool right = plan.gram_side == Side::right;
    const int64_t order = right ? n : m, depth = right ? m : n;
    const int64_t lines = panel_lines(order, depth);
    for (int64_t line = 0; line < depth; line += lines) {
      const int64_t count = std::min(lines, depth - line);
      const Block panel =
          right ? Block{line, 0, count, n, n, 1} : Block{0, line, m, count, count, 1};
      widen(device_item, panel, scale, panel_, stream);
      solver_.add_gram(panel_, !right, order, count, line > 0, buffers_.matrix);
    }
  }

  void refresh(size_t i, float scale, cudaStream_t stream) {
    const SvdBasis* device_item = device_items_ + i;
    const SvdPlan plan = plan_of(items_[i]);
    Found found = {{}, 0, plan.through_others, plan.completes, scale, buffers_.info};
    if (scale != 0) {
      form_matrix(items_[i], device_item, plan, scale, stream);
      found.vectors = solver_.solve(plan.problem, buffers_);
      found.count = plan.problem.count;
      launch_together(take, device_item, found, stream);
    }
    launch_together(finish, device_item, found, stream);
  }

  using Ending = void (*)(const SvdBasis*, Found, RefreshMemory, Bases);
  static const void* address(Ending kernel) { return reinterpret_cast<const void*>(kernel); }

  void launch_together(Ending kernel, const SvdBasis* item, Found found, cudaStream_t stream) {
    void* arguments[] = {&item, &found, &memory_, &bases_};
    check(cudaLaunchCooperativeKernel(address(kernel), dim3(blocks_), dim3(kThreads), arguments, 0,
                                      stream),
          "could not launch a kernel");
  }

  SvdSolver solver_;  // first: without its libraries nothing else is worth while
  std::vector<SvdBasis> items_;
  const SvdBasis* device_items_;
  Bases bases_;
  RefreshMemory memory_;
  Tiles tiles_;  // of the gradients
  Report* device_reports_;
  std::vector<Report> reports_;
  std::vector<RefreshClock> clocks_;
  unsigned blocks_ = 0;
  unsigned spread_blocks_ = 0;
  double* panel_ = nullptr;
  SvdBuffers buffers_ = {};
};

void record(std::span<const SvdBasis> items, Recorder& recorder) {
  if (!items.empty()) recorder.host(std::make_unique<SvdRefresh>(items, recorder));
}

const Registered<SvdBasis, record> registered;

}  // namespace
}  // namespace lean::cuda
