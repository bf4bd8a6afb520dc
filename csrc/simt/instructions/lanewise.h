// Instructions that do the same to each lane: a function of scalars becomes an Execute, which is a
// loop over the lanes that the compiler vectorizes.
#pragma once

#include <tuple>
#include <utility>

#include "simt/instructions/rounding.h"
#include "simt/machine/columns.h"

namespace lean::simt {

template <auto op>
struct Lanewise;

// Operand 0 is the destination, the following ones are op's arguments.
template <class R, class... A, R (*op)(A...)>
struct Lanewise<op> {
  static constexpr size_t kArguments = sizeof...(A);
  using Indices = std::index_sequence_for<A...>;

  [[gnu::noinline, gnu::flatten]] static void loop(Cell<R>* to, Mask mask, const Cell<A>*... from) {
    put(to, mask, [=](int i) { return to_cell<R>(op(from_cell<A>(from[i])...)); });
  }

  template <size_t... k>
  static void apply(Warp& warp, const Column* operands, Mask mask, std::index_sequence<k...>) {
    const bool native = (is_native<R>(operands[0]) & ... & is_native<A>(operands[k + 1]));
    if (!native || operands[0].sink) [[unlikely]] {
      apply_converted(warp, operands, mask, Indices());
      return;
    }
    loop(reinterpret_cast<Cell<R>*>(warp.registers + operands[0].offset), mask,
         reinterpret_cast<const Cell<A>*>(source(warp, operands[k + 1]))...);
  }

  // For registers that are wider than the instruction's type.
  template <size_t... k>
  [[gnu::noinline, gnu::cold]] static void apply_converted(Warp& warp, const Column* operands,
                                                           Mask mask, std::index_sequence<k...>) {
    std::tuple<Lanes<Cell<A>>...> scratch;
    Lanes<Cell<R>> results;
    loop(results.data(), kAllLanes, cells<A>(warp, operands[k + 1], std::get<k>(scratch))...);
    Lanes<R> values;
    for (int i = 0; i < kLanes; ++i) values[i] = from_cell<R>(results[i]);
    write(warp, operands[0], values, mask);
  }
};

template <auto op, Rounding rounding = Rounding::rn>
Flow lanewise(Warp& warp, const Instruction& instruction, Mask mask) {
  [[maybe_unused]] const RoundingScope<rounding> scope;
  using Loop = Lanewise<op>;
  Loop::apply(warp, instruction.operands, mask, typename Loop::Indices());
  return Flow::next;
}

// `lanewise`, refused where the statement has another number of operands.
template <auto op, Rounding rounding = Rounding::rn>
Execute lanewise_of(const Instruction& instruction) {
  if (instruction.operand_count != Lanewise<op>::kArguments + 1) return nullptr;
  return lanewise<op, rounding>;
}

}  // namespace lean::simt
