import { gaussian } from "../parts/projector/gaussian.js";
import { compose, type Recipe } from "../recipe.js";
import {
  type FamilyOptions,
  familySettings,
  type GrowthOptions,
  type LowRankAdamOptions,
} from "./family.js";

/** Of variance 1/rank, as published: an orthonormal basis would make factors √(n/rank) larger. */
export const randomEntries = gaussian({ orthonormal: false });

export type ApolloOptions = FamilyOptions & LowRankAdamOptions & GrowthOptions;

/**
 * APOLLO (Zhu et al. 2024, arXiv 2412.05270, Algorithm 1): SGD whose step size each line of the weight
 * learns from Adam in a random projection, W ← (1 − lr·wd)·W − lr·scale·l·f_j·G_j with
 * f_j = ‖N_j‖ / ‖R_j‖; the norm of that grows by at most `maxGrowth` a step. State for an m × n weight,
 * m ≥ n: m·rank first and m·rank float32 second moments, n·rank basis, one number. Defaults lr 1e-2,
 * scale 1, betas (0.9, 0.999), eps 1e-6, maxGrowth 1.01, updateProjGap 200, projector gaussian with
 * entries of variance 1/rank.
 *
 * `scale` is the paper's α; the published code (github.com/zhuhanqing/APOLLO) takes the root of the
 * option it calls scale. There the paper's seed stands for a projection that is kept all the same and
 * differs between devices; the norms are taken along the shape of G rather than of R, which fits the
 * side "std" of weights that are not square alone; and the limiter never recovers from a step without
 * a gradient, which is forgotten here.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION, ERR_LEAN_UNSUPPORTED
 */
export function apollo(options: ApolloOptions = {}): Recipe {
  const s = familySettings(options, {
    name: "apollo",
    betas: [0.9, 0.999],
    eps: 1e-6,
    correct: { first: true, second: true },
    lowRank: { projector: randomEntries, direction: "gradient", maxGrowth: 1.01 },
    own: ["maxGrowth"],
  });
  return compose("apollo", { ...s.step, momentum: s.lowRankAdam() }, options, { lr: 0.01 });
}
