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

const shape: Shape = [2048, 2048];
const [rows, columns] = shape;
const rank = 512;

function adoptBasis(onRefresh: "restart" | "rotate"): BenchCase {
  return kernelCase("adoptBasis", {
    name: `${rows}x${columns}, rank ${rank}, ${onRefresh}`,
    bytes: 0,
    // The check of orthonormality; under rotate also the transfer and the momentum times it.
    flops:
      2 * columns * rank ** 2 * (onRefresh === "rotate" ? 2 : 1) +
      (onRefresh === "rotate" ? 2 * rows * rank ** 2 : 0),
    item: () => ({
      grad: gradient(shape),
      basis: basis(columns, rank),
      source: basis(columns, rank),
      expAvg: momentum([rows, rank]),
      counters: stepCounters(),
      scalars: stepScalars({ refresh: 1 }),
      side: "right",
      onRefresh,
    }),
  });
}

export const cases: BenchCase[] = [adoptBasis("restart"), adoptBasis("rotate")];
