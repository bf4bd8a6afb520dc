import { requireBeta, requireKnownOptions, requireOneOf } from "../options.js";
import { ema } from "../parts/momentum/ema.js";
import { subset } from "../parts/second-moment/subset.js";
import { compose, type Recipe, type RecipeOptions, recipeOptionNames } from "../recipe.js";

export interface ScaleSGDOptions extends RecipeOptions {
  /** Decay of the gradient's average: 0 (default), and 0.9 for the output layer. */
  momentum?: number;
  /** What the gradient's mean square is taken over: "row" (default), or "column" for embeddings. */
  partition?: "row" | "column";
  /** Added to its root. Default 1e-8. */
  eps?: number;
}

/**
 * SCALE (Glentis et al. 2025, arXiv 2506.16659): SGD whose gradient is divided by the root mean square
 * of each of its lines, rows (of outputs × inputs) or, for embeddings, columns; with momentum for the
 * output layer alone. W ← (1 − lr·wd)·W − lr·G_j / (rms(G_j) + eps). State for an m × n weight: 4m bytes,
 * 4mn more with momentum. Default lr 1e-3. Vectors belong to `adamw`, as published; under this recipe
 * they go by signs.
 *
 * The published code divides what momentum makes of the gradient by that's own root mean square; here
 * it is the gradient's, so that the average of noise is not scaled up again.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function scaleSGD(options: ScaleSGDOptions = {}): Recipe {
  requireKnownOptions("scaleSGD", options, [...recipeOptionNames, "momentum", "partition", "eps"]);
  const { momentum: beta = 0, partition = "row", eps, ...step } = options;
  requireBeta("momentum", beta);
  requireOneOf("partition", partition, ["row", "column"]);
  const secondMoment = subset({ partition, reduce: "mean", beta: 0, eps, correctBias: false });
  const momentum = beta > 0 ? ema({ beta, correctBias: false }) : "none";
  return compose("scaleSGD", { ...step, momentum, secondMoment }, options);
}
