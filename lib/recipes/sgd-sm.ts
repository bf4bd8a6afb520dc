import { compose, type Recipe } from "../recipe.js";
import { type FamilyOptions, familySettings, type SubspaceMomentumOptions } from "./family.js";

export type SgdSMOptions = FamilyOptions & SubspaceMomentumOptions;

/**
 * SGD with Subspace-Momentum (arXiv 2411.07120, algorithm 2): momentum (averaged, not corrected) in a
 * low-rank subspace, plain SGD in its complement. Betas (0.9, –).
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function sgdSM(options: SgdSMOptions = {}): Recipe {
  const s = familySettings(options, {
    name: "sgdSM",
    betas: [0.9, 0],
    correct: { first: false, second: false },
    subspace: true,
  });
  return compose("sgdSM", { ...s.step, momentum: s.subspaceMomentum() }, options);
}
