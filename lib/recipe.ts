/**
 * A recipe is what a user calls an optimizer: a literal that composes a momentum and a second moment
 * with the settings of the step. It knows no device and holds no state.
 */
import { LeanError } from "./errors.js";
import {
  requireBeta,
  requireBoolean,
  requireFinite,
  requireKnownOptions,
  requireOneOf,
  show,
} from "./options.js";
import { type MomentumOption, momentumOf } from "./parts/momentum/index.js";
import type { Momentum, SecondMoment } from "./parts/part.js";
import { type SecondMomentOption, secondMomentOf } from "./parts/second-moment/index.js";
import type { Schedule } from "./schedules.js";
import { requireSchedule } from "./schedules.js";
import type { StateDType } from "./tensor.js";

/** Settings that every recipe has. */
export interface RecipeOptions {
  /** Learning rate, multiplied by the schedule. */
  lr?: number;
  /** Weight decay. Default 0 (adamw: 0.01). */
  weightDecay?: number;
  /**
   * "before": W ← (1 − lr·wd)·W, then the update (AdamW; the default). "after": the update first.
   * "l2": G ← G + wd·W (torch.optim.SGD, Adagrad, RMSprop); not with subspaces or subsets.
   */
  decay?: "before" | "after" | "l2";
  /**
   * "torch": each part corrects its own bias. "hf": one factor sqrt(1 − beta2^t) / (1 − beta1^t) on
   * the whole step, eps before correction, t the updates (published sn-sm, GaLore).
   */
  bias?: "torch" | "hf";
  /** Type of momentum and basis. Default: bfloat16 for bfloat16 weights, otherwise float32. */
  stateDtype?: StateDType;
  /** How bfloat16 weights are rounded when stored. Default "nearest". */
  rounding?: "nearest" | "stochastic";
  /** Learning-rate schedule: `constant`, `linear` or `cosine`, each with warm-up. */
  schedule?: Schedule;
  /** lr ← lr / (1 + (t − 1)·lrDecay) (torch.optim.Adagrad). Default 0. */
  lrDecay?: number;
}

export const recipeOptionNames = [
  "lr",
  "weightDecay",
  "decay",
  "bias",
  "stateDtype",
  "rounding",
  "schedule",
  "lrDecay",
];

export interface GenericOptions extends RecipeOptions {
  /** A momentum, its name, or its data. Default "none". */
  momentum?: MomentumOption;
  /** A second moment, its name, or its data. Default "none". */
  secondMoment?: SecondMomentOption;
}

export interface Recipe extends Readonly<Required<Omit<RecipeOptions, "stateDtype" | "schedule">>> {
  readonly name: string;
  readonly momentum: Momentum;
  readonly secondMoment: SecondMoment;
  readonly stateDtype?: StateDType;
  readonly schedule?: Schedule;
  /** What `recipeFromConfig` makes the same recipe of; JSON. */
  readonly config: RecipeConfig;
}

export interface RecipeConfig {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Any point of the family: a momentum (`momentums`: none, ema, heavyBall, subspace) with a second
 * moment (`secondMoments`: none, elementwise, subset, scalar, byName); lowRank and orthogonal momenta
 * bring their own.
 *
 * @example
 * generic({ lr: 1e-2, momentum: momentums.subspace({ rank: 64 }), secondMoment: "scalar" })
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function generic(options: GenericOptions): Recipe {
  requireKnownOptions("generic", options, [...recipeOptionNames, "momentum", "secondMoment"]);
  return compose("generic", options, options);
}

/**
 * Builds a recipe from checked settings. `config` is what the user wrote, kept so that the recipe
 * can be stored and made again; `defaults` are the recipe's own.
 */
export function compose(
  name: string,
  settings: GenericOptions,
  config: object,
  defaults: Pick<RecipeOptions, "lr" | "weightDecay" | "decay"> = {},
): Recipe {
  const {
    lr = defaults.lr ?? 1e-3,
    weightDecay = defaults.weightDecay ?? 0,
    decay = defaults.decay ?? "before",
    bias = "torch",
    stateDtype,
    rounding = "nearest",
    schedule,
    lrDecay = 0,
  } = settings;
  requireFinite("lr", lr, 0);
  requireFinite("weightDecay", weightDecay, 0);
  requireOneOf("decay", decay, ["before", "after", "l2"]);
  requireOneOf("bias", bias, ["torch", "hf"]);
  if (stateDtype !== undefined) requireOneOf("stateDtype", stateDtype, ["float32", "bfloat16"]);
  requireOneOf("rounding", rounding, ["nearest", "stochastic"]);
  requireFinite("lrDecay", lrDecay, 0);
  if (schedule !== undefined) requireSchedule(schedule);
  const momentum = momentumOf(settings.momentum ?? "none");
  const secondMoment = secondMomentOf(settings.secondMoment ?? "none");
  if (decay === "l2") requireFullSpace(name, momentum, secondMoment);
  if (momentum.ownSecondMoment && secondMoment.kind !== "none") {
    throw new LeanError(
      "ERR_LEAN_UNSUPPORTED",
      `${name}: ${momentum.kind} keeps a second moment of its own; secondMoment must be "none"`,
      { parameter: "secondMoment", value: secondMoment.kind },
    );
  }
  return {
    name,
    lr,
    weightDecay,
    decay,
    bias,
    stateDtype,
    rounding,
    schedule,
    lrDecay,
    momentum,
    secondMoment,
    config: { name, options: JSON.parse(JSON.stringify(config)) as Record<string, unknown> },
  };
}

/** Projections and sums over subsets are of the gradient alone, before the weight is read. */
function requireFullSpace(name: string, momentum: Momentum, secondMoment: SecondMoment): void {
  const part =
    [momentum, secondMoment].find(({ kind }) => ["subspace", "subset", "scalar"].includes(kind)) ??
    (momentum.ownSecondMoment ? momentum : undefined);
  if (part === undefined) return;
  throw new LeanError(
    "ERR_LEAN_UNSUPPORTED",
    `${name}: decay "l2" does not go with ${part.kind}; "before" and "after" do`,
    { parameter: "decay", value: "l2" },
  );
}

/** A pair of betas, torch's way: of the momentum and of the second moment. */
export type Betas = readonly [number, number];

/** @throws LeanError ERR_LEAN_INVALID_ARG unless it is an array of two numbers */
export function requireBetas(betas: unknown): asserts betas is Betas {
  if (!Array.isArray(betas) || betas.length !== 2) {
    throw new LeanError(
      "ERR_LEAN_INVALID_ARG",
      `betas must be an array of two numbers, not ${show(betas)}`,
      { parameter: "betas", value: betas },
    );
  }
  requireBeta("betas[0]", betas[0]);
  requireBeta("betas[1]", betas[1], true);
}

/** Reads a boolean `biasCorrection` option that switches every part's correction. */
export function correction(value: boolean | undefined, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  requireBoolean("biasCorrection", value);
  return value;
}
