import { compose, type Recipe } from "../recipe.js";
import {
  type FamilyOptions,
  familySettings,
  type GrowthOptions,
  type LowRankAdamOptions,
} from "./family.js";

export type FiraOptions = FamilyOptions & LowRankAdamOptions & GrowthOptions;

/**
 * Fira (Chen et al. 2024, arXiv 2410.01623): GaLore that also steps along the residual of the
 * projection, each line by the factor that Adam gives the line's projection, ‖N_j‖ / ‖R_j‖; the norm of
 * that part grows by at most `maxGrowth` a step. W ← (1 − lr·wd)·W − lr·scale·(back(N) + l·f·(G −
 * back(R))). State: galore's and one number. Defaults: galore's, and maxGrowth 1.01; 0 lets it grow.
 *
 * The published code (github.com/xichen-fy/Fira) scales what it projects back of the gradient, too,
 * so that its residual is G − scale·back(R) and is itself not scaled; here both are the paper's. Its
 * limiter never recovers from a step without a gradient, after which the next may grow from 1e-8 only;
 * here such a step is forgotten.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION, ERR_LEAN_UNSUPPORTED
 */
export function fira(options: FiraOptions = {}): Recipe {
  const s = familySettings(options, {
    name: "fira",
    betas: [0.9, 0.999],
    eps: 1e-6,
    correct: { first: true, second: true },
    lowRank: { direction: "residual", scale: 0.25, maxGrowth: 1.01 },
  });
  return compose("fira", { ...s.step, momentum: s.lowRankAdam() }, options, { lr: 0.01 });
}
