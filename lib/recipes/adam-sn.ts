import { compose, type Recipe } from "../recipe.js";
import { type FamilyOptions, familySettings, type SubsetNormOptions } from "./family.js";

export type AdamSNOptions = FamilyOptions & SubsetNormOptions;

/**
 * Adam with a Subset-Norm second moment (arXiv 2411.07120, algorithm 1): an ordinary average as
 * momentum, and one step size for each row or column of a weight. Sums of squares (the default, as
 * published) want a learning rate of about 0.44·√(subset size) times AdamW's; `reduce: "mean"` keeps
 * AdamW's. State: the momentum, and 4 bytes for each line of the longer side.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function adamSN(options: AdamSNOptions = {}): Recipe {
  const s = familySettings(options, {
    name: "adamSN",
    betas: [0.9, 0.999],
    correct: { first: true, second: true },
    subsets: true,
  });
  return compose("adamSN", { ...s.step, momentum: s.ema(), secondMoment: s.subsetNorm() }, options);
}
