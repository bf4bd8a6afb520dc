import {
  accumulate,
  applyUpdate,
  denominators,
  effectiveGradient,
  type StepResult,
  updateSecondMoment,
} from "./moments.js";
import { type Partition, partition, type Reduce } from "./partition.js";
import type { StepScalars } from "./step-scalars.js";
import type { Side } from "./subspace.js";

/** One m × n parameter and its states before a step. */
export interface LineStepInput {
  readonly shape: readonly [rows: number, cols: number];
  readonly param: ArrayLike<number>;
  readonly grad: ArrayLike<number>;
  /** `left`: the lines are rows; `right`: columns. */
  readonly side: Side;
  /** r distinct row or column numbers, in the order of the momentum's lines. */
  readonly lines: ArrayLike<number>;
  /** r × n (left) or m × r (right). */
  readonly momentum: ArrayLike<number>;
  /** One element a subset. Absent: no denominator. */
  readonly secondMoment?: ArrayLike<number> | null;
  /** Default: each element alone. */
  readonly subsets?: Partition;
  readonly reduce?: Reduce;
}

/**
 * One step of subspace momentum whose subspace is spanned by whole rows or columns: on the lines
 * kept, N = mScale·M after M ← mDecay·M + mGain·g; elsewhere N = g. The rest is as in
 * {@link StepScalars}.
 */
export function lineStep(
  input: LineStepInput,
  scalars: StepScalars,
): StepResult & { readonly momentum: Float64Array } {
  const { shape, param, grad, lines, reduce = "sum" } = input;
  const subsets = input.subsets ?? partition(shape, "elementwise");
  const g = effectiveGradient(param, grad, scalars);
  const secondMoment = input.secondMoment
    ? updateSecondMoment(input.secondMoment, g, subsets, reduce, scalars)
    : null;

  const places = elementsOfLines(shape, input.side, lines);
  const kept = places.map((i) => g[i]);
  const momentum = accumulate(input.momentum, kept, {
    decay: scalars.mDecay,
    gain: scalars.mGain,
  });
  const numerator = Float64Array.from(g);
  places.forEach((i, at) => {
    numerator[i] = scalars.mScale * momentum[at];
  });

  const denominator = denominators(g.length, secondMoment, subsets, scalars);
  return { param: applyUpdate(param, numerator, denominator, scalars), momentum, secondMoment };
}

/** For each element of the momentum, by rows, the element of the parameter that it belongs to. */
function elementsOfLines(
  [rows, cols]: readonly [number, number],
  side: Side,
  lines: ArrayLike<number>,
): number[] {
  const kept = Array.from(lines);
  if (side === "left") {
    return kept.flatMap((row) => Array.from({ length: cols }, (_, col) => row * cols + col));
  }
  return Array.from({ length: rows }, (_, row) => kept.map((col) => row * cols + col)).flat();
}
