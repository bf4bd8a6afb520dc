import { compose, type Recipe } from "../recipe.js";
import { type FamilyOptions, familySettings, type LowRankAdamOptions } from "./family.js";

export type GaloreOptions = FamilyOptions & LowRankAdamOptions;

/**
 * GaLore (Zhao et al. 2024, arXiv 2403.03507, Algorithm 2): AdamW in the coordinates of a low-rank
 * basis of the gradient, R = proj(G), W ← (1 − lr·wd)·W − lr·scale·back(N); what lies outside the basis
 * is dropped. `side`: "std" compresses the shorter side, "reverse" (published: reverse_std) the longer
 * one, "left" and "right" what they say, "full" both. State for an m × n weight, m ≥ n: m·rank first
 * and m·rank float32 second moments, n·rank basis; "full": rank² of each moment and (m + n)·rank.
 * Defaults lr 1e-2, scale 0.25, betas (0.9, 0.999), eps 1e-6, rank a quarter of the projected side,
 * updateProjGap 200.
 *
 * Published (github.com/jiaweizzhao/GaLore) are one bias correction on the whole step with eps before
 * it, decay after the update, refreshes of all layers at once and singular vectors: `compat:
 * "galore"` is these four. By default the basis is found by power iteration, which costs less, and
 * layers take turns. A gradient that is zero or not finite keeps the basis, where the published code
 * fails. Both keep the moments' coordinates at a refresh.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION, ERR_LEAN_UNSUPPORTED
 */
export function galore(options: GaloreOptions = {}): Recipe {
  const projector = options.compat === "galore" ? "svd" : "powerIteration";
  const s = familySettings(options, {
    name: "galore",
    betas: [0.9, 0.999],
    eps: 1e-6,
    correct: { first: true, second: true },
    lowRank: { projector, scale: 0.25 },
  });
  return compose("galore", { ...s.step, momentum: s.lowRankAdam() }, options, { lr: 0.01 });
}
