import { compose, type Recipe } from "../recipe.js";
import { type FamilyOptions, familySettings, type SubspaceMomentumOptions } from "./family.js";

export type AdamSMOptions = FamilyOptions & SubspaceMomentumOptions;

/**
 * Adam with Subspace-Momentum (arXiv 2411.07120) and its ordinary, elementwise second moment.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function adamSM(options: AdamSMOptions = {}): Recipe {
  const s = familySettings(options, {
    name: "adamSM",
    betas: [0.9, 0.999],
    correct: { first: true, second: true },
    subspace: true,
  });
  const parts = { momentum: s.subspaceMomentum(), secondMoment: s.elementwise() };
  return compose("adamSM", { ...s.step, ...parts }, options);
}
