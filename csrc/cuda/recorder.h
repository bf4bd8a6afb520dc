// What the CUDA backend hands to its kernels once, when a program is built: they put what they need
// on the device and record their launches, which every run replays.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/executor.h"
#include "core/kernel.h"
#include "cuda/device/tensor.cuh"

namespace lean::cuda {

// A part of an item that one block works on.
struct Tile {
  uint32_t item;
  uint32_t index;  // within the item
};

struct Tiles {
  const Tile* data;  // on the device
  size_t count;
};

class DeviceArena;  // memory that lives as long as the program

struct Launch {
  const void* kernel;
  dim3 grid;
  dim3 block;
  bool cooperative = false;
  std::shared_ptr<void> values;  // of the arguments
  std::vector<void*> arguments;  // point into them
  std::vector<size_t> tables;    // which of them are the program's table of bases

  // With `bases` in the place of the program's own, if it is given.
  void enqueue(cudaStream_t stream, Bases bases = nullptr) const;
};

// What the host does in a run between launches, since it cannot be captured: calls of libraries. A
// run in which no such step is due replays one graph and leaves the host out of it.
class HostStep {
 public:
  virtual ~HostStep() = default;
  // Whether the run that is about to start may need it; asked once for every run. `bases` is where
  // the program's memories are in it.
  virtual bool is_due(std::span<const uint64_t> bases) = 0;
  // Enqueues what is due, after the launches recorded before it; may wait for them.
  virtual void run(cudaStream_t stream) = 0;
  // The state has been written from outside.
  virtual void forget() = 0;
  // Enqueues what came of work beside the stream, once the host has waited for it.
  virtual void settle(cudaStream_t) {}
  // Throws, once, what went wrong in such work.
  virtual void raise() {}
};

// Launches, and after how many of them the host has a step to do.
struct Recording {
  struct Host {
    size_t after;
    std::unique_ptr<HostStep> step;
  };
  std::vector<Launch> launches;
  std::vector<Host> host;
};

class Recorder final : public Context {
 public:
  Recorder(DeviceArena& arena, Bases bases, std::span<const Call> calls, size_t scratch_bytes)
      : arena_(arena), bases_(bases), calls_(calls), scratch_bytes_(scratch_bytes) {}

  // The items of another kernel in the same sequence.
  template <class Item>
  std::span<const Item> items_of() const {
    for (const Call& call : calls_) {
      if (call.info->name != Item::name) continue;
      return {reinterpret_cast<const Item*>(call.items.get()), call.count};
    }
    return {};
  }

  // The program's table of bases, on the device.
  Bases bases() const { return bases_; }

  // A copy on the device. Items keep their form, but what their tensors' `data` points at is
  // nothing there: at(tensor, bases).
  template <class T>
  const T* upload(std::span<const T> values) {
    static_assert(std::is_trivially_copyable_v<T>);
    return static_cast<const T*>(upload(values.data(), values.size_bytes()));
  }

  // What a call should get along with, where it can do its items one group after another.
  size_t scratch_bytes() const { return scratch_bytes_; }

  // Memory of this call's own, on the device.
  template <class T>
  T* scratch(int64_t count) {
    return static_cast<T*>(allocate(static_cast<size_t>(count) * sizeof(T)));
  }

  // The tiles of all items, in order: count(item) of each.
  template <class Item, class Count>
  Tiles tiles(std::span<const Item> items, Count count) {
    return upload(list_of_tiles(items, count));
  }

  // The same from the last to the first.
  template <class Item, class Count>
  Tiles tiles_reversed(std::span<const Item> items, Count count) {
    std::vector<Tile> list = list_of_tiles(items, count);
    std::ranges::reverse(list);
    return upload(list);
  }

  // Launches kernel<<<blocks, threads>>>(arguments...) in every run, after what came before.
  template <class... Parameters, class... Arguments>
  void launch(void (*kernel)(Parameters...), size_t blocks, unsigned threads,
              Arguments... arguments) {
    if (blocks > 0) add(kernel, blocks, threads, std::tuple<Parameters...>(arguments...));
  }

  // The same with all blocks resident at once, so that they may wait for each other; of `blocks` as
  // many as that allows.
  template <class... Parameters, class... Arguments>
  void launch_together(void (*kernel)(Parameters...), size_t blocks, unsigned threads,
                       Arguments... arguments) {
    const size_t resident = resident_blocks(reinterpret_cast<const void*>(kernel), threads);
    add(kernel, blocks < resident ? blocks : resident, threads,
        std::tuple<Parameters...>(arguments...))
        .cooperative = true;
  }

  // How many blocks of a kernel the device can run at once.
  static size_t resident_blocks(const void* kernel, unsigned threads);

  // Has the host do something in every run that needs it.
  void host(std::unique_ptr<HostStep> step) {
    recording_.host.push_back({recording_.launches.size(), std::move(step)});
  }

  Recording take() { return std::move(recording_); }

 private:
  template <class Item, class Count>
  static std::vector<Tile> list_of_tiles(std::span<const Item> items, Count count) {
    std::vector<Tile> list;
    for (size_t i = 0; i < items.size(); ++i) {
      const int64_t of_item = count(items[i]);
      require_tiles(list.size(), of_item);
      for (int64_t k = 0; k < of_item; ++k) {
        list.push_back({static_cast<uint32_t>(i), static_cast<uint32_t>(k)});
      }
    }
    return list;
  }
  Tiles upload(const std::vector<Tile>& list) {
    return {upload(std::span<const Tile>(list)), list.size()};
  }
  const void* upload(const void* values, size_t bytes);
  void* allocate(size_t bytes);
  template <class Kernel, class Values>
  Launch& add(Kernel kernel, size_t blocks, unsigned threads, Values arguments) {
    auto values = std::make_shared<Values>(std::move(arguments));
    Launch& added = recording_.launches.emplace_back();
    added.kernel = reinterpret_cast<const void*>(kernel);
    added.grid = dim3(static_cast<unsigned>(blocks));
    added.block = dim3(threads);
    const auto point_at = [&]<class T>(T& value) {
      if constexpr (std::is_same_v<T, Bases>) added.tables.push_back(added.arguments.size());
      added.arguments.push_back(static_cast<void*>(&value));
    };
    std::apply([&](auto&... value) { (point_at(value), ...); }, *values);
    added.values = std::move(values);
    return added;
  }
  static void require_tiles(size_t before, int64_t more);

  DeviceArena& arena_;
  Bases bases_;
  std::span<const Call> calls_;
  size_t scratch_bytes_;
  Recording recording_;
};

}  // namespace lean::cuda
