import { numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape } from "../support/data.js";
import {
  gradient,
  kernelCase,
  momentum,
  stepCounters,
  stepScalars,
  weight,
} from "../support/kernel.js";

const STEPS = 5;

/** Of the products as they are written: what they come to by symmetry and on Gram matrices is less. */
function flops([rows, cols]: Shape): number {
  const [short, long] = rows < cols ? [rows, cols] : [cols, rows];
  return STEPS * (4 * short ** 2 * long + 2 * short ** 3);
}

function orthogonalStep(shape: Shape): BenchCase {
  return kernelCase("orthogonalStep", {
    name: shape.join("x"),
    bytes: 5 * 4 * numel(shape),
    flops: flops(shape),
    item: () => ({
      param: weight(shape),
      grad: gradient(shape),
      expAvg: momentum(shape),
      scalars: stepScalars(),
      counters: stepCounters(),
      steps: STEPS,
    }),
  });
}

export const cases: BenchCase[] = [
  orthogonalStep([1024, 1024]),
  orthogonalStep([1024, 4096]),
  orthogonalStep([4096, 1024]),
];
