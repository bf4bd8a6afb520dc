import { combine, type Matrix, matrix } from "./matrix.js";
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
import { back, project, projectedShape, type Side } from "./subspace.js";

/** One m × n parameter and its states before a step. */
export interface SubspaceStepInput {
  readonly shape: readonly [rows: number, cols: number];
  readonly param: ArrayLike<number>;
  readonly grad: ArrayLike<number>;
  readonly side: Side;
  /** Orthonormal columns: n × r (right) or m × r (left). */
  readonly basis: Matrix;
  /** m × r (right) or r × n (left). */
  readonly momentum: ArrayLike<number>;
  /** One element a subset. Absent: no denominator. */
  readonly secondMoment?: ArrayLike<number> | null;
  /** Default: each element alone. */
  readonly subsets?: Partition;
  readonly reduce?: Reduce;
}

/**
 * One step of subspace momentum (Nguyen & Nguyen, arXiv 2411.07120): momentum inside the subspace,
 * the gradient alone outside it.
 *
 *     R = proj(g)     M ← mDecay·M + mGain·R     N = g + back(mScale·M − R)
 *
 * The rest is as in {@link StepScalars}; the second moment is the gradient's, not the projection's.
 */
export function subspaceStep(
  input: SubspaceStepInput,
  scalars: StepScalars,
): StepResult & { readonly momentum: Float64Array } {
  const { shape, param, grad, side, basis, reduce = "sum" } = input;
  const [rows, cols] = shape;
  const subsets = input.subsets ?? partition(shape, "elementwise");
  const g = effectiveGradient(param, grad, scalars);
  const secondMoment = input.secondMoment
    ? updateSecondMoment(input.secondMoment, g, subsets, reduce, scalars)
    : null;

  const full = matrix(rows, cols, g);
  const projected = project(full, basis, side);
  const momentum = accumulate(input.momentum, projected.data, {
    decay: scalars.mDecay,
    gain: scalars.mGain,
  });
  const coordinates = matrix(...projectedShape(side, rows, cols, basis.cols), momentum);
  const difference = combine(scalars.mScale, coordinates, -1, projected);
  const numerator = combine(1, full, 1, back(difference, basis, side)).data;

  const denominator = denominators(g.length, secondMoment, subsets, scalars);
  return { param: applyUpdate(param, numerator, denominator, scalars), momentum, secondMoment };
}
