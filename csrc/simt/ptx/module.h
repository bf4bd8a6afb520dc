// What the PTX of one source file becomes: kernels that are ready to run, and global variables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "simt/counters/instruction-class.h"
#include "simt/machine/instruction.h"
#include "simt/machine/launch.h"
#include "simt/machine/special.h"

namespace lean::simt {

struct Parameter {
  std::string name;
  uint32_t offset = 0;
  uint32_t bytes = 0;
};

// Where an instruction was written.
struct Place {
  std::string file;  // of the CUDA source, without folders; of the PTX where no .loc says more
  uint32_t line = 0;
  std::string text;     // the statement
  std::string inlined;  // where the code was inlined, outermost: "adam.cu:12"; empty if nowhere
};

// 64 bytes that are aligned as vectors like them.
struct alignas(64) Line {
  std::byte bytes[64];
};

struct Kernel {
  std::string name;  // mangled
  std::vector<Parameter> parameters;
  uint32_t parameter_bytes = 0;
  uint32_t static_shared = 0;  // bytes
  // Shared variables are laid out with unused bytes between them, which no thread may touch: what
  // runs past the end of one must not hit the next.
  uint32_t shared_end = 0;
  uint32_t dynamic_shared = 0;  // where `extern __shared__` starts: after that, aligned
  struct Gap {
    uint32_t offset, bytes;
  };
  std::vector<Gap> shared_gaps;
  uint32_t local_bytes = 0;       // of each thread
  uint32_t register_bytes = 0;    // of a warp
  uint32_t max_threads = 1024;    // .maxntid, __launch_bounds__
  Dim required_block{0, 0, 0};    // .reqntid, __block_size__; 0: any
  Dim required_cluster{0, 0, 0};  // .reqnctapercluster, __cluster_dims__; 0: any
  bool explicit_cluster = false;  // .explicitcluster
  // Functions that the kernel calls stand before it, each after those that it calls itself: lanes
  // that are in one run before those that wait for them behind the call.
  std::vector<Instruction> code;
  uint32_t entry = 0;                     // where the kernel begins
  std::vector<Place> places;              // of each instruction
  std::vector<InstructionClass> classes;  // of each instruction
  std::vector<Column> columns;            // what the instructions' operands point into
  std::vector<Line> constants;
  std::vector<SpecialRegister> specials;             // to be filled when a warp starts
  std::vector<std::vector<uint32_t>> branch_tables;  // of brx.idx
  struct Copy {
    uint32_t from, to, bytes;  // in the local memory of a thread
  };
  std::vector<std::vector<Copy>> copies;  // of calls: arguments, results
  std::vector<std::string> refusals;      // why a call is not interpreted

  const Place& place(uint32_t pc) const { return places[pc]; }
};

struct Variable {
  std::string name;
  uint64_t address = 0;  // in DeviceMemory
  uint64_t bytes = 0;
};

struct Module {
  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  ~Module();  // gives the variables' memory back

  std::string target;  // "sm_90"
  std::map<std::string, std::unique_ptr<Kernel>, std::less<>> kernels;
  std::map<std::string, Variable, std::less<>> variables;
};

// Throws Fault(unsupported) for what it does not understand: a newer .version, an instruction that
// no family knows (when the kernel is launched, not before: others in the file may be fine).
std::unique_ptr<Module> parse_module(std::string_view ptx);

}  // namespace lean::simt
