import { requireKnownOptions } from "../options.js";
import { elementwise } from "../parts/second-moment/elementwise.js";
import { compose, type Recipe, type RecipeOptions, recipeOptionNames } from "../recipe.js";

export interface RmspropOptions extends RecipeOptions {
  /** Decay of the average of squares. Default 0.99. */
  alpha?: number;
  /** Default 1e-8. */
  eps?: number;
}

/**
 * RMSprop (Hinton 2012) as `torch.optim.RMSprop` without its `momentum` and `centered`:
 * v ← alpha·v + (1 − alpha)·G², W ← W − lr·G / (√v + eps), L2 weight decay. Default lr 1e-2.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function rmsprop(options: RmspropOptions = {}): Recipe {
  requireKnownOptions("rmsprop", options, [...recipeOptionNames, "alpha", "eps"]);
  const { alpha = 0.99, eps, ...step } = options;
  const secondMoment = elementwise({ beta: alpha, eps, correctBias: false });
  return compose("rmsprop", { ...step, secondMoment }, options, { lr: 1e-2, decay: "l2" });
}
