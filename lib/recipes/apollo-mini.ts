import { compose, type Recipe } from "../recipe.js";
import { type ApolloOptions, randomEntries } from "./apollo.js";
import { familySettings } from "./family.js";

/**
 * APOLLO-Mini (Zhu et al. 2024, arXiv 2412.05270): APOLLO of rank 1 with one factor for the whole
 * weight, W ← (1 − lr·wd)·W − lr·scale·l·(‖N‖ / ‖R‖)·G: SGD's memory, Adam's step size. State for an
 * m × n weight, m ≥ n: m first and m second moments, n for the basis, one number. Defaults: apollo's, but
 * rank 1 and scale √128 (published as 128, of which the code takes the root).
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION, ERR_LEAN_UNSUPPORTED
 */
export function apolloMini(options: ApolloOptions = {}): Recipe {
  const s = familySettings(options, {
    name: "apolloMini",
    betas: [0.9, 0.999],
    eps: 1e-6,
    correct: { first: true, second: true },
    lowRank: {
      projector: randomEntries,
      rank: 1,
      direction: "gradient",
      wholeNorm: true,
      scale: Math.sqrt(128),
      maxGrowth: 1.01,
    },
    own: ["maxGrowth"],
  });
  return compose("apolloMini", { ...s.step, momentum: s.lowRankAdam() }, options, { lr: 0.01 });
}
