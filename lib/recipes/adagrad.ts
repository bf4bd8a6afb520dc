import { requireKnownOptions } from "../options.js";
import { elementwise } from "../parts/second-moment/elementwise.js";
import { compose, type Recipe, type RecipeOptions, recipeOptionNames } from "../recipe.js";

export interface AdagradOptions extends RecipeOptions {
  /** Default 1e-10. */
  eps?: number;
  /** What the sums of squares start from. Default 0. */
  initialAccumulatorValue?: number;
}

/**
 * AdaGrad (Duchi, Hazan, Singer 2011) as `torch.optim.Adagrad`: v ← v + G²,
 * W ← W − lr / (1 + (t − 1)·lrDecay) · G / (√v + eps), L2 weight decay. Default lr 1e-2.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function adagrad(options: AdagradOptions = {}): Recipe {
  requireKnownOptions("adagrad", options, [...recipeOptionNames, "eps", "initialAccumulatorValue"]);
  const { eps = 1e-10, initialAccumulatorValue: initial = 0, ...step } = options;
  const secondMoment = elementwise({ beta: 1, eps, initial, correctBias: false });
  return compose("adagrad", { ...step, secondMoment }, options, { lr: 1e-2, decay: "l2" });
}
