// One device: its memory, and the kernels registered for it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/executor.h"
#include "core/kernel.h"

namespace lean {

// A library that a backend's kernels open when they need it.
struct LibraryInfo {
  std::string_view title;
  std::string file;     // the name that it was opened by; empty: it cannot be used
  std::string failure;  // why not
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::string_view name() const = 0;
  // Why this machine cannot use it; empty where it can.
  virtual std::string absence() const { return {}; }
  // Which implementations of a kernel it may run (find_run), and a name for that which a
  // checkpoint records: runs are bit-equal within one kind.
  virtual int level() const = 0;
  virtual std::string kind() const = 0;
  // Whether its memory is the host's.
  virtual bool is_host() const = 0;
  // Opens them.
  virtual std::vector<LibraryInfo> libraries() { return {}; }

  // Memory of the device: zeroed, aligned to 64 bytes. Throws Error(ERR_LEAN_OUT_OF_MEMORY).
  virtual void* allocate(size_t bytes) = 0;
  virtual void release(void* memory, size_t bytes) noexcept = 0;
  virtual void copy_in(void* device, const void* host, size_t bytes) = 0;
  virtual void copy_out(void* host, const void* device, size_t bytes) = 0;

  // Throws Error unless all of that memory, which somebody else allocated, is the device's.
  virtual void require_memory(const void*, size_t) const {}

  virtual std::unique_ptr<Executor> prepare(const Plan& plan) = 0;
};

// Backends are created on first use and live until the process ends.
void register_backend(std::string_view name, Backend& (*get)());
// nullptr where none has that name.
Backend* find_backend(std::string_view name);
// Throws Error(ERR_LEAN_UNSUPPORTED) where none has that name, or this machine cannot use it.
Backend& require_backend(std::string_view name);
std::vector<std::string_view> backend_names();

}  // namespace lean
