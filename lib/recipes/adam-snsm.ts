import { compose, type Recipe } from "../recipe.js";
import {
  type FamilyOptions,
  familySettings,
  type SubsetNormOptions,
  type SubspaceMomentumOptions,
} from "./family.js";

export type AdamSNSMOptions = FamilyOptions & SubsetNormOptions & SubspaceMomentumOptions;

/**
 * Adam with a Subset-Norm second moment and Subspace-Momentum (arXiv 2411.07120): one step size for
 * each line of the longer side, momentum in a subspace of `rank` dimensions of the shorter one,
 * plain SGD in its complement. State for an m × n weight, m ≥ n: m·rank momentum, n·rank basis, m
 * second moments. Defaults: rank a quarter of the shorter side, updateProjGap 200, powerIteration.
 * Sums of squares want a learning rate of about 0.44·√(shorter side) times AdamW's.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function adamSNSM(options: AdamSNSMOptions = {}): Recipe {
  const s = familySettings(options, {
    name: "adamSNSM",
    betas: [0.9, 0.999],
    correct: { first: true, second: true },
    subsets: true,
    subspace: true,
  });
  const parts = { momentum: s.subspaceMomentum(), secondMoment: s.subsetNorm() };
  return compose("adamSNSM", { ...s.step, ...parts }, options);
}
