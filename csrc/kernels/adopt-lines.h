// Line numbers that the caller gives (projector `given` on lines): r of them, distinct, in any
// order (anything else is refused, refused += 1), put in the old ones' place as kernels/basis.h
// says. Under rotate they must ascend, and the momentum of a line in both sets moves with it. The
// gradient is not read.
#pragma once

#include <tuple>

#include "kernels/basis.h"

namespace lean {

struct AdoptLines : LineTarget {
  static constexpr std::string_view name = "adoptLines";

  Tensor source;  // int32, r
  void* workspace = nullptr;

  static constexpr auto fields() {
    return std::tuple_cat(line_fields<AdoptLines>(),
                          std::tuple{field("source", &AdoptLines::source)});
  }

  // Where each line was before, or the lines in order. Momentum is moved in place.
  int64_t workspace_bytes() const { return 4 * rank(); }

  void check() const {
    check_target();
    require_type(source, DType::int32, "source");
    require(source.numel() == index.numel(), "source must have the shape of index");
  }
};

}  // namespace lean
