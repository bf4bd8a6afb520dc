// One device: its memory, and the kernels registered for it.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/kernel.h"

namespace lean {

class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::string_view name() const = 0;
  // Which implementations of a kernel it may run (find_run), and a name for that which a
  // checkpoint records: runs are bit-equal within one kind.
  virtual int level() const = 0;
  virtual std::string kind() const = 0;

  // Memory of the device: zeroed, aligned to 64 bytes. Throws Error(ERR_LEAN_OUT_OF_MEMORY).
  virtual void* allocate(size_t bytes) = 0;
  virtual void release(void* memory, size_t bytes) noexcept = 0;
  virtual void copy_in(void* device, const void* host, size_t bytes) = 0;
  virtual void copy_out(void* host, const void* device, size_t bytes) = 0;

  // Runs `work` with the device's context, one caller at a time.
  virtual void with_context(void (*work)(void* arg, Context& context), void* arg) = 0;
};

// Backends are created on first use and live until the process ends.
void register_backend(std::string_view name, Backend& (*get)());
Backend* find_backend(std::string_view name);
std::vector<std::string_view> backend_names();

}  // namespace lean
