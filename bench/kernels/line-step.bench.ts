import { numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape } from "../support/data.js";
import {
  gradient,
  kernelCase,
  lineNumbers,
  momentum,
  secondMoment,
  stepCounters,
  stepScalars,
  weight,
} from "../support/kernel.js";

const shape: Shape = [4096, 4096];
const [rows, columns] = shape;
const rank = 1024;

function lineStep(axis: "rows" | "columns"): BenchCase {
  const selected: Shape = axis === "rows" ? [rank, columns] : [rows, rank];
  return kernelCase("lineStep", {
    name: `${rows}x${columns} float32, ${rank} ${axis}`,
    bytes: 4 * (3 * numel(shape) + 2 * numel(selected) + 2 * rows),
    item: () => ({
      param: weight(shape),
      grad: gradient(shape),
      expAvg: momentum(selected),
      expAvgSq: secondMoment(rows),
      index: lineNumbers(rank, 4),
      scalars: stepScalars(),
      counters: stepCounters(),
      axis,
      partition: "rows",
    }),
  });
}

export const cases: BenchCase[] = [lineStep("rows"), lineStep("columns")];
