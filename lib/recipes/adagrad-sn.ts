import { compose, type Recipe } from "../recipe.js";
import { type FamilyOptions, familySettings, type SubsetNormOptions } from "./family.js";

export type AdagradSNOptions = FamilyOptions & SubsetNormOptions;

/**
 * AdaGrad with a Subset-Norm second moment (arXiv 2411.07120): v ← v + Σ G² over each subset. Betas
 * (0, 1); with betas[0] > 0 an average as momentum, which corrects its bias.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function adagradSN(options: AdagradSNOptions = {}): Recipe {
  const s = familySettings(options, {
    name: "adagradSN",
    betas: [0, 1],
    correct: { first: true, second: false },
    subsets: true,
  });
  const momentum = s.beta1 === 0 ? "none" : s.ema();
  return compose("adagradSN", { ...s.step, momentum, secondMoment: s.subsetNorm() }, options);
}
