/** What an Optimizer is made of, as its user writes it. */
import { LeanError } from "./errors.js";
import {
  requireBoolean,
  requireFinite,
  requireInteger,
  requireKnownOptions,
  requireOneOf,
} from "./options.js";
import type { Recipe } from "./recipe.js";
import type { WeightArray, WeightDType } from "./tensor.js";

/** A parameter: somebody else's memory, updated in place. */
export interface Parameter {
  /** Unique in its optimizer; keys state dicts and `step({ grads })`. */
  readonly name: string;
  /** The weights: a Float32Array, or a Uint16Array with the bits of bfloat16 or float16. */
  readonly data: WeightArray;
  /** Row-major. Default: a vector of data's length. */
  readonly shape?: readonly number[];
  /** Needed for a Uint16Array. */
  readonly dtype?: WeightDType;
  /** Memory that holds the gradient at every step; otherwise hand gradients to `step`. */
  readonly grad?: WeightArray | null;
  /** The weight's dtype or "float32". Default: of `grad`, else the weight's. */
  readonly gradDtype?: WeightDType;
  /** The first dimension counts matrices (stacked expert weights). Default false. */
  readonly batched?: boolean;
}

/** Parameters that share a recipe. */
export interface ParameterGroup {
  readonly params: readonly Parameter[];
  readonly optimizer: Recipe;
}

export interface OptimizerOptions {
  /** "cpu". */
  device?: string;
  /** Clip all gradients together to this 2-norm (torch.nn.utils.clip_grad_norm_). Default: none. */
  maxGradNorm?: number;
  /**
   * Skip a step whose gradients hold an infinity or a NaN: weights, momentum and second moments stay,
   * and only the call is counted. Needs one more read of the gradients. Default: true where clipping
   * reads them anyway, else false.
   */
  skipNonFinite?: boolean;
  /** Seed of everything random (bases, stochastic rounding). Default 0. */
  seed?: number;
  /** Memory for the state, `stateBytes` long, zeroed; default: allocated and owned by the optimizer. */
  state?: ArrayBufferView | ArrayBufferLike;
}

/** Checked settings of a whole step. */
export interface StepSettings {
  readonly device: string;
  readonly maxGradNorm: number | undefined;
  readonly skipNonFinite: boolean;
  readonly seed: number;
  readonly groups: number;
}

export function stepSettings(options: OptimizerOptions, groups: number): StepSettings {
  requireKnownOptions("Optimizer", options, [
    "device",
    "maxGradNorm",
    "skipNonFinite",
    "seed",
    "state",
  ]);
  const { device = "cpu", maxGradNorm, seed = 0 } = options;
  const skipNonFinite = options.skipNonFinite ?? maxGradNorm !== undefined;
  requireOneOf("device", device, ["cpu"]);
  if (maxGradNorm !== undefined) {
    requireFinite("maxGradNorm", maxGradNorm, 0);
    if (maxGradNorm === 0) {
      throw new LeanError("ERR_LEAN_INVALID_ARG", "maxGradNorm must be above 0", {
        parameter: "maxGradNorm",
        value: maxGradNorm,
      });
    }
  }
  requireBoolean("skipNonFinite", skipNonFinite);
  requireInteger("seed", seed);
  return { device, maxGradNorm, skipNonFinite, seed, groups };
}
