import { requireKnownOptions } from "../options.js";
import {
  type NewtonSchulzSchedule,
  orthogonal,
  type ShapeScale,
} from "../parts/momentum/orthogonal.js";
import { compose, type Recipe, type RecipeOptions, recipeOptionNames } from "../recipe.js";

export interface AdaGOOptions extends Omit<RecipeOptions, "bias"> {
  /** Decay of the momentum. Default 0.95. */
  momentum?: number;
  /** Default false, as published. */
  nesterov?: boolean;
  /** γ: the most of a gradient's norm that counts. Default 10. */
  maxNorm?: number;
  /** ε: the least length of a step. Default 5e-4. */
  leastStep?: number;
  /** v₀: the accumulator starts at v₀². Default 1e-3. */
  initialAccumulator?: number;
  /** Iterations towards the orthogonal factor. Default 5. */
  nsSteps?: number;
  /** Their polynomials. Default "muon". */
  nsSchedule?: NewtonSchulzSchedule;
  /** Default "none", as published. */
  shapeScale?: ShapeScale;
}

const names = [
  "momentum",
  "nesterov",
  "maxNorm",
  "leastStep",
  "initialAccumulator",
  "nsSteps",
  "nsSchedule",
  "shapeScale",
];

/**
 * AdaGO (arXiv 2509.02981, algorithm 1): AdaGrad-norm step sizes for orthogonal updates. v ← v +
 * min(‖G‖, γ)²; W moves by max(ε, lr·min(‖G‖, γ)/√v) along the orthogonal factor of its momentum.
 * ‖G‖ is that of the clipped gradient, v float32. State for an m × n weight: mn momentum, one number.
 * Vectors are stepped as by AdamW.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function adago(options: AdaGOOptions = {}): Recipe {
  requireKnownOptions("adago", options, [
    ...recipeOptionNames.filter((name) => name !== "bias"),
    ...names,
  ]);
  const {
    momentum: beta,
    nesterov = false,
    nsSteps: steps,
    nsSchedule: schedule,
    ...rest
  } = options;
  const { maxNorm = 10, leastStep = 5e-4, initialAccumulator: initial = 1e-3, ...others } = rest;
  const { shapeScale = "none", ...step } = others;
  const adaptive = { maxNorm, leastStep, initial };
  const momentum = orthogonal({ beta, nesterov, steps, schedule, shapeScale, adaptive });
  return compose("adago", { ...step, momentum }, options, { lr: 5e-2 });
}
