// wmma.load and wmma.store (PTX ISA 9.7.14.4).
#include <algorithm>
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

// Room for the largest matrix: 32 x 16 of 2 bytes, 16 x 16 of 4.
constexpr size_t kMatrixBytes = 1024;
// Lines of a matrix begin at multiples of 16 bytes and are as long: it is moved in such pieces,
// each by a lane, a whole warp of them at once.
constexpr uint32_t kPieceBytes = 16;

using Matrix = std::array<std::byte, kMatrixBytes>;

// Where a matrix lies: `lines` rows (by columns: columns), `stride` bytes apart.
struct Lines {
  uint64_t base = 0;
  uint64_t stride = 0;
  uint32_t count = 0;
  uint32_t bytes = 0;
};

Lines lines_of(Warp& warp, const Instruction& i, const Fragment& fragment, int address_operand,
               int stride_operand) {
  std::array<uint64_t, kLanes> base;
  read_addresses(warp, i.operands[address_operand], i.displacement, fragment.space, base);
  const auto bytes = static_cast<uint32_t>(size_of(fragment.type));
  Lines lines;
  lines.count = fragment.row_major ? fragment.rows : fragment.columns;
  const uint32_t length = fragment.row_major ? fragment.columns : fragment.rows;
  lines.bytes = length * bytes;
  Lanes<uint32_t> stride;
  stride.fill(length);
  if (fragment.has_stride) stride = read<uint32_t>(warp, i.operands[stride_operand]);
  for (int lane = 0; lane < kLanes; ++lane) {
    if (base[lane] % 32 != 0 || stride[lane] * uint64_t{bytes} % 16 != 0) {
      throw Fault(FaultKind::misaligned, warp, i, lane,
                  "a matrix must begin at a multiple of 32 bytes and its rows lie a multiple of "
                  "16 bytes apart");
    }
    if (base[lane] != base[0] || stride[lane] != stride[0]) {
      throw Fault(FaultKind::bad_warp_operation, warp, i, lane,
                  "the thread names another matrix than the first of its warp");
    }
  }
  lines.base = base[0];
  lines.stride = stride[0] * uint64_t{bytes};
  return lines;
}

// Calls `move(host, offset)` for each piece: its memory, and where it is in the matrix, line by
// line.
template <class Move>
void each_piece(Warp& warp, const Instruction& i, const Fragment& fragment, AccessKind kind,
                const Lines& lines, Move move) {
  Access access;
  access.kind = kind;
  access.space = fragment.space;
  access.bytes = kPieceBytes;
  const uint32_t in_line = lines.bytes / kPieceBytes;
  const uint32_t pieces = in_line * lines.count;
  for (uint32_t first = 0; first < pieces; first += kLanes) {
    const uint32_t count = std::min<uint32_t>(kLanes, pieces - first);
    access.lanes = count == kLanes ? kAllLanes : (Mask{1} << count) - 1;
    // Lanes without a piece: an address that is one of the matrix.
    access.address.fill(lines.base);
    for (uint32_t k = 0; k < count; ++k) {
      const uint32_t piece = first + k;
      access.address[k] =
          lines.base + piece / in_line * lines.stride + piece % in_line * kPieceBytes;
    }
    HostPointers host;
    resolve(warp, i, access, host);
    for (uint32_t k = 0; k < count; ++k) move(host[k], size_t{first + k} * kPieceBytes);
  }
}

// Rows become columns: of `from`, which has `lines` lines of `length`.
template <class T>
void transpose(const Matrix& from, Matrix& to, uint32_t lines, uint32_t length) {
  const auto at = [](auto& matrix, uint32_t number) { return matrix.data() + number * sizeof(T); };
  for (uint32_t line = 0; line < lines; ++line) {
    for (uint32_t k = 0; k < length; ++k) {
      std::memcpy(at(to, k * lines + line), at(from, line * length + k), sizeof(T));
    }
  }
}

void transpose(const Fragment& fragment, const Matrix& from, Matrix& to, uint32_t lines,
               uint32_t length) {
  const int bytes = size_of(fragment.type);
  if (bytes == 2) transpose<uint16_t>(from, to, lines, length);
  if (bytes == 4) transpose<uint32_t>(from, to, lines, length);
  if (bytes == 8) transpose<uint64_t>(from, to, lines, length);
}

// 32 elements of a matrix from number `first` on, which is repeated where the fragment has more.
template <class T>
Lanes<T> elements(const Matrix& matrix, uint32_t first, uint32_t count) {
  Lanes<T> lanes;
  std::memcpy(lanes.data(), matrix.data() + first % count * sizeof(T), sizeof lanes);
  return lanes;
}

// A register of a fragment: one element of 4 or 8 bytes, or two of 2.
Flow load(Warp& warp, const Instruction& i, Mask mask) {
  if (!whole_warp(warp, i, mask)) return Flow::wait;
  const Fragment fragment = fragment_of(i);
  const Lines lines = lines_of(warp, i, fragment, fragment.registers, fragment.registers + 1);
  Matrix matrix, turned;
  each_piece(warp, i, fragment, AccessKind::load, lines, [&](const std::byte* host, size_t offset) {
    std::memcpy(matrix.data() + offset, host, kPieceBytes);
  });
  if (!fragment.row_major) transpose(fragment, matrix, turned, fragment.columns, fragment.rows);
  const Matrix& by_rows = fragment.row_major ? matrix : turned;
  const uint32_t count = uint32_t{fragment.rows} * fragment.columns;
  const int bytes = size_of(fragment.type);
  for (uint32_t r = 0; r < fragment.registers; ++r) {
    if (bytes == 8) {
      write(warp, i.operands[r], elements<uint64_t>(by_rows, kLanes * r, count), kAllLanes);
    } else if (bytes == 4) {
      write(warp, i.operands[r], elements<uint32_t>(by_rows, kLanes * r, count), kAllLanes);
    } else {
      const auto low = elements<uint16_t>(by_rows, kLanes * 2 * r, count);
      const auto high = elements<uint16_t>(by_rows, kLanes * (2 * r + 1), count);
      Lanes<uint32_t> both;
      for (int k = 0; k < kLanes; ++k) both[k] = low[k] | uint32_t{high[k]} << 16;
      write(warp, i.operands[r], both, kAllLanes);
    }
  }
  return Flow::next;
}

template <class T>
void set_elements(Matrix& matrix, uint32_t first, const Lanes<T>& lanes) {
  std::memcpy(matrix.data() + first * sizeof(T), lanes.data(), sizeof lanes);
}

Flow store(Warp& warp, const Instruction& i, Mask mask) {
  if (!whole_warp(warp, i, mask)) return Flow::wait;
  const Fragment fragment = fragment_of(i);
  const Lines lines = lines_of(warp, i, fragment, 0, fragment.registers + 1);
  Matrix by_rows, turned;
  const int bytes = size_of(fragment.type);
  for (uint32_t r = 0; r < fragment.registers; ++r) {
    const Column from = i.operands[1 + r];
    if (bytes == 8) {
      set_elements(by_rows, kLanes * r, read<uint64_t>(warp, from));
    } else if (bytes == 4) {
      set_elements(by_rows, kLanes * r, read<uint32_t>(warp, from));
    } else {
      const auto both = read<uint32_t>(warp, from);
      Lanes<uint16_t> low, high;
      for (int k = 0; k < kLanes; ++k) {
        low[k] = static_cast<uint16_t>(both[k]);
        high[k] = static_cast<uint16_t>(both[k] >> 16);
      }
      set_elements(by_rows, kLanes * 2 * r, low);
      set_elements(by_rows, kLanes * (2 * r + 1), high);
    }
  }
  if (!fragment.row_major) transpose(fragment, by_rows, turned, fragment.rows, fragment.columns);
  const Matrix& matrix = fragment.row_major ? by_rows : turned;
  each_piece(warp, i, fragment, AccessKind::store, lines, [&](std::byte* host, size_t offset) {
    std::memcpy(host, matrix.data() + offset, kPieceBytes);
  });
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
