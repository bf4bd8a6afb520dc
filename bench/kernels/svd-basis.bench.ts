import type { BenchCase } from "../support/case.js";
import type { Shape } from "../support/data.js";
import {
  basis,
  gradient,
  kernelCase,
  momentum,
  stepCounters,
  stepScalars,
} from "../support/kernel.js";

const shape: Shape = [1376, 512];
const [rows, columns] = shape;
const rank = 128;

function svdBasis(method: "gram" | "full"): BenchCase {
  return kernelCase("svdBasis", {
    name: `${rows}x${columns}, rank ${rank}, ${method}`,
    bytes: 0,
    item: () => ({
      grad: gradient(shape),
      basis: basis(columns, rank),
      expAvg: momentum([rows, rank]),
      counters: stepCounters(),
      scalars: stepScalars({ refresh: 1 }),
      side: "right",
      method,
    }),
  });
}

export const cases: BenchCase[] = [svdBasis("gram"), svdBasis("full")];
