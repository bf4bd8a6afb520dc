import { counterNames } from "../../lib/native.js";
import { numel } from "../../lib/tensor.js";
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

const PASSES = { cold: 3, warm: 2 } as const;
const HAS_BASIS = counterNames.indexOf("hasBasis");

function powerIteration(shape: Shape, rank: number, start: keyof typeof PASSES): BenchCase {
  const [rows, columns] = shape;
  const right = rows >= columns;
  const [short, long] = right ? [columns, rows] : [rows, columns];
  const passes = PASSES[start];
  return kernelCase("powerIteration", {
    name: `${rows}x${columns}, rank ${rank}, ${start}`,
    bytes: passes * 2 * 4 * numel(shape),
    // Two products a pass; then the Gram matrix and a triangular solve.
    flops: passes * 4 * numel(shape) * rank + 2 * short * rank ** 2,
    item: () => ({
      grad: gradient(shape),
      basis: basis(short, rank),
      expAvg: momentum(right ? [long, rank] : [rank, long]),
      counters: stepCounters(),
      scalars: stepScalars({ refresh: 1 }),
      side: right ? "right" : "left",
    }),
    before({ counters }) {
      (counters.data as BigInt64Array)[HAS_BASIS] = start === "cold" ? 0n : 1n;
    },
  });
}

export const cases: BenchCase[] = [
  powerIteration([2048, 2048], 512, "warm"),
  powerIteration([2048, 2048], 512, "cold"),
  powerIteration([1024, 2736], 256, "warm"),
];
