// wmma.load and wmma.store (PTX ISA 9.7.14.4).
#include <array>
#include <cstring>

#include "simt/checks/fault.h"
#include "simt/instructions/modifiers.h"
#include "simt/instructions/wmma-fragment.h"
#include "simt/machine/columns.h"
#include "simt/machine/convergence.h"
#include "simt/memory/access.h"
#include "simt/memory/spelling.h"

namespace lean::simt {
namespace {

// In Instruction::data: what a load or store moves.
struct Fragment {
  Type type = Type::none;
  Space space = Space::generic;
  bool row_major = false;
  bool has_stride = false;
  uint8_t rows = 0;
  uint8_t columns = 0;
  uint8_t registers = 0;
};

Fragment fragment_of(const Instruction& i) {
  Fragment fragment;
  static_assert(sizeof fragment <= sizeof i.data);
  std::memcpy(&fragment, i.data, sizeof fragment);
  return fragment;
}

// Adds to the addresses of the matrix what leads to element j of each lane.
class Addresses {
 public:
  Addresses(Warp& warp, const Instruction& i, const Fragment& fragment, int address_operand,
            int stride_operand)
      : fragment_(fragment) {
    read_addresses(warp, i.operands[address_operand], i.displacement, fragment.space, base_);
    stride_.fill(fragment.row_major ? fragment.columns : fragment.rows);
    if (fragment.has_stride) stride_ = read<uint32_t>(warp, i.operands[stride_operand]);
    const auto bytes = static_cast<uint32_t>(size_of(fragment.type));
    for (int lane = 0; lane < kLanes; ++lane) {
      if (base_[lane] % 32 == 0 && stride_[lane] * bytes % 16 == 0) continue;
      throw Fault(FaultKind::misaligned, warp, i, lane,
                  "a matrix must begin at a multiple of 32 bytes and its rows lie a multiple of "
                  "16 bytes apart");
    }
  }

  std::array<uint64_t, kLanes> of_element(int j) const {
    std::array<uint64_t, kLanes> addresses;
    for (int lane = 0; lane < kLanes; ++lane) {
      const uint32_t number = (32 * j + lane) % (fragment_.rows * fragment_.columns);
      const uint64_t row = number / fragment_.columns;
      const uint64_t column = number % fragment_.columns;
      const uint64_t major = fragment_.row_major ? row : column;
      const uint64_t minor = fragment_.row_major ? column : row;
      const uint64_t offset = major * stride_[lane] + minor;
      addresses[lane] = base_[lane] + offset * size_of(fragment_.type);
    }
    return addresses;
  }

 private:
  Fragment fragment_;
  std::array<uint64_t, kLanes> base_;
  Lanes<uint32_t> stride_;
};

HostPointers element(Warp& warp, const Instruction& i, AccessKind kind, const Fragment& fragment,
                     const Addresses& addresses, int j) {
  Access access;
  access.kind = kind;
  access.space = fragment.space;
  access.bytes = static_cast<uint32_t>(size_of(fragment.type));
  access.lanes = kAllLanes;
  access.address = addresses.of_element(j);
  HostPointers host;
  resolve(warp, i, access, host);
  return host;
}

// A register of a fragment: one element of 4 or 8 bytes, or two of 2.
Flow load(Warp& warp, const Instruction& i, Mask mask) {
  if (!whole_warp(warp, i, mask)) return Flow::wait;
  const Fragment fragment = fragment_of(i);
  const Addresses addresses(warp, i, fragment, fragment.registers, fragment.registers + 1);
  const int bytes = size_of(fragment.type);
  const int in_register = bytes == 2 ? 2 : 1;
  for (int r = 0; r < fragment.registers; ++r) {
    Lanes<uint64_t> values = {};
    for (int e = 0; e < in_register; ++e) {
      const HostPointers host =
          element(warp, i, AccessKind::load, fragment, addresses, r * in_register + e);
      for (int lane = 0; lane < kLanes; ++lane) {
        uint64_t value = 0;
        std::memcpy(&value, host[lane], bytes);
        values[lane] |= value << (16 * e);
      }
    }
    write(warp, i.operands[r], values, kAllLanes);
  }
  return Flow::next;
}

Flow store(Warp& warp, const Instruction& i, Mask mask) {
  if (!whole_warp(warp, i, mask)) return Flow::wait;
  const Fragment fragment = fragment_of(i);
  const Addresses addresses(warp, i, fragment, 0, fragment.registers + 1);
  const int bytes = size_of(fragment.type);
  const int in_register = bytes == 2 ? 2 : 1;
  for (int r = 0; r < fragment.registers; ++r) {
    const auto values = read<uint64_t>(warp, i.operands[1 + r]);
    for (int e = 0; e < in_register; ++e) {
      const HostPointers host =
          element(warp, i, AccessKind::store, fragment, addresses, r * in_register + e);
      for (int lane = 0; lane < kLanes; ++lane) {
        const uint64_t value = values[lane] >> (16 * e);
        std::memcpy(host[lane], &value, bytes);
      }
    }
  }
  return Flow::next;
}

Space take_space(Modifiers& m) {
  if (m.take("global")) return Space::global;
  if (m.take("shared") || m.take("shared::cta")) return Space::shared;
  return Space::generic;
}

// wmma.load.a.sync.aligned.layout.shape{.space}.type and wmma.store.d...
Execute select_access(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool is_load = m.take("load");
  if (!is_load && !m.take("store")) return nullptr;
  const bool a = is_load && m.take("a");
  const bool b = is_load && !a && m.take("b");
  const bool accumulator = !a && !b;
  if (accumulator && !m.take(is_load ? "c" : "d")) return nullptr;
  if (!m.take("sync") || !m.take("aligned")) return nullptr;
  Fragment fragment;
  fragment.row_major = m.take("row");
  if (!fragment.row_major && !m.take("col")) return nullptr;
  fragment.space = take_space(m);
  fragment.type = m.take_type();
  const auto shape = shape_named(m.take_next());
  if (!m.done() || !shape || !has_type(*shape, fragment.type)) return nullptr;
  const bool is_accumulator_type = fragment.type == Type::f32;
  if (accumulator && (fragment.type == Type::bf16 || fragment.type == Type::tf32)) return nullptr;
  if (!accumulator && is_accumulator_type) return nullptr;
  fragment.rows = static_cast<uint8_t>(b ? shape->k : shape->m);
  fragment.columns = static_cast<uint8_t>(a ? shape->k : shape->n);
  fragment.registers = static_cast<uint8_t>(
      registers_of(fragment.type, fragment.rows * fragment.columns, accumulator));
  const int without_stride = fragment.registers + 1;
  if (i.operand_count != without_stride && i.operand_count != without_stride + 1) return nullptr;
  fragment.has_stride = i.operand_count == without_stride + 1;
  std::memcpy(i.data, &fragment, sizeof fragment);
  return is_load ? load : store;
}

const RegisterOpcode kOpcodes[] = {{"wmma", select_access}};

}  // namespace
}  // namespace lean::simt
