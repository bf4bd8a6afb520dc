// What kind of work an instruction is.
#pragma once

#include <cstdint>
#include <string_view>

#include "simt/ptx/spelling.h"

namespace lean::simt {

enum class InstructionClass : uint8_t {
  integer,     // and logic, comparisons of integers
  single,      // float
  twofold,     // double
  half,        // f16, bf16 and pairs of them
  conversion,  // cvt
  move,        // mov, selp, cvta
  memory,      // loads, stores, atomics, ldmatrix
  control,     // branches, barriers, fences
  warp,        // shfl, vote, match, redux
  tensor,      // mma, wmma
  count_of_them,
};

inline constexpr size_t kInstructionClasses = static_cast<size_t>(InstructionClass::count_of_them);

std::string_view name_of(InstructionClass which);
InstructionClass class_of(const Spelling& spelling);

}  // namespace lean::simt
