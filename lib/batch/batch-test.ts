/**
 * The tests of AdAdaGrad (arXiv 2402.11215, section 3) by which a batch is large enough: each compares
 * the noise of the mean gradient with its size.
 */
import { LeanError } from "../errors.js";
import { requireFinite, requireKnownOptions, requireOneOf } from "../options.js";
import { noiseQuantile } from "./coordinate-counts.js";
import type { GradientNoise } from "./statistics.js";

export type BatchTestKind = "norm" | "innerProduct" | "augmented" | "coordinate";

/**
 * - "norm": E‖ḡ − ∇‖² ≤ eta²·‖ḡ‖² (Byrd et al. 2012)
 * - "innerProduct": the variance of ⟨ḡ, ∇⟩ ≤ theta²·‖ḡ‖⁴ (Bollapragada et al. 2018)
 * - "augmented": that, and the variance orthogonal to ḡ ≤ nu²·‖ḡ‖²
 * - "coordinate": for a `share` of the coordinates, E(ḡ_j − ∇_j)² ≤ eta²·ḡ_j² (the paper's theory asks
 *   it of all, which no training holds); keeps one more float32 for each parameter
 */
export interface BatchTest {
  readonly kind: BatchTestKind;
  /** Default 0.1. */
  readonly eta?: number;
  /** Default 0.1. */
  readonly theta?: number;
  /** Default 0.1. */
  readonly nu?: number;
  /** Default 0.5. */
  readonly share?: number;
}

export interface CheckedBatchTest {
  readonly kind: BatchTestKind;
  readonly eta: number;
  readonly theta: number;
  readonly nu: number;
  readonly share: number;
}

/** @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION */
export function batchTestOf(test: BatchTest | BatchTestKind): CheckedBatchTest {
  const given: BatchTest = typeof test === "string" ? { kind: test } : test;
  requireKnownOptions("test", given, ["kind", "eta", "theta", "nu", "share"]);
  requireOneOf("test.kind", given.kind, ["norm", "innerProduct", "augmented", "coordinate"]);
  const { kind, eta = 0.1, theta = 0.1, nu = 0.1, share = 0.5 } = given;
  for (const [name, value] of Object.entries({ eta, theta, nu })) {
    requireFinite(`test.${name}`, value, Number.MIN_VALUE);
  }
  requireFinite("test.share", share, Number.MIN_VALUE, 1);
  return { kind, eta, theta, nu, share };
}

/** Whether a test reads every group's gradient a second time, for its product with the mean. */
export function needsProducts({ kind }: CheckedBatchTest): boolean {
  return kind === "innerProduct" || kind === "augmented";
}

/** Whether a test counts coordinates, for which squares are summed element by element. */
export function needsCounts({ kind }: CheckedBatchTest): boolean {
  return kind === "coordinate";
}

/**
 * By how much the batch is too small: the test holds up to 1, and a batch larger by this factor would
 * hold it, since each variance falls as the batch grows. NaN where the gradient is zero or not finite,
 * which says nothing.
 */
export function tooSmallBy(test: CheckedBatchTest, noise: GradientNoise): number {
  const { meanSquare, variance } = noise;
  if (!(meanSquare > 0) || !Number.isFinite(meanSquare) || !Number.isFinite(variance))
    return Number.NaN;
  if (test.kind === "norm") return variance / (test.eta ** 2 * meanSquare);
  if (test.kind === "coordinate") return ofCoordinates(test, noise);
  const { alongSquared, orthogonal } = noise;
  if (alongSquared === undefined || orthogonal === undefined) {
    refuse(test, "products", "the groups' products with the mean gradient");
  }
  // Divided one by one: the square of a squared norm leaves float64 where the norm does not.
  const along = alongSquared / meanSquare / meanSquare / test.theta ** 2;
  if (test.kind === "innerProduct") return along;
  return Math.max(along, orthogonal / (test.nu ** 2 * meanSquare));
}

function ofCoordinates(test: CheckedBatchTest, { counts }: GradientNoise): number {
  if (counts === undefined) refuse(test, "counts", "the coordinates' counts");
  return noiseQuantile(counts, test.share) / test.eta ** 2;
}

function refuse({ kind }: CheckedBatchTest, parameter: string, what: string): never {
  throw new LeanError("ERR_LEAN_INVALID_ARG", `the test "${kind}" needs ${what}`, { parameter });
}
