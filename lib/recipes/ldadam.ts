import { requireKnownOptions } from "../options.js";
import {
  type LdadamMomentOptions,
  ldadamOptionNames,
  ldadam as moments,
} from "../parts/momentum/ldadam.js";
import {
  type Betas,
  compose,
  type Recipe,
  type RecipeOptions,
  recipeOptionNames,
  requireBetas,
} from "../recipe.js";

export interface LdadamOptions extends RecipeOptions, Omit<LdadamMomentOptions, "beta" | "beta2"> {
  /** Decay of the momentum and of the second moment, both below 1. Default (0.908, 0.99). */
  betas?: Betas;
}

/**
 * LDAdam (Robert et al., arXiv 2410.16103, algorithm 1; github.com/IST-DASLab/LDAdam): Adam in a
 * subspace of `rank` dimensions that follows rho·m̂ + (1 − rho)·A by one block power iteration a
 * step (`method: "svd"`: by its singular vectors), A being the gradient and the error fed back.
 * Moments are carried over by projection-aware rules, and A ← G + e takes up what the subspace and
 * its turning lose. State for an m × n weight, m ≥ n: 2·m·rank moments, n·rank basis, m·n error
 * (kept as e + back(m)·betas[0] / (1 − betas[0])). Defaults: betas (0.908, 0.99), rho 0.908, eps
 * 1e-8, rank a quarter of the shorter side.
 *
 * Unlike the published code: the error is a tensor of its own, so it is saved, never clipped and
 * gradients are nobody's state; steps are counted for each parameter, which may appear late and
 * resumes as it was; square weights count as tall; a target without enough directions keeps the
 * old basis; moments do not take the weights' type; the first basis is found by `projector`.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION, ERR_LEAN_UNSUPPORTED
 */
export function ldadam(options: LdadamOptions = {}): Recipe {
  requireKnownOptions("ldadam", options, [...recipeOptionNames, "betas", ...ldadamOptionNames]);
  const { betas = [0.908, 0.99], eps, rho, rank, projector, side, ...rest } = options;
  const { method, errorFeedback, errorDtype, ...step } = rest;
  requireBetas(betas);
  const [beta, beta2] = betas;
  const how = { eps, rho, rank, projector, method, side, errorFeedback, errorDtype };
  return compose("ldadam", { ...step, momentum: moments({ beta, beta2, ...how }) }, options);
}
