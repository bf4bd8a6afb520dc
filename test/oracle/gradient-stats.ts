import { type Partition, type Reduce, subsetSquares } from "./partition.js";

/** What one read of a gradient yields. */
export interface GradientStats {
  /** For each subset, the sum or mean of squares. */
  readonly squares: Float64Array;
  /** The sum of squares of all elements. */
  readonly sumOfSquares: number;
  /** Whether every element is finite. */
  readonly isFinite: boolean;
}

/** Statistics of one gradient. */
export function gradientStats(
  grad: ArrayLike<number>,
  subsets: Partition,
  reduce: Reduce = "sum",
): GradientStats {
  const values = Array.from(grad);
  return {
    squares: subsetSquares(grad, subsets, reduce),
    sumOfSquares: values.reduce((sum, x) => sum + x * x, 0),
    isFinite: values.every(Number.isFinite),
  };
}

/** The 2-norm of several gradients together. */
export function globalNorm(stats: readonly Pick<GradientStats, "sumOfSquares">[]): number {
  return Math.sqrt(stats.reduce((sum, { sumOfSquares }) => sum + sumOfSquares, 0));
}

/**
 * The factor of clipping by global norm (Pascanu et al. 2013, Algorithm 1), with torch's guard
 * against a norm of zero: min(1, maximum / (norm + 1e-6)).
 */
export function clipFactor(norm: number, maximum: number): number {
  return Math.min(1, maximum / (norm + 1e-6));
}
