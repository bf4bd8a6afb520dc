import { numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape } from "../support/data.js";
import {
  gradient,
  kernelCase,
  lineNumbers,
  momentum,
  stepCounters,
  stepScalars,
} from "../support/kernel.js";

const shape: Shape = [4096, 4096];
const [rows, columns] = shape;
const rank = 1024;

function topKLines(axis: "rows" | "columns"): BenchCase {
  return kernelCase("topKLines", {
    name: `${rank} of ${axis === "rows" ? rows : columns} ${axis}`,
    bytes: 4 * numel(shape),
    item: () => ({
      grad: gradient(shape),
      index: lineNumbers(rank, 4),
      expAvg: momentum(axis === "rows" ? [rank, columns] : [rows, rank]),
      counters: stepCounters(),
      scalars: stepScalars({ refresh: 1 }),
      axis,
    }),
  });
}

export const cases: BenchCase[] = [topKLines("rows"), topKLines("columns")];
