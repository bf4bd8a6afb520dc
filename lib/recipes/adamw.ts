import { compose, type Recipe } from "../recipe.js";
import { type FamilyOptions, familySettings } from "./family.js";

export type AdamWOptions = FamilyOptions;

/**
 * AdamW (Loshchilov, Hutter 2019; `torch.optim.AdamW`): m and v averages of G and G², corrected;
 * W ← (1 − lr·wd)·W − lr·m̂ / (√v̂ + eps). Defaults lr 1e-3, betas (0.9, 0.999), eps 1e-8,
 * weightDecay 0.01. With `decay: "l2"` it is `torch.optim.Adam`. State: two of the weight's size.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function adamw(options: AdamWOptions = {}): Recipe {
  const s = familySettings(options, {
    name: "adamw",
    betas: [0.9, 0.999],
    correct: { first: true, second: true },
  });
  const parts = { momentum: s.ema(), secondMoment: s.elementwise() };
  return compose("adamw", { ...s.step, ...parts }, options, { weightDecay: 0.01 });
}
