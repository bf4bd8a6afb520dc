import { compose, type Recipe } from "../recipe.js";
import { type FamilyOptions, familySettings, type SubsetNormOptions } from "./family.js";

export type AdamSNGOptions = FamilyOptions & SubsetNormOptions;

/**
 * {@link adamSN} on flat runs: `partition` k (elements) or −c (√elements / c; default −2), so that
 * weights of any shape are cut alike (the published AdamwSNG).
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function adamSNG(options: AdamSNGOptions = {}): Recipe {
  const s = familySettings(options, {
    name: "adamSNG",
    betas: [0.9, 0.999],
    correct: { first: true, second: true },
    subsets: true,
    partition: -2,
  });
  return compose(
    "adamSNG",
    { ...s.step, momentum: s.ema(), secondMoment: s.subsetNorm() },
    options,
  );
}
