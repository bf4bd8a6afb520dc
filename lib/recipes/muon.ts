import { requireKnownOptions } from "../options.js";
import {
  type NewtonSchulzSchedule,
  orthogonal,
  type ShapeScale,
} from "../parts/momentum/orthogonal.js";
import { compose, type Recipe, type RecipeOptions, recipeOptionNames } from "../recipe.js";

export interface MuonOptions extends Omit<RecipeOptions, "bias"> {
  /** Decay of the momentum. Default 0.95. */
  momentum?: number;
  /** Default true. */
  nesterov?: boolean;
  /** Iterations towards the orthogonal factor. Default 5. */
  nsSteps?: number;
  /** Their polynomials. Default "muon", the published ones. */
  nsSchedule?: NewtonSchulzSchedule;
  /** Default "original"; with "matchRmsAdamW" AdamW's learning rates fit. */
  shapeScale?: ShapeScale;
  /** "torch": the iterations round to bfloat16 wherever torch.optim.Muon's do. */
  compat?: "torch";
}

/**
 * Muon (Jordan et al. 2024), as torch.optim.Muon with its defaults: steps along the orthogonal factor
 * of a Nesterov momentum. For matrices; embeddings, heads and vectors are better given to `adamw` in
 * a group of their own (vectors are stepped as by AdamW in any case). State for an m × n weight: mn
 * momentum. Differs from torch in iterating in float32, or at what `precision` says, where torch
 * always rounds to bfloat16, as `compat: "torch"` does.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function muon(options: MuonOptions = {}): Recipe {
  requireKnownOptions("muon", options, [
    ...recipeOptionNames.filter((name) => name !== "bias"),
    ...["momentum", "nesterov", "nsSteps", "nsSchedule", "shapeScale", "compat"],
  ]);
  const { momentum: beta, nesterov, nsSteps, nsSchedule, shapeScale, compat, ...step } = options;
  const iterations = { steps: nsSteps, schedule: nsSchedule, compat };
  const momentum = orthogonal({ beta, nesterov, ...iterations, shapeScale });
  return compose("muon", { ...step, momentum }, options, { lr: 1e-3, weightDecay: 0.1 });
}
