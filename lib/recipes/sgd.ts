import { requireKnownOptions } from "../options.js";
import { type HeavyBallOptions, heavyBall } from "../parts/momentum/heavy-ball.js";
import { compose, type Recipe, type StepOptions, stepOptionNames } from "../recipe.js";

export type SgdOptions = StepOptions & HeavyBallOptions;

/**
 * Stochastic gradient descent as `torch.optim.SGD`: heavy-ball momentum (default 0: none, and no
 * state), dampening, Nesterov, and L2 weight decay. Default lr 1e-3.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function sgd(options: SgdOptions = {}): Recipe {
  requireKnownOptions("sgd", options, [...stepOptionNames, "momentum", "dampening", "nesterov"]);
  const { momentum = 0, dampening, nesterov, ...step } = options;
  const ball = heavyBall({ momentum, dampening, nesterov });
  return compose(
    "sgd",
    { decay: "l2", ...step, momentum: momentum === 0 ? "none" : ball },
    options,
  );
}
