import { LeanError } from "../errors.js";
import { requireKnownOptions } from "../options.js";
import { type HeavyBallOptions, heavyBall } from "../parts/momentum/heavy-ball.js";
import { compose, type Recipe, type RecipeOptions, recipeOptionNames } from "../recipe.js";

export type SgdOptions = RecipeOptions & HeavyBallOptions;

/**
 * Stochastic gradient descent as `torch.optim.SGD`: heavy-ball momentum (default 0: none, and no
 * state), dampening, Nesterov, and L2 weight decay. Default lr 1e-3.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function sgd(options: SgdOptions = {}): Recipe {
  requireKnownOptions("sgd", options, [...recipeOptionNames, "momentum", "dampening", "nesterov"]);
  const { momentum = 0, dampening, nesterov, ...step } = options;
  const ball = heavyBall({ momentum, dampening, nesterov });
  if (nesterov && (momentum === 0 || dampening)) {
    throw new LeanError(
      "ERR_LEAN_INVALID_ARG",
      "nesterov needs a momentum, and a dampening of zero",
      { parameter: "nesterov", value: nesterov },
    );
  }
  const settings = { ...step, momentum: momentum === 0 ? ("none" as const) : ball };
  return compose("sgd", settings, options, { decay: "l2" });
}
