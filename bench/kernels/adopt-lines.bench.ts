import type { BenchCase } from "../support/case.js";
import { type Shape, tensor } from "../support/data.js";
import { gradient, kernelCase, momentum, stepCounters, stepScalars } from "../support/kernel.js";

const shape: Shape = [4096, 4096];
const [, columns] = shape;
const rank = 1024;
const old = Int32Array.from({ length: rank }, (_, line) => 4 * line);
const given = Int32Array.from({ length: rank }, (_, line) => 2 * line);

function adoptLines(onRefresh: "restart" | "rotate"): BenchCase {
  return kernelCase("adoptLines", {
    name: `${rank} rows, ${onRefresh}`,
    // restart writes zeros; rotate moves what both sets of lines share.
    bytes: 4 * rank * columns * (onRefresh === "rotate" ? 2 : 1),
    item: () => ({
      grad: gradient(shape),
      index: tensor(old.slice(), [rank]),
      source: tensor(given, [rank]),
      expAvg: momentum([rank, columns]),
      counters: stepCounters(),
      scalars: stepScalars({ refresh: 1 }),
      axis: "rows",
      onRefresh,
    }),
    before({ index }) {
      (index.data as Int32Array).set(old);
    },
  });
}

export const cases: BenchCase[] = [adoptLines("restart"), adoptLines("rotate")];
