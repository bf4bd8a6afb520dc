// A kernel with the functions that it calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "simt/ptx/module.h"
#include "simt/ptx/syntax.h"

namespace lean::simt {

// How a call is written: (results), callee, (arguments).
struct CallForm {
  const std::vector<Operand>* results = nullptr;
  std::string_view callee;  // or the register that names it
  const std::vector<Operand>* arguments = nullptr;
};
CallForm call_form(const Spelling& spelling);

// A function that has its place in the kernel: it can be called.
struct Linked {
  uint32_t start = 0;                         // index of its first instruction
  Column back;                                // where to each lane returns
  std::vector<uint32_t> results, parameters;  // in the local memory of a thread
  const Function* function = nullptr;
};

// What the functions of a kernel share while they are assembled.
struct Unit {
  std::map<std::string_view, Linked> functions;
  std::map<std::string, uint64_t, std::less<>> shared;  // offsets of variables
  std::vector<size_t> first_columns;                    // of each instruction
};

void link_kernel(const SyntaxTree& tree, const Function& entry, const Module& module,
                 Kernel& kernel);

}  // namespace lean::simt
