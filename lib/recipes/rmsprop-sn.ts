import { compose, type Recipe } from "../recipe.js";
import { type FamilyOptions, familySettings, type SubsetNormOptions } from "./family.js";

export type RmspropSNOptions = FamilyOptions & SubsetNormOptions;

/**
 * RMSprop with a Subset-Norm second moment (arXiv 2411.07120): no momentum, so that the state is 4
 * bytes for each line of the longer side. Betas (0, 0.999); the second moment corrects its bias.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function rmspropSN(options: RmspropSNOptions = {}): Recipe {
  const s = familySettings(options, {
    name: "rmspropSN",
    betas: [0, 0.999],
    correct: { first: false, second: true },
    subsets: true,
  });
  const momentum = s.beta1 === 0 ? "none" : s.ema();
  return compose("rmspropSN", { ...s.step, momentum, secondMoment: s.subsetNorm() }, options);
}
