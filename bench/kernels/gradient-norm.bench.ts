import type { BenchCase } from "../support/case.js";
import { tensor } from "../support/data.js";
import { kernelCase } from "../support/kernel.js";

const PIECES = 300 * 64;

export const cases: BenchCase[] = [
  kernelCase("gradientNorm", {
    name: "64 pieces of each of 300 gradients",
    bytes: PIECES * 12,
    item: () => ({
      partials: tensor(new Float64Array(PIECES).fill(1e-3), [PIECES]),
      nonFinite: tensor(new Int32Array(PIECES), [PIECES]),
      hyper: tensor(Float64Array.of(1, 1), [2]),
      result: tensor(new Float64Array(3), [3]),
    }),
  }),
];
