import type { BenchCase } from "../support/case.js";
import { gradient, kernelCase, stepCounters, stepScalars } from "../support/kernel.js";

export const cases: BenchCase[] = [
  kernelCase("prologue", {
    name: "one projected parameter",
    bytes: 0,
    item: () => ({
      grad: gradient([8, 8]),
      counters: stepCounters(),
      scalars: stepScalars(),
      skipNonFinite: false,
      updateProjGap: 200,
      offset: 0,
    }),
  }),
];
