import { matrix } from "./matrix.js";
import { accumulate, applyUpdate, effectiveGradient, type StepResult } from "./moments.js";
import { orthogonalFactor, type Schedule } from "./newton-schulz.js";
import type { StepScalars } from "./step-scalars.js";

export interface OrthogonalStepInput {
  readonly shape: readonly [rows: number, cols: number];
  readonly param: ArrayLike<number>;
  readonly grad: ArrayLike<number>;
  readonly momentum: ArrayLike<number>;
  /** AdaGO's accumulator; null: Muon. */
  readonly accumulator: number | null;
  readonly schedule: Schedule;
  readonly steps: number;
  readonly eps: number;
  /** What the numerator and every product of the iterations is rounded to; default: not at all. */
  readonly round?: (value: number) => number;
  readonly maxNorm: number;
  readonly leastStep: number;
  readonly shapeScale: number;
}

export interface OrthogonalStepResult extends StepResult {
  /** The numerator, and the direction it gave. */
  readonly numerator: Float64Array;
  readonly direction: Float64Array;
  readonly stepSize: number;
}

const norm = (x: Float64Array) => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));

/** Muon (Jordan et al. 2024), or with an accumulator AdaGO (arXiv 2509.02981, algorithm 1). */
export function orthogonalStep(
  input: OrthogonalStepInput,
  scalars: StepScalars,
): OrthogonalStepResult {
  const [rows, cols] = input.shape;
  const g = effectiveGradient(input.param, input.grad, scalars);
  const momentum = accumulate(input.momentum, g, { decay: scalars.mDecay, gain: scalars.mGain });
  const numerator = momentum.map((m, i) => scalars.nGrad * g[i] + scalars.mScale * m);
  const direction = orthogonalFactor(matrix(rows, cols, numerator), input).data;
  let { stepSize } = scalars;
  let accumulator: Float64Array | null = null;
  if (input.accumulator !== null) {
    const size = Math.min(norm(g), input.maxNorm);
    accumulator = Float64Array.of(input.accumulator + size ** 2);
    stepSize = Math.max(input.leastStep, (stepSize * size) / Math.sqrt(accumulator[0]));
  }
  stepSize *= input.shapeScale;
  const ones = new Float64Array(g.length).fill(1);
  return {
    param: applyUpdate(input.param, direction, ones, { ...scalars, stepSize }),
    momentum,
    secondMoment: accumulator,
    numerator,
    direction,
    stepSize,
  };
}
