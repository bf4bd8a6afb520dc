/** What an Optimizer is made of, as its user writes it. */
import { addressOf, type DevicePointer } from "./device-memory.js";
import { type DeviceName, isHost, requireDevice } from "./devices.js";
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
  /**
   * The weights: a Float32Array, or a Uint16Array with the bits of bfloat16 or float16; on a CUDA
   * device an address in its memory.
   */
  readonly data: WeightArray | DevicePointer;
  /** Row-major. Default: a vector of data's length; needed for an address. */
  readonly shape?: readonly number[];
  /** Needed for a Uint16Array, and for an address. */
  readonly dtype?: WeightDType;
  /** The device whose memory it is: that of all parameters of an optimizer. */
  readonly device?: string;
  /** Memory that holds the gradient at every step; otherwise hand gradients to `step`. */
  readonly grad?: WeightArray | DevicePointer | null;
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
  /** "cpu" or "cuda". Default: the device of the parameters, if they name one, else "cpu". */
  device?: string;
  /**
   * A stream of the caller's (cudaStream_t) that the steps run on, in the order of everything else
   * there; it must outlive the optimizer. Default: one of the optimizer's own.
   */
  stream?: DevicePointer;
  /** Clip all gradients together to this 2-norm (torch.nn.utils.clip_grad_norm_). Default: none. */
  maxGradNorm?: number;
  /**
   * Skip a step whose gradients hold an infinity or a NaN: weights, momentum and second moments stay,
   * and only the call is counted. Needs one more read of the gradients. Default: true where clipping
   * reads them anyway, else false.
   */
  skipNonFinite?: boolean;
  /**
   * What a projected momentum's matrix products may round on a device with matrix units for 16-bit
   * operands: `"highest"` nothing, `"high"` operands to the sum of two bfloat16 (16 bits of a float32
   * significand, three products), `"medium"` operands to 16 bits; sums stay in float32. The CPU
   * never rounds them. Default: medium where the gradient has 16 bits itself, else highest.
   */
  precision?: "highest" | "high" | "medium";
  /**
   * Whether refreshes of bases also say what they captured, for `projections()`: one more product
   * with the gradient in each. Default false.
   */
  projectionReports?: boolean;
  /** Seed of everything random (bases, stochastic rounding). Default 0. */
  seed?: number;
  /**
   * What a step with matrix products may take on a CUDA device for what its launches hand to each
   * other: weights that need more take turns, with launches for each group. A weight that needs more
   * by itself gets it. Default 768 MiB; the CPU needs none.
   */
  scratchBytes?: number;
  /** Memory for the state, `stateBytes` long, zeroed; default: allocated and owned by the optimizer. */
  state?: ArrayBufferView | ArrayBufferLike | DevicePointer;
}

/** What matrix products of a step may round on a device: nothing, or operands, a little or more. */
export type Precision = NonNullable<OptimizerOptions["precision"]>;
const precisions: readonly Precision[] = ["highest", "high", "medium"];

/** Checked settings of a whole step. */
export interface StepSettings {
  readonly device: DeviceName;
  readonly stream: bigint | undefined;
  readonly maxGradNorm: number | undefined;
  readonly skipNonFinite: boolean;
  readonly precision: Precision | undefined;
  readonly projectionReports: boolean;
  readonly seed: number;
  readonly scratchBytes: number | undefined;
  readonly groups: number;
}

export function stepSettings(
  options: OptimizerOptions,
  groups: number,
  parametersDevice?: string,
): StepSettings {
  requireKnownOptions("Optimizer", options, [
    "device",
    "stream",
    "maxGradNorm",
    "skipNonFinite",
    "precision",
    "projectionReports",
    "seed",
    "scratchBytes",
    "state",
  ]);
  const { device = parametersDevice ?? "cpu", maxGradNorm, seed = 0 } = options;
  const skipNonFinite = options.skipNonFinite ?? maxGradNorm !== undefined;
  requireDevice("device", device);
  const stream = streamOf(options, device);
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
  const { precision } = options;
  if (precision !== undefined) requireOneOf("precision", precision, precisions);
  const { projectionReports = false, scratchBytes } = options;
  requireBoolean("projectionReports", projectionReports);
  requireInteger("seed", seed);
  if (scratchBytes !== undefined) requireInteger("scratchBytes", scratchBytes, 0);
  return {
    device,
    stream,
    maxGradNorm,
    skipNonFinite,
    precision,
    projectionReports,
    seed,
    scratchBytes,
    groups,
  };
}

/** The legacy default stream, which waits for all others, cannot be what anybody means. */
function streamOf({ stream }: OptimizerOptions, device: DeviceName): bigint | undefined {
  if (stream === undefined) return undefined;
  const address = addressOf(stream, "stream");
  if (!isHost(device) && address > 2n) return address;
  const reason = isHost(device)
    ? `${device} has no streams`
    : "stream must not be a default stream";
  throw new LeanError("ERR_LEAN_INVALID_ARG", reason, { parameter: "stream", value: stream });
}
