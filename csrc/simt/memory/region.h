// An allocation with what is known of its bytes.
#pragma once

#include "simt/memory/device-memory.h"
#include "simt/memory/shadow.h"

namespace lean::simt {

struct Region : Allocation {
  Shadow written;

  uint64_t end() const { return address + bytes; }
  bool holds(uint64_t first, uint64_t last_end) const {
    return first >= address && last_end <= end();
  }
};

}  // namespace lean::simt
