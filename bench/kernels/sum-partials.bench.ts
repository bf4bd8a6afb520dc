import type { BenchCase } from "../support/case.js";
import { tensor } from "../support/data.js";
import { kernelCase } from "../support/kernel.js";

/** What 1.3 billion parameters have. */
const PIECES = 20000;

export const cases: BenchCase[] = [
  kernelCase("sumPartials", {
    name: `${PIECES} pieces of two sums`,
    bytes: PIECES * 16,
    item: () => ({
      partials: tensor(new Float64Array(2 * PIECES), [PIECES, 2]),
      row: tensor(new Float64Array([0]), [1]),
      result: tensor(new Float64Array(2), [1, 2]),
    }),
  }),
];
