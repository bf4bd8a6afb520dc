/** The equations that the oracles of a step share, one function each. */

import { type Partition, type Reduce, subsetSquares } from "./partition.js";
import type { StepScalars } from "./step-scalars.js";

/** How much of a moment's past is kept and how much of its input is added. */
export interface Gains {
  readonly decay: number;
  readonly gain: number;
}

/** A weight, its momentum and its second moment after a step; null for a state it does not have. */
export interface StepResult {
  readonly param: Float64Array;
  readonly momentum: Float64Array | null;
  readonly secondMoment: Float64Array | null;
}

/** An average for β < 1, β·x + (1 − β)·input; a sum for β = 1, x + input (Adagrad). */
export function averageGains(beta: number): Gains {
  return beta < 1 ? { decay: beta, gain: 1 - beta } : { decay: 1, gain: 1 };
}

/**
 * Heavy ball (Polyak 1964) with torch's dampening τ: μ·x + (1 − τ)·input, but the first input is
 * taken whole.
 */
export function heavyBallGains(momentum: number, dampening: number, isFirst: boolean): Gains {
  return { decay: momentum, gain: isFirst ? 1 : 1 - dampening };
}

/**
 * 1 − β^t, by which an average that started at zero falls short after t inputs (Kingma & Ba, Adam,
 * section 3); 1 for a sum.
 */
export function biasCorrection(beta: number, count: number): number {
  return beta < 1 ? 1 - beta ** count : 1;
}

/** g = gradFactor·G + l2·W. */
export function effectiveGradient(
  param: ArrayLike<number>,
  grad: ArrayLike<number>,
  { gradFactor, l2 }: StepScalars,
): Float64Array {
  return Float64Array.from(grad, (x, i) => gradFactor * x + (l2 === 0 ? 0 : l2 * param[i]));
}

/** decay·state + gain·input. */
export function accumulate(
  state: ArrayLike<number>,
  input: ArrayLike<number>,
  { decay, gain }: Gains,
): Float64Array {
  return Float64Array.from(state, (x, i) => decay * x + gain * input[i]);
}

/** v ← vDecay·v + vGain·q with q the subsets' squares of g; v has one entry a subset. */
export function updateSecondMoment(
  secondMoment: ArrayLike<number>,
  gradient: ArrayLike<number>,
  subsets: Partition,
  reduce: Reduce,
  { vDecay, vGain }: StepScalars,
): Float64Array {
  const squares = subsetSquares(gradient, subsets, reduce);
  return accumulate(secondMoment, squares, { decay: vDecay, gain: vGain });
}

/** √v·vScale + eps of the subset of each element; 1 where there is no second moment. */
export function denominators(
  length: number,
  secondMoment: Float64Array | null,
  subsets: Partition,
  { vScale, eps }: StepScalars,
): Float64Array {
  if (secondMoment === null) return new Float64Array(length).fill(1);
  return Float64Array.from(subsets.owner, (s) => Math.sqrt(secondMoment[s]) * vScale + eps);
}

/** W ← decayAfter·(decayBefore·W − stepSize·N / denominator). */
export function applyUpdate(
  param: ArrayLike<number>,
  numerator: Float64Array,
  denominator: Float64Array,
  { stepSize, decayBefore, decayAfter }: StepScalars,
): Float64Array {
  return Float64Array.from(
    param,
    (w, i) => decayAfter * (decayBefore * w - (stepSize * numerator[i]) / denominator[i]),
  );
}
