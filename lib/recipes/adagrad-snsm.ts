import { compose, type Recipe } from "../recipe.js";
import {
  type FamilyOptions,
  familySettings,
  type SubsetNormOptions,
  type SubspaceMomentumOptions,
} from "./family.js";

export type AdagradSNSMOptions = FamilyOptions & SubsetNormOptions & SubspaceMomentumOptions;

/**
 * AdaGrad with a Subset-Norm second moment and Subspace-Momentum (arXiv 2411.07120): betas (0.9, 1),
 * so squares are summed without end; the momentum alone corrects its bias.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function adagradSNSM(options: AdagradSNSMOptions = {}): Recipe {
  const s = familySettings(options, {
    name: "adagradSNSM",
    betas: [0.9, 1],
    correct: { first: true, second: false },
    subsets: true,
    subspace: true,
  });
  const parts = { momentum: s.subspaceMomentum(), secondMoment: s.subsetNorm() };
  return compose("adagradSNSM", { ...s.step, ...parts }, options);
}
