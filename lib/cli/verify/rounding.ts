/**
 * How far float32 arithmetic may be from the exact result: bounds for kernels' results, derived from
 * the unit roundoff u = 2^-24 and the lengths of sums, to first order. Constants count operations.
 */
import { type Partition, type Reduce, subsetSquares } from "../../../test/oracle/partition.js";
import type { StepScalars } from "../../../test/oracle/step-scalars.js";
import type { Precision } from "../../optimizer-options.js";
import { storageError, unitRoundoff } from "./tensors.js";

const { abs, max, sqrt } = Math;

export const u = unitRoundoff("float32");

/**
 * The relative error of a float32 sum of `length` products against the sum of their magnitudes: one
 * rounding of each product, and those of the additions, which add like a random walk (Higham, Mary
 * 2019), for any order of addition: sequential ones come to √length / 3, so 2·√length is six
 * standard deviations.
 */
export function sumError(length: number): number {
  return (2 + 2 * sqrt(length)) * u;
}

/**
 * What rounding operands adds to the relative error of a sum of `depth` products. With h bfloat16's
 * unit roundoff, 2^-8:
 *
 * - medium: (1 + h)² − 1.
 * - high: an operand x is hi + lo + e, |lo| ≤ h·|x|, |e| ≤ h·|lo|. Left out are e of either operand
 *   (h² each and h⁴) and lo·lo, (h·(1 + h))² at most. And three products are summed where there was
 *   one, of magnitudes (1 + h)² + 2·h·(1 + h)².
 */
export function roundedOperands(precision: Precision, depth: number): number {
  const h = unitRoundoff("bfloat16");
  switch (precision) {
    case "highest":
      return 0;
    case "high": {
      const leftOut = 2 * h ** 2 + h ** 4 + (h * (1 + h)) ** 2;
      const magnitudes = (1 + h) ** 2 * (1 + 2 * h);
      return leftOut + sumError(3 * depth) * magnitudes;
    }
    case "medium":
      return (1 + h) ** 2 - 1;
  }
}

/** |gradFactor·g| + |l2·W|, of which the gradient is within 2u. */
export function gradientMagnitude(
  param: ArrayLike<number>,
  grad: ArrayLike<number>,
  { gradFactor, l2 }: StepScalars,
): Float64Array {
  return Float64Array.from(grad, (g, i) => abs(gradFactor * g) + abs(l2 * param[i]));
}

export interface StepForBounds {
  readonly param: ArrayLike<number>;
  /** {@link gradientMagnitude} */
  readonly gradient: Float64Array;
  /** Magnitudes that add up to the numerator, and their roundings in units of u. */
  readonly numerator: { readonly magnitude: Float64Array; readonly roundings: number };
  readonly secondMoment: ArrayLike<number> | null;
  readonly momentGiven: boolean;
  readonly subsets: Partition;
  readonly reduce: Reduce;
  readonly scalars: StepScalars;
  /** What the exact step comes to. */
  readonly after: {
    readonly param: ArrayLike<number>;
    readonly secondMoment: ArrayLike<number> | null;
  };
}

export interface StepBounds {
  /** Of the weights before they are stored. */
  readonly param: Float64Array;
  readonly secondMoment: Float64Array | null;
}

/** Bounds of what `v ← vDecay·v + vGain·q; W ← decayAfter·(decayBefore·W − stepSize·N / …)` gives. */
export function stepBounds(step: StepForBounds): StepBounds {
  const { after, subsets, scalars } = step;
  const secondMoment = after.secondMoment === null ? null : secondMomentBounds(step);
  const { vScale, eps, stepSize, decayBefore, decayAfter } = scalars;
  const { magnitude, roundings } = step.numerator;
  const param = Float64Array.from(after.param, (w, i) => {
    let [denominator, denominatorError] = [1, 0];
    if (after.secondMoment !== null && secondMoment !== null) {
      const s = subsets.owner[i];
      const v = after.secondMoment[s];
      const root = sqrt(v);
      // The root's own rounding, and what an error of v does to it: most where v is small.
      const rootError = root - sqrt(max(0, v - secondMoment[s])) + u * root;
      denominator = root * vScale + eps;
      denominatorError = vScale * rootError + 2 * u * denominator;
    }
    const ratio = magnitude[i] / denominator;
    const least = denominator - denominatorError;
    const ratioError =
      (roundings * u * magnitude[i] + ratio * denominatorError) / least + 2 * u * ratio;
    const kept = abs(decayBefore * step.param[i]);
    const error = stepSize * ratioError + 3 * u * (kept + stepSize * ratio);
    return decayAfter * error + u * abs(w);
  });
  return { param, secondMoment };
}

function secondMomentBounds(step: StepForBounds): Float64Array {
  const { secondMoment, gradient, subsets, reduce, scalars, momentGiven } = step;
  const before = secondMoment ?? [];
  if (momentGiven) return new Float64Array(before.length);
  const { vDecay, vGain } = scalars;
  // A square of a gradient that is off by 2u of its magnitude is off by 4u of the magnitude's square.
  const squares = subsetSquares(gradient, subsets, reduce);
  return squares.map((q, s) => {
    const relative = sumError(subsets.sizes[s]) + 8 * u;
    return vGain * q * relative + 3 * u * (vDecay * before[s] + vGain * q);
  });
}

/** Bound of m ← mDecay·m + mGain·x, where x is within `roundings`·u of the given magnitudes. */
export function momentumBounds(
  before: ArrayLike<number>,
  input: { readonly magnitude: ArrayLike<number>; readonly roundings: number },
  after: ArrayLike<number>,
  { mDecay, mGain }: StepScalars,
  dtype: "float32" | "bfloat16",
): Float64Array {
  return Float64Array.from(after, (m, i) => {
    const [kept, added] = [abs(mDecay * before[i]), abs(mGain * input.magnitude[i])];
    return input.roundings * u * added + 2 * u * (kept + added) + storageError(dtype, m);
  });
}
