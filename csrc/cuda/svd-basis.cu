// cuSOLVER can be neither captured nor told from the device what to do, so that this is a step of
// the host's (cuda/recorder.h): it looks which items are due and at their gradients' magnitudes,
// has the library decompose, and ends each with two cooperative launches.
//
// A basis that may wait (kernels/basis.h) is computed beside the steps instead: its gradient is set
// aside, and a thread with a stream of its own does the rest while steps go on. The steps' stream
// waits for it, if it has to, in the call in which the basis is adopted, and the host waits only
// where it reads or writes the state. What it computes here and what there is the same, so it may
// always do it here: for a first basis, for the first one of a weight that this program computes
// (kernels are loaded when they are first used, which may wait for streams that wait for us), where
// it does not know the counters, and where all places are taken.
//
// `auto` is gram for every shape, and `full` is gesvdp: not measured, but estimated for 4096 x 4096
// at rank 1024 on an H100 as 0.15 to 0.3 s for gram, 0.4 to 1 s for gesvdp and 2 to 4 s for gesvd,
// whose ratios other shapes share, as all are cubic. gesvdr wins at ranks far below the sides alone
// and is not exact, so it is never chosen unasked.
// A decomposition that does not converge is refused like a gradient that gives no basis.
#include "kernels/svd-basis.h"

#include <algorithm>

#include "cuda/backend/check.h"
#include "cuda/backend/launch.h"
#include "cuda/backend/pinned.h"
#include "cuda/backend/side-thread.h"
#include "cuda/libs/svd-solver.h"
#include "cuda/refresh/adopt-waiting.cuh"
#include "cuda/refresh/places.h"
#include "cuda/refresh/refresh-clock.h"
#include "cuda/refresh/set-aside.cuh"
#include "cuda/refresh/svd-memory.h"
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

// An item's gradient, which may have been set aside.
__device__ const void* gradient_of(const SvdBasis& item, const void* set_aside, Bases bases) {
  return set_aside != nullptr ? set_aside : at<const void>(item.grad, bases);
}

// to <- scale * the block, in float64.
__global__ void widen_block(const SvdBasis* item, const void* set_aside, Block block, float scale,
                            double* to, Bases bases) {
  const void* grad = gradient_of(*item, set_aside, bases);
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
  // Where the item is computed beside the steps; otherwise nullptr.
  void* set_aside;  // its gradient, and the basis in the end
  Aside* aside;
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
      {{gradient_of(item, found.set_aside, bases), item.grad.dtype, projected, others, !right},
       {memory.projections, DType::float32, rank, others, false}},
      found.scale, memory.basis);
}

__device__ void keep(const float* basis, int64_t count, const Found& found) {
  Grid::sync();
  Grid::threads(count, kOctet, [&](int64_t i) {
    const int64_t left = count - i;
    const int here = left < kOctet ? static_cast<int>(left) : kOctet;
    store(found.set_aside, DType::float32, i, here, load(basis, DType::float32, i, here));
  });
  if (Grid::is_first()) found.aside->is_found = 1;
}

__global__ void __launch_bounds__(kThreads, 1)
    finish(const SvdBasis* item, Found found, RefreshMemory memory, Bases bases) {
  __shared__ Columns::Shared shared;
  const BasisRefresh refresh = {*item, memory, bases, shared};
  const bool is_refused = found.count == 0 || *found.info != 0;
  // Then there is a basis, and counters are those of a later call.
  const bool is_aside = found.aside != nullptr;
  if (is_refused ? !is_aside && !refresh.has_basis() : found.completes) {
    const uint64_t noise =
        is_aside ? random_key(item->seed, item->stream, found.aside->calls) : refresh.key();
    refresh.orthonormal().fill(noise, is_refused ? 0 : found.count);
    Grid::sync();
    refresh.orthonormal().run(noise);
  }
  if (is_aside) {
    if (!is_refused) keep(memory.basis, item->basis.numel(), found);
    return;
  }
  if (is_refused) return refresh.decline();
  refresh.accept();
}

class SvdRefresh {
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
        reports_(items.size()),
        is_due_(items.size()),
        has_solved_(items.size()) {
    const size_t resident = std::min(Recorder::resident_blocks(address(take), kThreads),
                                     Recorder::resident_blocks(address(finish), kThreads));
    blocks_ = static_cast<unsigned>(std::min(refresh_blocks(items), resident));
    spread_blocks_ = static_cast<unsigned>(4 * resident);
    schedule(recorder.items_of<Prologue>());
    allocate(recorder);
    make_places(recorder);
  }

  // Between the two things that it does in a run.
  void record_adoptions(Recorder& recorder) {
    const std::span<const SvdBasis> items(items_);
    // Not in what the thread works in.
    const RefreshMemory memory = places_.empty() ? memory_ : adoption_memory(items, recorder);
    cuda::record_adoptions(items, device_items_, memory, recorder);
  }

  // A run starts.
  void begin(std::span<const uint64_t> bases) {
    for (size_t i = 0; i < items_.size(); ++i) is_due_[i] = clocks_[i].tick(bases);
  }

  // First, bases that were computed beside the steps and are adopted in this run.
  bool has_arrivals() const {
    return std::ranges::any_of(asides_, [&](const Pending& each) { return arrives(each); });
  }
  void take_arrivals(cudaStream_t stream) {
    deliver_where([&](const Pending& each) { return arrives(each); }, stream);
  }

  // Then what is due.
  bool has_due() const {
    return std::ranges::any_of(is_due_, [](char is_due) { return is_due != 0; });
  }
  void run(cudaStream_t stream) {
    std::vector<std::pair<size_t, const Place*>> leaving;
    bool is_needed_here = false;
    for (size_t i = 0; i < items_.size(); ++i) {
      if (is_due_[i] == 0) continue;
      const Place* place = may_leave(i) ? find_place(i, leaving) : nullptr;
      if (place == nullptr) {
        is_needed_here = true;
        continue;
      }
      leaving.emplace_back(i, place);
      is_due_[i] = 0;
    }
    if (is_needed_here) run_here(stream);
    for (const auto& [i, place] : leaving) leave(i, *place, stream);
  }

  void forget() {
    for (RefreshClock& clock : clocks_) clock.forget();
  }

  void settle(cudaStream_t stream) {
    if (asides_.empty()) return;
    side_->wait();
    deliver_where([](const Pending&) { return true; }, stream);
  }

  void raise() {
    if (side_ != nullptr) side_->raise();
  }

 private:
  struct Place {
    void* memory;
    size_t bytes;
    Aside* aside;
  };

  // A basis on its way.
  struct Pending {
    size_t item;
    const Place* place;
    uint32_t job;
    int64_t due;  // the call in which it is adopted, unless that is skipped
  };

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
    std::vector<SvdProblem> problems;
    int64_t panel = 0;
    for (const SvdBasis& item : items_) {
      const SvdPlan plan = plan_of(item);
      if (plan.problem.cols == 0) continue;
      problems.push_back(plan.problem);
      if (!plan.gram) continue;
      const int64_t depth = std::max(item.grad.rows(), item.grad.cols());
      panel = std::max(panel, plan.problem.rows * panel_lines(plan.problem.rows, depth));
    }
    panel_ = recorder.scratch<double>(panel);
    buffers_ = svd_buffers(problems, solver_, recorder);
  }

  static bool can_wait(const SvdBasis& item) { return item.next.base >= 0; }

  static size_t bytes_aside(const SvdBasis& item) {
    return std::max(static_cast<size_t>(item.grad.bytes()),
                    static_cast<size_t>(item.basis.numel()) * sizeof(float));
  }

  void make_places(Recorder& recorder) {
    std::vector<Stay> stays;
    std::vector<size_t> whose;
    for (size_t i = 0; i < items_.size(); ++i) {
      const Prologue* schedule = clocks_[i].schedule();
      if (!can_wait(items_[i]) || schedule == nullptr || schedule->update_proj_gap == 0) continue;
      const int64_t gap = schedule->update_proj_gap, offset = schedule->offset;
      stays.push_back({1 + (offset == 0 ? gap : offset), gap,
                       std::max<int64_t>(items_[i].refresh_delay, 1), bytes_aside(items_[i])});
      whose.push_back(i);
    }
    const PlacePlan plan = plan_places(stays);
    own_place_.resize(items_.size());
    for (size_t k = 0; k < whose.size(); ++k) own_place_[whose[k]] = plan.place_of[k];
    for (const size_t bytes : plan.bytes) {
      places_.push_back({recorder.scratch<std::byte>(static_cast<int64_t>(bytes)), bytes,
                         recorder.scratch<Aside>(1)});
    }
    // Loads what is launched where streams may be waiting.
    for (const void* kernel : {address(open_aside<SvdBasis>), address(set_aside<SvdBasis>),
                               address(deliver<SvdBasis>)}) {
      if (!places_.empty()) Recorder::resident_blocks(kernel, kThreads);
    }
  }

  bool arrives(const Pending& pending) const {
    const RefreshClock& clock = clocks_[pending.item];
    return !clock.is_certain() || clock.calls() >= pending.due;
  }

  bool is_pending(size_t i) const {
    return std::ranges::any_of(asides_, [&](const Pending& each) { return each.item == i; });
  }

  bool may_leave(size_t i) const {
    return can_wait(items_[i]) && !places_.empty() && has_solved_[i] != 0 &&
           clocks_[i].is_certain() && !is_pending(i);
  }

  // The item's own if that is free, which it is where all weights have had the same calls, or else
  // any that is large enough; or nullptr.
  const Place* find_place(size_t i,
                          std::span<const std::pair<size_t, const Place*>> leaving) const {
    const auto suits = [&](const Place& place) {
      return place.bytes >= bytes_aside(items_[i]) &&
             std::ranges::none_of(asides_,
                                  [&](const auto& each) { return each.place == &place; }) &&
             std::ranges::none_of(leaving, [&](const auto& each) { return each.second == &place; });
    };
    const Place& own = places_[own_place_[i]];
    if (suits(own)) return &own;
    const auto other = std::ranges::find_if(places_, suits);
    return other == places_.end() ? nullptr : &*other;
  }

  void leave(size_t i, const Place& place, cudaStream_t stream) {
    const SvdBasis* item = device_items_ + i;
    launch(open_aside<SvdBasis>, {1, 1}, stream, item, place.aside, bases_);
    launch(set_aside<SvdBasis>, {blocks_for(items_[i].grad.numel()), kThreads}, stream, item,
           place.aside, place.memory, bases_);
    if (side_ == nullptr) side_ = std::make_unique<SideThread>(stream);
    const uint32_t job =
        side_->start(stream, [this, i, place](cudaStream_t side) { run_aside(i, place, side); });
    asides_.push_back({i, &place, job, clocks_[i].calls() + items_[i].refresh_delay});
  }

  // On the thread.
  void run_aside(size_t i, const Place& place, cudaStream_t stream) {
    const Aside& aside = *seen_aside_.get();
    check(cudaMemcpyAsync(seen_aside_.get(), place.aside, sizeof(Aside), cudaMemcpyDeviceToHost,
                          stream),
          "could not copy");
    check(cudaStreamSynchronize(stream), "a step failed");
    const float scale = scale_for(std::bit_cast<float>(aside.largest));
    if (aside.is_due == 0 || scale == 0) return;
    try {
      solver_.set_stream(stream);
      refresh(i, scale, place.memory, place.aside, stream);
    } catch (const Error& error) {
      throw Error(error.code, std::string("a basis could not be computed beside the steps, and "
                                          "the old one stays: ") +
                                  error.what());
    }
  }

  template <class Which>
  void deliver_where(Which which, cudaStream_t stream) {
    for (const Pending& each : asides_) {
      if (!which(each)) continue;
      const SvdBasis& item = items_[each.item];
      side_->hold(stream, each.job);
      launch(deliver<SvdBasis>, {blocks_for(item.basis.numel()), kThreads}, stream,
             device_items_ + each.item, each.place->aside,
             static_cast<const float*>(each.place->memory), bases_);
    }
    std::erase_if(asides_, which);
  }

  // In the stream, with the host waiting. The thread works in the same memory.
  void run_here(cudaStream_t stream) {
    if (side_ != nullptr) side_->wait();
    deliver_where([&](const Pending& each) { return is_due_[each.item] != 0; }, stream);
    look_at(stream);
    solver_.set_stream(stream);
    for (size_t i = 0; i < items_.size(); ++i) {
      const Report& report = reports_[i];
      const bool is_refreshed = is_due_[i] != 0 && report.is_due != 0;
      if (is_refreshed) {
        const float scale = scale_for(std::bit_cast<float>(report.largest));
        refresh(i, scale, nullptr, nullptr, stream);
        if (scale != 0) has_solved_[i] = 1;
      }
      clocks_[i].learn(report.calls, is_refreshed ? kBasis : report.has_basis);
    }
  }

  // Waits for the launches before, which decide what is due.
  void look_at(cudaStream_t stream) {
    const auto count = static_cast<unsigned>(items_.size());
    launch(look, {(count + kThreads - 1) / kThreads, kThreads}, stream, device_items_, count,
           device_reports_, bases_);
    if (tiles_.count > 0) {
      launch(measure, {static_cast<unsigned>(tiles_.count), kThreads}, stream, device_items_,
             tiles_.data, device_reports_, bases_);
    }
    check(cudaMemcpyAsync(reports_.data(), device_reports_, count * sizeof(Report),
                          cudaMemcpyDeviceToHost, stream),
          "could not copy");
    check(cudaStreamSynchronize(stream), "a step failed");
  }

  // For elements that a thread takes eight at a time.
  unsigned blocks_for(int64_t count) const {
    const int64_t octets = (count + kOctet - 1) / kOctet;
    const int64_t blocks = std::min<int64_t>((octets + kThreads - 1) / kThreads, spread_blocks_);
    return static_cast<unsigned>(std::max<int64_t>(blocks, 1));
  }

  void widen(const SvdBasis* item, const void* set_aside, const Block& block, float scale,
             double* to, cudaStream_t stream) const {
    const int64_t octets = block.rows * ((block.cols + kOctet - 1) / kOctet);
    launch(widen_block, {blocks_for(octets * kOctet), kThreads}, stream, item, set_aside, block,
           scale, to, bases_);
  }

  // The problem's matrix, from panels of the gradient's lines or from all of it.
  void form_matrix(const SvdBasis& item, const SvdBasis* device_item, const SvdPlan& plan,
                   float scale, const void* set_aside, cudaStream_t stream) {
    const int64_t m = item.grad.rows(), n = item.grad.cols();
    if (!plan.gram) {
      const bool transposed = n >= m;
      const Block whole = {0, 0, m, n, transposed ? n : 1, transposed ? 1 : m};
      return widen(device_item, set_aside, whole, scale, buffers_.matrix, stream);
    }
    const bool right = plan.gram_side == Side::right;
    const int64_t order = right ? n : m, depth = right ? m : n;
    const int64_t lines = panel_lines(order, depth);
    for (int64_t line = 0; line < depth; line += lines) {
      const int64_t count = std::min(lines, depth - line);
      const Block panel =
          right ? Block{line, 0, count, n, n, 1} : Block{0, line, m, count, count, 1};
      widen(device_item, set_aside, panel, scale, panel_, stream);
      solver_.add_gram(panel_, !right, order, count, line > 0, buffers_.matrix);
    }
  }

  // Of the item's gradient, or of the one that was set aside.
  void refresh(size_t i, float scale, void* set_aside, Aside* aside, cudaStream_t stream) {
    const SvdBasis* device_item = device_items_ + i;
    const SvdPlan plan = plan_of(items_[i]);
    Found found = {{},        0,    plan.through_others, plan.completes, scale, buffers_.info,
                   set_aside, aside};
    if (scale != 0) {
      form_matrix(items_[i], device_item, plan, scale, set_aside, stream);
      found.vectors = solver_.solve(plan.problem, buffers_);
      found.count = plan.problem.count;
      launch(take, {blocks_, kThreads, true}, stream, device_item, found, memory_, bases_);
    }
    launch(finish, {blocks_, kThreads, true}, stream, device_item, found, memory_, bases_);
  }

  template <class Kernel>
  static const void* address(Kernel* kernel) {
    return reinterpret_cast<const void*>(kernel);
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
  std::vector<char> is_due_;      // in the run that has started
  std::vector<char> has_solved_;  // by this program
  unsigned blocks_ = 0;
  unsigned spread_blocks_ = 0;
  double* panel_ = nullptr;
  SvdBuffers buffers_ = {};
  std::vector<Place> places_;      // stay where they are
  std::vector<size_t> own_place_;  // of each item, where there are places
  std::vector<Pending> asides_;    // in the order in which they were begun
  Pinned<Aside> seen_aside_;
  std::unique_ptr<SideThread> side_;  // last: its work uses the rest
};

// What it does before bases that wait are adopted, and after.
class SvdArrivals final : public HostStep {
 public:
  explicit SvdArrivals(std::shared_ptr<SvdRefresh> refresh) : refresh_(std::move(refresh)) {}
  bool is_due(std::span<const uint64_t> bases) override {
    refresh_->begin(bases);
    return refresh_->has_arrivals();
  }
  void run(cudaStream_t stream) override { refresh_->take_arrivals(stream); }
  void forget() override { refresh_->forget(); }
  void settle(cudaStream_t stream) override { refresh_->settle(stream); }
  void raise() override { refresh_->raise(); }

 private:
  std::shared_ptr<SvdRefresh> refresh_;
};

class SvdStart final : public HostStep {
 public:
  explicit SvdStart(std::shared_ptr<SvdRefresh> refresh) : refresh_(std::move(refresh)) {}
  bool is_due(std::span<const uint64_t>) override { return refresh_->has_due(); }
  void run(cudaStream_t stream) override { refresh_->run(stream); }
  void forget() override {}

 private:
  std::shared_ptr<SvdRefresh> refresh_;
};

void record(std::span<const SvdBasis> items, Recorder& recorder) {
  if (items.empty()) return;
  const auto refresh = std::make_shared<SvdRefresh>(items, recorder);
  recorder.host(std::make_unique<SvdArrivals>(refresh));
  refresh->record_adoptions(recorder);
  recorder.host(std::make_unique<SvdStart>(refresh));
}

const Registered<SvdBasis, record> registered;

}  // namespace
}  // namespace lean::cuda
