import { accumulate } from "./moments.js";
import type { Reduce } from "./partition.js";
import type { StepScalars } from "./step-scalars.js";

/**
 * v ← vDecay·v + vGain·q from sums of squares that were taken of the gradient as it arrived: q is
 * gradFactor² times the sum, over the subset's size for a mean.
 */
export function subsetMoment(
  secondMoment: ArrayLike<number>,
  sums: ArrayLike<number>,
  sizes: ArrayLike<number>,
  reduce: Reduce,
  { gradFactor, vDecay, vGain }: StepScalars,
): Float64Array {
  const statistics = Float64Array.from(
    sums,
    (sum, s) => (gradFactor ** 2 * sum) / (reduce === "mean" ? sizes[s] : 1),
  );
  return accumulate(secondMoment, statistics, { decay: vDecay, gain: vGain });
}
