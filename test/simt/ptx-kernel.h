// Runs kernels that are written as PTX text.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "simt/checks/fault.h"
#include "simt/machine/launch.h"
#include "simt/memory/device-memory.h"
#include "simt/ptx/module.h"

namespace lean::simt {

// Memory of the device for as long as it is in scope.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(size_t count) : count_(count) {
    address_ = DeviceMemory::get().allocate(count * sizeof(T), MemoryKind::device);
  }
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
    std::memcpy(data(), values.data(), count_ * sizeof(T));
    DeviceMemory::get().set_initialized(address_, count_ * sizeof(T));
  }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  ~DeviceArray() { DeviceMemory::get().release(address_); }

  T* data() const { return reinterpret_cast<T*>(address_); }
  uint64_t address() const { return address_; }
  std::vector<T> values() const { return {data(), data() + count_}; }

 private:
  size_t count_;
  uint64_t address_;
};

// A module of one kernel, `k`. Give the parameters, the registers and the body:
// PtxKernel(".param .u64 out", ".reg .b32 %r<4>; ret;").
class PtxKernel {
 public:
  PtxKernel(const std::string& parameters, const std::string& body,
            const std::string& before = "") {
    module_ = parse_module(".version 9.0\n.target sm_90\n.address_size 64\n" + before +
                           "\n.visible .entry k(" + parameters + ")\n{\n" + body + "\n}\n");
    launch.kernel = module_->kernels.at("k").get();
  }

  // Runs with one uint64_t for each parameter.
  void operator()(Dim grid, Dim block, const std::vector<uint64_t>& arguments = {}) {
    launch.grid = grid;
    launch.block = block;
    launch.parameters.assign(launch.kernel->parameter_bytes, std::byte{0});
    for (size_t i = 0; i < arguments.size(); ++i) {
      const Parameter& parameter = launch.kernel->parameters[i];
      std::memcpy(launch.parameters.data() + parameter.offset, &arguments[i],
                  std::min<size_t>(parameter.bytes, 8));
    }
    run(launch);
  }

  // The report of the fault that such a run ends with, or "" where it ends well.
  std::string fault(Dim grid, Dim block, const std::vector<uint64_t>& arguments = {}) {
    try {
      (*this)(grid, block, arguments);
    } catch (const Fault& fault) {
      return fault.what();
    }
    return "";
  }

  const Kernel& kernel() const { return *launch.kernel; }
  const Module& module() const { return *module_; }
  Launch launch;

 private:
  std::unique_ptr<Module> module_;
};

}  // namespace lean::simt
