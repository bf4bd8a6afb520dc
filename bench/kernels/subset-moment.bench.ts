import type { BenchCase } from "../support/case.js";
import { tensor } from "../support/data.js";
import { kernelCase, secondMoment, stepScalars } from "../support/kernel.js";

const LINES = 32_000;

export const cases: BenchCase[] = [
  kernelCase("subsetMoment", {
    name: `${LINES} rows`,
    bytes: LINES * 12,
    item: () => ({
      sums: tensor(new Float32Array(LINES).fill(1e-6), [LINES]),
      expAvgSq: secondMoment(LINES),
      scalars: stepScalars(),
      partition: "rows",
      rows: LINES,
      cols: 2048,
    }),
  }),
];
