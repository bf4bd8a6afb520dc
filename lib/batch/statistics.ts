/**
 * What a batch's gradient says of its own noise, from K groups of equally many samples, be they
 * micro-batches or ranks (arXiv 2402.11215; the estimator is ours: docs/numerics.md).
 */
import { LeanError } from "../errors.js";
import { requireFinite, requireInteger } from "../options.js";

/** Sums over the groups of a batch, with g_k the mean gradient of a group and ḡ that of all. */
export interface GroupStatistics {
  /** K, at least 2. */
  readonly groups: number;
  /** Σ‖g_k‖² */
  readonly sumOfSquares: number;
  /** ‖ḡ‖² */
  readonly meanSquare: number;
  /** ⟨g_k, ḡ⟩ of every group: for the inner-product tests. */
  readonly products?: readonly number[];
  /** Coordinates by their noise (csrc/kernels/coordinate-noise.h): for the coordinate-wise test. */
  readonly counts?: readonly number[];
}

/** Unbiased estimates of the variance of ḡ, the mean over the whole batch. */
export interface GradientNoise {
  /** ‖ḡ‖² */
  readonly meanSquare: number;
  /** E‖ḡ − ∇‖², summed over coordinates: per-sample variance divided by the batch size. */
  readonly variance: number;
  /** Of ⟨ḡ, ∇⟩, with ḡ in the place of ∇: along the gradient. */
  readonly alongSquared?: number;
  /** What of `variance` is orthogonal to the gradient. */
  readonly orthogonal?: number;
  readonly counts?: readonly number[];
}

/** @throws LeanError ERR_LEAN_INVALID_ARG */
export function requireStatistics(statistics: GroupStatistics): void {
  const { groups, sumOfSquares, meanSquare, products } = statistics;
  requireInteger("groups", groups, 2);
  for (const [name, value] of Object.entries({ sumOfSquares, meanSquare })) {
    if (typeof value !== "number") requireFinite(name, value);
  }
  if (products === undefined || products.length === groups) return;
  throw new LeanError(
    "ERR_LEAN_INVALID_ARG",
    `products must have one number for each of the ${groups} groups, not ${products.length}`,
    { parameter: "products", value: products.length },
  );
}

/**
 * With S² = (Σ‖g_k‖² − K‖ḡ‖²)/(K − 1), the variance of one group's mean, that of ḡ is S²/K; likewise
 * along ḡ, whose products ⟨g_k, ḡ⟩ have the mean ‖ḡ‖².
 */
export function gradientNoise(statistics: GroupStatistics): GradientNoise {
  const { groups, sumOfSquares, meanSquare, products, counts } = statistics;
  const ofMean = groups * (groups - 1);
  // Rounding can leave less than nothing where all groups agree.
  const variance = atLeastZero((sumOfSquares - groups * meanSquare) / ofMean);
  if (products === undefined) {
    return { meanSquare, variance, ...(counts !== undefined && { counts }) };
  }
  const alongSquared = products.reduce((sum, p) => sum + (p - meanSquare) ** 2, 0) / ofMean;
  const orthogonal = meanSquare > 0 ? atLeastZero(variance - alongSquared / meanSquare) : variance;
  return { meanSquare, variance, alongSquared, orthogonal };
}

/** NaN stays what it is. */
function atLeastZero(x: number): number {
  return x < 0 ? 0 : x;
}
