// Executes single instructions on a warp that is laid out by hand: no parser, no scheduler.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "simt/checks/fault.h"
#include "simt/machine/block.h"
#include "simt/machine/columns.h"
#include "simt/machine/launch.h"
#include "simt/ptx/module.h"

namespace lean::simt {

// Where the next column is laid out: registers and constants alike.
class TestWarp {
 public:
  TestWarp() : registers_(512), constants_(64) {
    kernel_.name = "test";
    kernel_.places.resize(16);
    kernel_.code.resize(16);
    launch_.block = {32, 1, 1};
    grid_.launch = &launch_;
    block_.grid = &grid_;
    warp.registers = registers_.data()->bytes;
    warp.constants = constants_.data()->bytes;
    warp.kernel = &kernel_;
    warp.block = &block_;
    warp.running = warp.alive = kAllLanes;
  }

  template <class T>
  Column put(const Lanes<T>& lanes, bool wide = sizeof(T) > 4) {
    Column column = make(wide ? 256 : 128);
    column.wide = wide;
    // What lies above a narrow value is not its own.
    std::memset(warp.registers + column.offset, 0xab, wide ? 256 : 128);
    const int stride = wide ? 8 : 4;
    for (int i = 0; i < kLanes; ++i) {
      std::memcpy(warp.registers + column.offset + i * stride, &lanes[i], sizeof(T));
    }
    return column;
  }
  Column predicate(Mask bits) {
    Column column = make(64);
    column.predicate = true;
    std::memcpy(warp.registers + column.offset, &bits, sizeof bits);
    return column;
  }
  template <class T>
  Column constant(T value, bool wide = sizeof(T) > 4) {
    Column column;
    column.constant = true;
    column.wide = wide;
    column.offset = constants_used_;
    constants_used_ += wide ? 256 : 128;
    REQUIRE(constants_used_ <= constants_.size() * 64);
    for (int i = 0; i < kLanes; ++i) {
      std::memcpy(constants_.data()->bytes + column.offset + i * (wide ? 8 : 4), &value, sizeof(T));
    }
    return column;
  }
  template <class T>
  Lanes<T> get(Column column) const {
    return read<T>(warp, column);
  }
  Mask get_predicate(Column column) const { return read_predicate(warp, column); }

  Warp warp;
  Block& block() { return block_; }

 private:
  Column make(uint32_t bytes) {
    Column column;
    column.offset = used_;
    used_ += bytes;
    REQUIRE(used_ <= registers_.size() * 64);
    return column;
  }

  std::vector<Line> registers_, constants_;
  uint32_t used_ = 0, constants_used_ = 0;
  Kernel kernel_;
  Launch launch_;
  Grid grid_;
  Block block_;
};

// An operand: its columns, more than one for a vector, and what select sees of it.
struct TestOperand {
  std::vector<Column> columns;
  Operand operand;

  TestOperand(Column column) : columns{column} {
    operand.kind = Operand::Kind::name;
    operand.name = "%r";
  }
  TestOperand(std::vector<Column> vector) : columns(std::move(vector)) {
    operand.kind = Operand::Kind::vector;
    operand.elements.resize(columns.size());
  }
};

inline TestOperand immediate(TestWarp& warp, uint32_t bits) {
  TestOperand operand(warp.constant(bits));
  operand.operand.kind = Operand::Kind::immediate;
  operand.operand.bits = bits;
  return operand;
}

// A decoded instruction. `execute` is null where no family knows it.
struct TestInstruction {
  Instruction instruction;
  std::vector<Column> columns;

  TestInstruction(const std::string& text, const std::vector<TestOperand>& operands) {
    Spelling spelling;
    spelling.text = text;
    size_t at = text.find('.');
    spelling.opcode = text.substr(0, at);
    while (at != std::string::npos) {
      const size_t next = text.find('.', at + 1);
      spelling.modifiers.push_back(text.substr(at + 1, next - at - 1));
      at = next;
    }
    for (const TestOperand& each : operands) {
      spelling.operands.push_back(each.operand);
      columns.insert(columns.end(), each.columns.begin(), each.columns.end());
    }
    instruction.operands = columns.data();
    instruction.operand_count = static_cast<uint8_t>(columns.size());
    instruction.execute = select_code(spelling, instruction);
  }
};

inline Flow run(TestWarp& warp, const std::string& text, const std::vector<TestOperand>& operands,
                Mask mask = kAllLanes) {
  TestInstruction test(text, operands);
  INFO(text);
  const bool known = test.instruction.execute != nullptr;
  REQUIRE(known);
  return test.instruction.execute(warp.warp, test.instruction, mask);
}

inline bool is_known(const std::string& text, size_t operands) {
  TestWarp warp;
  const std::vector<TestOperand> columns(operands, TestOperand(warp.predicate(0)));
  return TestInstruction(text, columns).instruction.execute != nullptr;
}

// A predicate as an operand of a checked function.
struct Flag {
  bool value;
};

}  // namespace lean::simt
