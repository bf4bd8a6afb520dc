// Special registers (PTX ISA 9.0, 10): ordinary columns of a warp that are filled when it starts.
#pragma once

#include <cstdint>
#include <string_view>

namespace lean::simt {

struct Warp;

enum class Special : uint8_t {
  none,
  tid_x,
  tid_y,
  tid_z,
  ntid_x,
  ntid_y,
  ntid_z,
  ctaid_x,
  ctaid_y,
  ctaid_z,
  nctaid_x,
  nctaid_y,
  nctaid_z,
  laneid,
  warpid,
  nwarpid,
  smid,
  nsmid,
  gridid,
  lanemask_eq,
  lanemask_le,
  lanemask_lt,
  lanemask_ge,
  lanemask_gt,
  is_explicit_cluster,
  clusterid_x,
  clusterid_y,
  clusterid_z,
  nclusterid_x,
  nclusterid_y,
  nclusterid_z,
  cluster_ctaid_x,
  cluster_ctaid_y,
  cluster_ctaid_z,
  cluster_nctaid_x,
  cluster_nctaid_y,
  cluster_nctaid_z,
  cluster_ctarank,
  cluster_nctarank,
  envreg1,
  envreg2,
  envreg_other,
  total_smem_size,
  aggr_smem_size,
  dynamic_smem_size,
  current_graph_exec,
  clock,
  clock_hi,
  clock64,
  globaltimer,
  globaltimer_lo,
  globaltimer_hi,
};

// Special::none for another name. `name` is with its %.
Special special_named(std::string_view name);
bool is_wide(Special special);
bool is_predicate(Special special);
// Whether blocks of a launch have different values: else the register is filled once for all.
bool is_of_block(Special special);
// Clocks are read when the instruction executes.
bool is_clock(Special special);

struct SpecialRegister {
  Special special = Special::none;
  uint32_t offset = 0;  // of its column
};

// Writes all lanes.
void fill_special(Warp& warp, SpecialRegister which);

}  // namespace lean::simt
