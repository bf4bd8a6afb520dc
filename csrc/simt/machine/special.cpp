#include "simt/machine/special.h"

#include <chrono>
#include <unordered_map>

#include "simt/machine/block.h"
#include "simt/machine/codes.h"
#include "simt/machine/columns.h"
#include "simt/ptx/module.h"

namespace lean::simt {
namespace {

using Names = std::unordered_map<std::string_view, Special>;

const Names& names() {
  static const Names table = {
      {"%tid.x", Special::tid_x},
      {"%tid.y", Special::tid_y},
      {"%tid.z", Special::tid_z},
      {"%ntid.x", Special::ntid_x},
      {"%ntid.y", Special::ntid_y},
      {"%ntid.z", Special::ntid_z},
      {"%ctaid.x", Special::ctaid_x},
      {"%ctaid.y", Special::ctaid_y},
      {"%ctaid.z", Special::ctaid_z},
      {"%nctaid.x", Special::nctaid_x},
      {"%nctaid.y", Special::nctaid_y},
      {"%nctaid.z", Special::nctaid_z},
      {"%laneid", Special::laneid},
      {"%warpid", Special::warpid},
      {"%nwarpid", Special::nwarpid},
      {"%smid", Special::smid},
      {"%nsmid", Special::nsmid},
      {"%gridid", Special::gridid},
      {"%lanemask_eq", Special::lanemask_eq},
      {"%lanemask_le", Special::lanemask_le},
      {"%lanemask_lt", Special::lanemask_lt},
      {"%lanemask_ge", Special::lanemask_ge},
      {"%lanemask_gt", Special::lanemask_gt},
      {"%is_explicit_cluster", Special::is_explicit_cluster},
      {"%clusterid.x", Special::clusterid_x},
      {"%clusterid.y", Special::clusterid_y},
      {"%clusterid.z", Special::clusterid_z},
      {"%nclusterid.x", Special::nclusterid_x},
      {"%nclusterid.y", Special::nclusterid_y},
      {"%nclusterid.z", Special::nclusterid_z},
      {"%cluster_ctaid.x", Special::cluster_ctaid_x},
      {"%cluster_ctaid.y", Special::cluster_ctaid_y},
      {"%cluster_ctaid.z", Special::cluster_ctaid_z},
      {"%cluster_nctaid.x", Special::cluster_nctaid_x},
      {"%cluster_nctaid.y", Special::cluster_nctaid_y},
      {"%cluster_nctaid.z", Special::cluster_nctaid_z},
      {"%cluster_ctarank", Special::cluster_ctarank},
      {"%cluster_nctarank", Special::cluster_nctarank},
      {"%envreg1", Special::envreg1},
      {"%envreg2", Special::envreg2},
      {"%total_smem_size", Special::total_smem_size},
      {"%aggr_smem_size", Special::aggr_smem_size},
      {"%dynamic_smem_size", Special::dynamic_smem_size},
      {"%current_graph_exec", Special::current_graph_exec},
      {"%clock", Special::clock},
      {"%clock_hi", Special::clock_hi},
      {"%clock64", Special::clock64},
      {"%globaltimer", Special::globaltimer},
      {"%globaltimer_lo", Special::globaltimer_lo},
      {"%globaltimer_hi", Special::globaltimer_hi},
  };
  return table;
}

constexpr uint32_t kProcessors = 132;  // %nsmid, of an H100

// What is the same in all lanes.
uint64_t uniform_value(const Warp& warp, Special special) {
  const Block& block = *warp.block;
  const Launch& launch = *block.grid->launch;
  const Dim& cluster = launch.cluster;
  switch (special) {
    case Special::ntid_x:
      return launch.block.x;
    case Special::ntid_y:
      return launch.block.y;
    case Special::ntid_z:
      return launch.block.z;
    case Special::ctaid_x:
      return block.index.x;
    case Special::ctaid_y:
      return block.index.y;
    case Special::ctaid_z:
      return block.index.z;
    case Special::nctaid_x:
      return launch.grid.x;
    case Special::nctaid_y:
      return launch.grid.y;
    case Special::nctaid_z:
      return launch.grid.z;
    case Special::warpid:
      return warp.index;
    case Special::nwarpid:
      return block.warps.size();
    case Special::smid:
      return block.number % kProcessors;
    case Special::nsmid:
      return kProcessors;
    case Special::gridid:
      return block.grid->serial;
    case Special::is_explicit_cluster:
      return cluster.count() > 1 ? ~uint64_t{0} : 0;
    case Special::clusterid_x:
      return block.index.x / cluster.x;
    case Special::clusterid_y:
      return block.index.y / cluster.y;
    case Special::clusterid_z:
      return block.index.z / cluster.z;
    case Special::nclusterid_x:
      return launch.grid.x / cluster.x;
    case Special::nclusterid_y:
      return launch.grid.y / cluster.y;
    case Special::nclusterid_z:
      return launch.grid.z / cluster.z;
    case Special::cluster_ctaid_x:
      return block.index.x % cluster.x;
    case Special::cluster_ctaid_y:
      return block.index.y % cluster.y;
    case Special::cluster_ctaid_z:
      return block.index.z % cluster.z;
    case Special::cluster_nctaid_x:
      return cluster.x;
    case Special::cluster_nctaid_y:
      return cluster.y;
    case Special::cluster_nctaid_z:
      return cluster.z;
    case Special::cluster_ctarank:
      return block.rank;
    case Special::cluster_nctarank:
      return cluster.count();
    case Special::envreg1:
      return block.grid->workspace >> 32;
    case Special::envreg2:
      return block.grid->workspace & 0xffffffffu;
    case Special::total_smem_size:
    case Special::aggr_smem_size:
      return block.grid->kernel->static_shared + launch.dynamic_shared;
    case Special::dynamic_smem_size:
      return launch.dynamic_shared;
    default:
      return 0;
  }
}

bool is_of_lane(Special special) {
  return special <= Special::tid_z || special == Special::laneid ||
         (special >= Special::lanemask_eq && special <= Special::lanemask_gt);
}

uint64_t lane_value(const Warp& warp, Special special, uint32_t lane) {
  const Dim& block = warp.block->grid->launch->block;
  const uint32_t thread = warp.index * kLanes + lane;
  const uint64_t own = uint64_t{1} << lane;
  switch (special) {
    case Special::tid_x:
      return thread % block.x;
    case Special::tid_y:
      return thread / block.x % block.y;
    case Special::tid_z:
      return thread / block.x / block.y;
    case Special::laneid:
      return lane;
    case Special::lanemask_eq:
      return own;
    case Special::lanemask_le:
      return own * 2 - 1;
    case Special::lanemask_lt:
      return own - 1;
    case Special::lanemask_ge:
      return ~(own - 1);
    case Special::lanemask_gt:
      return ~(own * 2 - 1);
    default:
      return 0;
  }
}

uint64_t clock_value(Special special) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const auto nanoseconds =
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
  const bool high = special == Special::clock_hi || special == Special::globaltimer_hi;
  return high ? nanoseconds >> 32 : nanoseconds;
}

void fill(Warp& warp, SpecialRegister which, bool clock) {
  std::byte* to = warp.registers + which.offset;
  if (is_predicate(which.special)) {
    const auto bits = static_cast<Mask>(uniform_value(warp, which.special));
    std::memcpy(to, &bits, sizeof bits);
    return;
  }
  const bool same = clock || !is_of_lane(which.special);
  uint64_t value = 0;
  if (same) value = clock ? clock_value(which.special) : uniform_value(warp, which.special);
  const size_t cell = is_wide(which.special) ? 8 : 4;
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    if (!same) value = lane_value(warp, which.special, lane);
    std::memcpy(to + lane * cell, &value, cell);
  }
}

}  // namespace

Special special_named(std::string_view name) {
  if (name.empty() || name[0] != '%') return Special::none;
  const auto found = names().find(name);
  if (found != names().end()) return found->second;
  return name.substr(0, 7) == "%envreg" ? Special::envreg_other : Special::none;
}

bool is_wide(Special special) {
  return special == Special::clock64 || special == Special::globaltimer ||
         special == Special::gridid || special == Special::current_graph_exec;
}

bool is_predicate(Special special) { return special == Special::is_explicit_cluster; }

bool is_of_block(Special special) {
  switch (special) {
    case Special::ctaid_x:
    case Special::ctaid_y:
    case Special::ctaid_z:
    case Special::smid:
    case Special::clusterid_x:
    case Special::clusterid_y:
    case Special::clusterid_z:
    case Special::cluster_ctaid_x:
    case Special::cluster_ctaid_y:
    case Special::cluster_ctaid_z:
    case Special::cluster_ctarank:
      return true;
    default:
      return false;
  }
}

bool is_clock(Special special) { return special >= Special::clock; }

void fill_special(Warp& warp, SpecialRegister which) { fill(warp, which, false); }

Flow read_clock(Warp& warp, const Instruction& instruction, Mask) {
  const auto special = static_cast<Special>(instruction.data[0]);
  fill(warp, {special, instruction.operands[0].offset}, true);
  return Flow::next;
}

}  // namespace lean::simt
