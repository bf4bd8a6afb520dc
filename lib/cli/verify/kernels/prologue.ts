import { type PrologueInput, prologue } from "../../../../test/oracle/prologue.js";
import { kernelCase, type TestItem } from "../kernel-case.js";
import { counters, countersTensor, scalarsTensor, stepScalars } from "../scalars.js";
import { absent, floats, valuesOf } from "../tensors.js";

/** What the scalars held before, of which only `active` and `refresh` are to change. */
const stale = stepScalars({ active: 9, refresh: 9 });

function prologueItem(input: PrologueInput, hasResult = true): TestItem {
  const { hasGradient, isNonFinite, skipNonFinite, gap, offset, due } = input;
  const before = countersTensor(counters(input.counters));
  const scalars = scalarsTensor(stale);
  return {
    fields: {
      grad: hasGradient
        ? floats("float32", [2, 3], new Float64Array(6))
        : absent("float32", [2, 3]),
      counters: before,
      scalars,
      result: hasResult ? floats("float64", [3], [1, isNonFinite ? 1 : 0, 0.5]) : undefined,
      skipNonFinite,
      updateProjGap: gap,
      offset,
      schedule:
        due === undefined
          ? undefined
          : { data: BigInt64Array.of(BigInt(gap), BigInt(due)), shape: [2], dtype: "int64" },
    },
    writes: ["counters", "scalars"],
    check(worst) {
      const expected = prologue(input);
      worst.same("counters", before.data, countersTensor(counters(expected.counters)).data);
      const [active, refresh] = [expected.isActive, expected.isRefreshDue].map(Number);
      const after = scalarsTensor({ ...stale, active, refresh });
      worst.near("scalars", valuesOf(scalars), valuesOf(after), 0);
    },
  };
}

const usual: PrologueInput = {
  counters: counters(),
  hasGradient: true,
  isNonFinite: false,
  skipNonFinite: false,
  gap: 3,
  offset: 0,
};

/** Every call up to the thirtieth, of a parameter that has had a basis since its first. */
function schedule(gap: number, offset: number): TestItem[] {
  return Array.from({ length: 30 }, (_, calls) => {
    const before = counters({ calls, hasBasis: calls === 0 ? 0 : 1 });
    return prologueItem({ ...usual, counters: before, gap, offset });
  });
}

const both = [false, true];

export const cases = [
  ...[
    [1, 0],
    [3, 0],
    [3, 2],
    [4, 6],
    [200, 17],
  ].map(([gap, offset]) =>
    kernelCase("prologue", `refreshes every ${gap} calls from ${offset} on`, () =>
      schedule(gap, offset),
    ),
  ),
  kernelCase("prologue", "a basis that is missing, there, or new", () =>
    [0, 1, 2].flatMap((hasBasis) =>
      [4, 5, 6].map((calls) =>
        prologueItem({ ...usual, counters: counters({ calls, hasBasis }), gap: 5 }),
      ),
    ),
  ),
  kernelCase("prologue", "a gap that is not fixed", () =>
    [0, 1, 2].flatMap((hasBasis) =>
      [4, 5, 6, 100].map((calls) =>
        prologueItem({ ...usual, counters: counters({ calls, hasBasis }), due: 6 }),
      ),
    ),
  ),
  kernelCase("prologue", "nothing to refresh", () =>
    [0, 1, 5].map((calls) =>
      prologueItem({ ...usual, counters: counters({ calls, hasBasis: 0 }), gap: 0 }, false),
    ),
  ),
  kernelCase("prologue", "gradients that are absent or not finite, skipped or not", () =>
    both.flatMap((hasGradient) =>
      both.flatMap((isNonFinite) =>
        both.map((skipNonFinite) =>
          prologueItem({ ...usual, hasGradient, isNonFinite, skipNonFinite, gap: 1 }),
        ),
      ),
    ),
  ),
];
