/**
 * Golden trajectories (test/golden/README.md) as descriptions of the optimizers that walked them, in
 * the library's words: what to build, and what to hand in on the way, to replay one.
 */

import { LeanError } from "../errors.js";
import type { OrthogonalOptions } from "../parts/momentum/orthogonal.js";

/** A point of the family of optimizers, spelled out: nothing here is left to a default. */
export interface GoldenRecipe {
  readonly moment1: "none" | "ema" | "heavyBall" | "subspace" | "lowRank" | "ldadam" | "orthogonal";
  readonly moment2: "none" | "elementwise" | "subset" | "scalar";
  /** A number: blocks of consecutive elements, or a fraction of the square root if negative. */
  readonly partition: "heuristics" | number | null;
  readonly reduce: "sum" | "mean";
  readonly blockRule: "ragged" | "divisor";
  /** β2 = 1 sums. */
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly lr: number;
  readonly weightDecay: number;
  readonly decayMode: "before" | "after" | "l2";
  /** `hf`: one factor on the whole step, and ε added before it. */
  readonly biasCorrection: {
    readonly first: boolean;
    readonly second: boolean;
    readonly mode: "torch" | "hf" | "none";
  };
  readonly rank: number | null;
  readonly projector: "svd" | "uniform" | "topK" | null;
  readonly side: "std" | "reverse" | "left" | "right";
  /** Of lowRank, times the learning rate. */
  readonly scale: number;
  readonly updateProjGap: number | null;
  readonly refreshOffset: number;
  readonly onRefresh: "restart" | "rotate" | "keep" | "published";
  readonly maxGradNorm: number | null;
  readonly skipNonFinite: boolean;
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly lrDecay: number;
  readonly initialAccumulator: number;
  /** LDAdam's own settings. */
  readonly ldadam: {
    readonly side: "left" | "right";
    readonly rho: number;
    readonly errorFeedback: boolean;
    /** Of all bases but the first. */
    readonly method: "powerIteration" | "svd";
  } | null;
  /** Settings of orthogonal steps. */
  readonly orthogonal: OrthogonalOptions | null;
}

/** A golden file's metadata, understood. */
export interface GoldenCase {
  readonly system: string;
  readonly variant: string;
  readonly shape: readonly number[];
  readonly steps: number;
  /** null where there is a reason to skip. */
  readonly recipe: GoldenRecipe | null;
  /** Which recorded tensors to hand in at each refresh, `basis_t` or `index_t`. */
  readonly given: "basis" | "index" | null;
  /** Of float32 arithmetic, relative to the length of the path. */
  readonly tolerance: number;
  /** Why the family does not hold this case. */
  readonly skip?: string;
}

type Options = Readonly<Record<string, unknown>>;
type Description = Pick<GoldenCase, "recipe" | "given">;

/** torch.optim's switches that no recipe has. */
const UNSUPPORTED_SWITCHES = ["amsgrad", "centered", "maximize"] as const;

const NEUTRAL: GoldenRecipe = {
  moment1: "none",
  moment2: "none",
  partition: null,
  reduce: "sum",
  blockRule: "ragged",
  betas: [0, 0],
  eps: 0,
  lr: 0,
  weightDecay: 0,
  decayMode: "before",
  biasCorrection: { first: false, second: false, mode: "none" },
  rank: null,
  projector: null,
  side: "std",
  scale: 1,
  updateProjGap: null,
  refreshOffset: 0,
  onRefresh: "restart",
  maxGradNorm: null,
  skipNonFinite: false,
  momentum: 0,
  dampening: 0,
  nesterov: false,
  lrDecay: 0,
  initialAccumulator: 0,
  ldadam: null,
  orthogonal: null,
};

/**
 * Reads the metadata of a golden file.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG for a system or setting that is not known here
 */
export function goldenCase(metadata: Readonly<Record<string, string>>): GoldenCase {
  const { system, variant } = metadata;
  const options: Options = JSON.parse(metadata.options);
  const group: Options = JSON.parse(metadata.group);
  const common = {
    system,
    variant,
    shape: JSON.parse(metadata.shape) as number[],
    steps: Number(metadata.steps),
  };
  const skip = skipReason(system, options);
  if (skip !== undefined) return { ...common, recipe: null, given: null, tolerance: 0, skip };
  const { recipe, given } = describe(system, options, group, variant, common.shape);
  return { ...common, recipe, given, tolerance: toleranceOf(recipe) };
}

/** Looser where a decomposition is part of the path, or roundings to bfloat16. */
function toleranceOf(recipe: GoldenRecipe | null): number {
  if (recipe?.orthogonal?.compat === "torch") return 2e-2;
  return recipe?.projector === "svd" || recipe?.moment1 === "orthogonal" ? 1e-4 : 1e-5;
}

function skipReason(system: string, options: Options): string | undefined {
  const used = UNSUPPORTED_SWITCHES.find((name) => options[name] === true);
  if (used !== undefined) return `uses ${used}`;
  if (system === "torch.optim.RMSprop" && options.momentum !== 0) {
    return "has momentum after the division, which no recipe has";
  }
  return undefined;
}

function describe(
  system: string,
  options: Options,
  group: Options,
  variant: string,
  shape: readonly number[],
): Description {
  switch (system) {
    case "AdaGO":
      return { recipe: adagoRecipe(options), given: null };
    case "torch.optim.Muon":
      return { recipe: muonRecipe(options), given: null };
    case "LDAdamW":
      return { recipe: ldadamRecipe(options, shape), given: null };
    case "sn-sm GenericOptim":
      return describeSnSm(options, group, variant);
    case "GaLore AdamW":
      return { recipe: galoreRecipe(options, group), given: "basis" };
    case "lean-optim":
      return { recipe: leanRecipe(options, group), given: null };
    default:
      return {
        recipe: { ...torchRecipe(system, options), lr: number(options, "lr") },
        given: null,
      };
  }
}

/** One call of the published optimizer: GenericOptim(groups, **options), with one group. */
function describeSnSm(options: Options, group: Options, variant: string): Description {
  const [beta1, beta2] = betas(options);
  const isCorrected = options.correct_bias === true;
  const hasMoment1 = beta1 !== 0 && options.momentum_type !== "none";
  const hasMoment2 = beta2 !== 0 && options.second_moment_type !== "none";
  const hasSubsets = hasMoment2 && options.second_moment_type === "sn";
  const isProjected = hasMoment1 && options.momentum_type === "sm";
  const recipe: GoldenRecipe = {
    ...NEUTRAL,
    lr: number(options, "lr"),
    betas: [beta1, beta2],
    eps: number(options, "eps"),
    weightDecay: number(options, "weight_decay", 0),
    decayMode: "after",
    biasCorrection: { first: isCorrected, second: isCorrected, mode: isCorrected ? "hf" : "none" },
    moment1: isProjected ? "subspace" : hasMoment1 ? "ema" : "none",
    moment2: hasSubsets ? "subset" : hasMoment2 ? "elementwise" : "none",
    partition: hasSubsets ? (group.subset_size as GoldenRecipe["partition"]) : null,
    blockRule: "divisor",
  };
  if (!isProjected) return { recipe, given: null };
  const projector = oneOf(group.proj_type, { svd: "svd", uniform: "uniform", topk: "topK" });
  const updateProjGap = number(group, "update_proj_gap");
  const isReproducible = variant === "restart" && projector !== "uniform";
  return {
    recipe: {
      ...recipe,
      rank: number(group, "rank"),
      projector,
      updateProjGap,
      // Published: at the first call and at each whose number the gap divides.
      refreshOffset: updateProjGap - 1,
      onRefresh: oneOf(variant, { restart: "restart", keep: "keep", published: "published" }),
    },
    given: isReproducible ? null : projector === "svd" ? "basis" : "index",
  };
}

/** Both moments in the basis, whose signs they depend on: published AdamW(groups, **options). */
function galoreRecipe(options: Options, group: Options): GoldenRecipe {
  const isCorrected = options.correct_bias === true;
  return {
    ...NEUTRAL,
    lr: number(options, "lr"),
    betas: betas(options),
    eps: number(options, "eps"),
    weightDecay: number(options, "weight_decay"),
    decayMode: "after",
    biasCorrection: { first: isCorrected, second: isCorrected, mode: isCorrected ? "hf" : "none" },
    moment1: "lowRank",
    rank: number(group, "rank"),
    projector: "svd",
    side: oneOf(group.proj_type, {
      std: "std",
      reverse_std: "reverse",
      left: "left",
      right: "right",
    }),
    scale: number(group, "scale"),
    updateProjGap: number(group, "update_proj_gap"),
    onRefresh: "keep",
  };
}

function leanRecipe(options: Options, group: Options): GoldenRecipe {
  const moment2 = group.moment2 as GoldenRecipe["moment2"];
  const isProjected = group.moment1 === "subspace";
  return {
    ...NEUTRAL,
    lr: number(options, "lr"),
    betas: betas(options),
    eps: number(options, "eps"),
    weightDecay: number(options, "weight_decay"),
    biasCorrection: { first: true, second: true, mode: "torch" },
    moment1: group.moment1 as GoldenRecipe["moment1"],
    moment2,
    partition: moment2 === "subset" ? (group.partition as GoldenRecipe["partition"]) : null,
    reduce: group.reduce as GoldenRecipe["reduce"],
    maxGradNorm: group.max_grad_norm as number | null,
    skipNonFinite: group.skip_non_finite === true,
    ...(isProjected && {
      rank: number(group, "rank"),
      projector: "svd",
      updateProjGap: number(group, "update_proj_gap"),
      refreshOffset: number(group, "refresh_offset"),
      onRefresh: group.on_refresh as GoldenRecipe["onRefresh"],
    }),
  };
}

function ldadamRecipe(options: Options, shape: readonly number[]): GoldenRecipe {
  const [rows = 0, cols = 0] = shape;
  return {
    ...NEUTRAL,
    lr: number(options, "lr"),
    betas: betas(options),
    eps: number(options, "eps"),
    weightDecay: number(options, "weight_decay"),
    biasCorrection: { first: true, second: true, mode: "torch" },
    moment1: "ldadam",
    rank: number(options, "rank"),
    projector: "svd",
    ldadam: {
      // Published: a square weight counts as wide.
      side: rows > cols ? "right" : "left",
      rho: number(options, "rho"),
      errorFeedback: options.error_feedback === true,
      method: oneOf(options.proj_method, { power_iteration: "powerIteration", svd: "svd" }),
    },
  };
}

/** With exact polar factors. */
const adagoRecipe = (options: Options): GoldenRecipe =>
  orthogonalRecipe(options, {
    nesterov: false,
    schedule: "exact",
    shapeScale: "none",
    adaptive: {
      maxNorm: number(options, "gamma"),
      leastStep: number(options, "eps"),
      initial: number(options, "v0"),
    },
  });

const muonRecipe = (options: Options): GoldenRecipe =>
  orthogonalRecipe(options, {
    nesterov: options.nesterov === true,
    schedule: "muon",
    steps: number(options, "ns_steps"),
    shapeScale: options.adjust_lr_fn === "match_rms_adamw" ? "matchRmsAdamW" : "original",
    compat: "torch",
  });

function orthogonalRecipe(
  options: Options,
  orthogonal: Omit<NonNullable<GoldenRecipe["orthogonal"]>, "beta">,
): GoldenRecipe {
  return {
    ...NEUTRAL,
    lr: number(options, "lr"),
    weightDecay: number(options, "weight_decay"),
    moment1: "orthogonal",
    orthogonal: { beta: number(options, "momentum"), ...orthogonal },
  };
}

function torchRecipe(system: string, options: Options): GoldenRecipe {
  const weightDecay = number(options, "weight_decay");
  const coupled = { ...NEUTRAL, weightDecay, decayMode: "l2" } as const;
  switch (system) {
    case "torch.optim.Adam":
    case "torch.optim.AdamW":
      return {
        ...coupled,
        moment1: "ema",
        moment2: "elementwise",
        betas: betas(options),
        eps: number(options, "eps"),
        decayMode: options.decoupled_weight_decay === true ? "before" : "l2",
        biasCorrection: { first: true, second: true, mode: "torch" },
      };
    case "torch.optim.SGD":
      return {
        ...coupled,
        moment1: options.momentum === 0 ? "none" : "heavyBall",
        momentum: number(options, "momentum"),
        dampening: number(options, "dampening"),
        nesterov: options.nesterov === true,
      };
    case "torch.optim.Adagrad":
      return {
        ...coupled,
        moment2: "elementwise",
        betas: [0, 1],
        eps: number(options, "eps"),
        lrDecay: number(options, "lr_decay"),
        initialAccumulator: number(options, "initial_accumulator_value"),
      };
    case "torch.optim.RMSprop":
      return {
        ...coupled,
        moment2: "elementwise",
        betas: [0, number(options, "alpha")],
        eps: number(options, "eps"),
      };
    default:
      throw unknown("system", system);
  }
}

function betas(options: Options): [number, number] {
  const [beta1, beta2] = options.betas as [number, number];
  return [beta1, beta2];
}

function number(options: Options, name: string, fallback?: number): number {
  const value = options[name] ?? fallback;
  if (typeof value !== "number") throw unknown(name, value);
  return value;
}

function oneOf<const T extends string>(value: unknown, names: Readonly<Record<string, T>>): T {
  if (typeof value === "string" && Object.hasOwn(names, value)) return names[value];
  throw unknown("setting", value);
}

function unknown(what: string, value: unknown): LeanError {
  const message = `a golden trajectory with the ${what} ${JSON.stringify(value)}`;
  return new LeanError("ERR_LEAN_INVALID_ARG", message, { parameter: what, value });
}
