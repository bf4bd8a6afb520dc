// r distinct rows (or columns), uniformly at random from (seed, stream, calls), ascending: the r
// lines with the smallest random keys. kernels/basis.h says what becomes of the momentum. The
// gradient's values are not read.
#pragma once

#include <tuple>

#include "kernels/basis.h"

namespace lean {

struct UniformLines : LineTarget {
  static constexpr std::string_view name = "uniformLines";

  void* workspace = nullptr;

  static constexpr auto fields() { return line_fields<UniformLines>(); }

  // Keys and order of all lines, the new index, and where each line was before. Momentum is moved
  // in place.
  int64_t workspace_bytes() const { return 12 * lines() + 8 * rank() + 64 * 4; }

  void check() const { check_target(); }
};

}  // namespace lean
