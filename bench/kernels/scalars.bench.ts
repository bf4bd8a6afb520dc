import type { BenchCase } from "../support/case.js";
import { tensor } from "../support/data.js";
import { kernelCase, stepCounters, stepScalars } from "../support/kernel.js";

export const cases: BenchCase[] = [
  kernelCase("scalars", {
    name: "one parameter with both bias corrections",
    bytes: 0,
    item: () => ({
      counters: stepCounters(),
      scalars: stepScalars(),
      group: tensor(Float64Array.of(1e-6, 0), [2]),
      hyper: tensor(Float64Array.of(1, 0), [2]),
      momentum: "ema",
      beta1: 0.9,
      beta2: 0.999,
      second: true,
      eps: 1e-8,
      correctFirst: true,
      correctSecond: true,
    }),
  }),
];
