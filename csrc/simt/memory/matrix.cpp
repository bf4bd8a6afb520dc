// ldmatrix and stmatrix of 8x8 matrices with 16-bit elements (PTX ISA 9.0, 9.7.14.5.15 and .16).
#include <bit>
#include <cstring>

#include "simt/machine/columns.h"
#include "simt/machine/convergence.h"
#include "simt/memory/access.h"
#include "simt/memory/spelling.h"

namespace lean::simt {
namespace {

enum Slot { kSpace, kCount, kTransposed };
constexpr size_t kRows = 8;

// A matrix of 8 x 8, row after row, and where the elements of the transposed one come from.
using Matrix [[gnu::vector_size(128)]] = uint16_t;
const Matrix kTransposition = [] {
  std::array<uint16_t, kRows * kRows> from;
  for (size_t i = 0; i < from.size(); ++i) {
    from[i] = static_cast<uint16_t>(i % kRows * kRows + i / kRows);
  }
  return std::bit_cast<Matrix>(from);
}();

using Rows = std::array<std::array<uint16_t, kRows>, kLanes>;  // 8 of each matrix

// Lane l has of each matrix row l / 4 and columns l % 4 * 2 and the next; transposed, the other way
// round.
struct Element {
  size_t row, column;
};
Element element_of(size_t lane, size_t half, bool transposed) {
  const size_t major = lane / 4, minor = lane % 4 * 2 + half;
  return transposed ? Element{minor, major} : Element{major, minor};
}

void resolve_rows(Warp& warp, const Instruction& instruction, AccessKind kind, size_t operand,
                  HostPointers& host) {
  const uint32_t rows = instruction.data[kCount] * kRows;
  Access access;
  access.kind = kind;
  access.space = static_cast<Space>(instruction.data[kSpace]);
  access.bytes = 16;
  access.lanes = rows == kLanes ? kAllLanes : (Mask{1} << rows) - 1;
  read_addresses(warp, instruction.operands[operand], instruction.displacement, access.space,
                 access.address);
  resolve(warp, instruction, access, host);
}

Flow load(Warp& warp, const Instruction& instruction, Mask mask) {
  if (!whole_warp(warp, instruction, mask)) return Flow::wait;
  const size_t count = instruction.data[kCount];
  const bool transposed = instruction.data[kTransposed] != 0;
  HostPointers host;
  resolve_rows(warp, instruction, AccessKind::load, count, host);
  for (size_t k = 0; k < count; ++k) {
    Matrix matrix;
    for (size_t i = 0; i < kRows; ++i) {
      std::memcpy(reinterpret_cast<std::byte*>(&matrix) + i * 16, host[k * kRows + i], 16);
    }
    if (transposed) matrix = __builtin_shuffle(matrix, kTransposition);
    // A lane's two elements are next to each other.
    Lanes<uint32_t> lanes;
    std::memcpy(lanes.data(), &matrix, sizeof lanes);
    write(warp, instruction.operands[k], lanes, mask);
  }
  return Flow::next;
}

Flow store(Warp& warp, const Instruction& instruction, Mask mask) {
  if (!whole_warp(warp, instruction, mask)) return Flow::wait;
  const size_t count = instruction.data[kCount];
  const bool transposed = instruction.data[kTransposed] != 0;
  HostPointers host;
  resolve_rows(warp, instruction, AccessKind::store, 0, host);
  Rows rows;
  for (size_t k = 0; k < count; ++k) {
    const Lanes<uint32_t> lanes = read<uint32_t>(warp, instruction.operands[1 + k]);
    for (size_t i = 0; i < kLanes; ++i) {
      const Element low = element_of(i, 0, transposed), high = element_of(i, 1, transposed);
      rows[k * kRows + low.row][low.column] = static_cast<uint16_t>(lanes[i]);
      rows[k * kRows + high.row][high.column] = static_cast<uint16_t>(lanes[i] >> 16);
    }
  }
  for (size_t i = 0; i < count * kRows; ++i) std::memcpy(host[i], rows[i].data(), 16);
  return Flow::next;
}

bool read_shape(const Spelling& spelling, Instruction& instruction) {
  uint32_t count = 0;
  for (const std::string& each : spelling.modifiers) {
    if (each == "x1" || each == "x2" || each == "x4")
      count = static_cast<uint32_t>(each[1] - '0');
    else if (each != "sync" && each != "aligned" && each != "m8n8" && each != "trans" &&
             each != "b16" && each != "shared" && each != "shared::cta")
      return false;
  }
  const bool shared = spelling.has("shared") || spelling.has("shared::cta");
  instruction.data[kSpace] = static_cast<uint32_t>(shared ? Space::shared : Space::generic);
  instruction.data[kCount] = count;
  instruction.data[kTransposed] = spelling.has("trans") ? 1 : 0;
  return count != 0 && spelling.has("m8n8") && spelling.has("b16") && spelling.has("aligned") &&
         instruction.operand_count == count + 1;
}

Execute select_load(const Spelling& spelling, Instruction& instruction) {
  return read_shape(spelling, instruction) ? load : nullptr;
}

Execute select_store(const Spelling& spelling, Instruction& instruction) {
  return read_shape(spelling, instruction) ? store : nullptr;
}

const RegisterOpcode kLdMatrix("ldmatrix", select_load);
const RegisterOpcode kStMatrix("stmatrix", select_store);

}  // namespace
}  // namespace lean::simt
