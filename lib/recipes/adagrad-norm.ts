import { requireKnownOptions } from "../options.js";
import { scalar } from "../parts/second-moment/scalar.js";
import { compose, type Recipe, type RecipeOptions, recipeOptionNames } from "../recipe.js";

export interface AdagradNormOptions extends RecipeOptions {
  /** Default 1e-8. */
  eps?: number;
  /** What the sum of squared norms starts from. Default 0. */
  initialAccumulatorValue?: number;
}

/**
 * AdaGrad-Norm (Ward, Wu, Bottou 2019): one step size for each tensor, v ← v + ‖G‖²,
 * W ← W − lr·G / (√v + eps). State: 4 bytes.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function adagradNorm(options: AdagradNormOptions = {}): Recipe {
  requireKnownOptions("adagradNorm", options, [
    ...recipeOptionNames,
    "eps",
    "initialAccumulatorValue",
  ]);
  const { eps, initialAccumulatorValue: initial, ...step } = options;
  const secondMoment = scalar({ beta: 1, eps, initial, correctBias: false });
  return compose("adagradNorm", { ...step, secondMoment }, options);
}
