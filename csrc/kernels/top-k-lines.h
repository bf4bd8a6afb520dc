// The r rows (or columns) of the gradient with the largest 2-norms, ascending by number; among
// equal norms the smaller number wins. kernels/basis.h says what becomes of the momentum.
#pragma once

#include <tuple>

#include "kernels/basis.h"

namespace lean {

struct TopKLines : LineTarget {
  static constexpr std::string_view name = "topKLines";

  void* workspace = nullptr;

  static constexpr auto fields() { return line_fields<TopKLines>(); }

  // Norms and order of all lines, the new index, and where each line was before. Momentum is moved
  // in place.
  int64_t workspace_bytes() const { return 12 * lines() + 8 * rank() + 64 * 4; }

  void check() const { check_target(); }
};

}  // namespace lean
