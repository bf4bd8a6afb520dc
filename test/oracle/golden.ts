/** Replays golden trajectories (test/golden/README.md) with the oracle. */

import { OracleOptimizer } from "./generic.js";
import type { GoldenFile } from "./golden-file.js";
import type { OracleOptions } from "./options.js";
import type { PartitionRule } from "./partition.js";

/** How to replay a golden file, or why the oracle does not. */
export type GoldenPlan =
  | {
      readonly excluded: null;
      readonly options: Partial<OracleOptions> & Pick<OracleOptions, "shape" | "lr">;
      readonly steps: number;
      /** 1e-5, or 1e-4 where a decomposition is part of the path. */
      readonly tolerance: number;
    }
  | { readonly excluded: string };

/** What a replay came to. */
export interface GoldenReplay {
  /** After each step, {@link trajectoryError} against the recorded weight. */
  readonly errors: readonly number[];
  /** Of the second moment after the last step: ‖v − ref‖ / ‖ref‖; null where none is recorded. */
  readonly secondMomentError: number | null;
  readonly optimizer: OracleOptimizer;
}

type Json = Readonly<Record<string, unknown>>;
type Family = Omit<Partial<OracleOptions>, "shape">;

const EXCLUDED: Readonly<Record<string, string>> = {
  "torch.optim.Muon": "an orthogonalized momentum, computed in bfloat16",
  LDAdamW: "moments live in the subspace and are transported between bases",
  AdaGO: "an orthogonalized momentum",
};

/** The oracle's configuration for a golden file's metadata. */
export function planGolden(metadata: Readonly<Record<string, string>>): GoldenPlan {
  const { system } = metadata;
  if (system in EXCLUDED) return { excluded: EXCLUDED[system] };
  const options: Json = JSON.parse(metadata.options);
  const group: Json = JSON.parse(metadata.group);
  const family = familyOf(system, options, group, metadata.variant);
  return {
    excluded: null,
    options: { ...family, shape: JSON.parse(metadata.shape), lr: options.lr as number },
    steps: Number(metadata.steps),
    tolerance: family.projector === "svd" || family.projector === "given" ? 1e-4 : 1e-5,
  };
}

/** Takes the recorded steps from the recorded start, with whatever bases `options` ask for. */
export function replayGolden(
  file: GoldenFile,
  { options, steps }: Extract<GoldenPlan, { excluded: null }>,
): GoldenReplay {
  const tensor = (name: string) => file.tensors.get(name)?.values;
  const required = (name: string) => {
    const values = tensor(name);
    if (values === undefined) throw new RangeError(`no ${name} in a golden file`);
    return values;
  };
  const start = required("param_0");
  const optimizer = new OracleOptimizer(start, options);
  const errors: number[] = [];
  for (let t = 1; t <= steps; t++) {
    optimizer.step(required(`grad_${t}`), {
      basis: tensor(`basis_${t}`),
      lines: tensor(`index_${t}`),
    });
    errors.push(trajectoryError(optimizer.param, required(`param_${t}`), start));
  }
  const recorded = tensor("exp_avg_sq");
  const secondMomentError =
    recorded && optimizer.secondMoment
      ? distance(optimizer.secondMoment, recorded) / distance(recorded)
      : null;
  return { errors, secondMomentError, optimizer };
}

/**
 * The least tol with ‖W − ref‖ ≤ tol·‖ref − W_0‖ + 2⁻²²·‖W_0‖: the error relative to how far the
 * weight has come, beyond what float32 rounding of the weight explains.
 */
export function trajectoryError(
  param: ArrayLike<number>,
  reference: ArrayLike<number>,
  start: ArrayLike<number>,
): number {
  const rounding = 2 ** -22 * distance(start);
  const excess = distance(param, reference) - rounding;
  if (excess <= 0) return 0;
  const path = distance(reference, start);
  return path === 0 ? Infinity : excess / path;
}

function distance(x: ArrayLike<number>, y?: ArrayLike<number>): number {
  return Math.sqrt(Array.from(x).reduce((sum, a, i) => sum + (a - (y?.[i] ?? 0)) ** 2, 0));
}

function familyOf(system: string, options: Json, group: Json, variant: string): Family {
  switch (system) {
    case "sn-sm GenericOptim":
      return publishedFamily(options, group, variant);
    case "GaLore AdamW":
      return galoreFamily(options, group);
    case "lean-optim":
      return defaultFamily(options, group);
    default:
      return { decayMode: "l2", eps: options.eps as number, ...torchFamily(system, options) };
  }
}

/** sn-sm's GenericOptim, under the names of its constructor and parameter groups. */
function publishedFamily(options: Json, group: Json, variant: string): Family {
  const [beta1, beta2] = options.betas as [number, number];
  const corrected = options.correct_bias as boolean;
  const momentum = beta1 === 0 ? "none" : (options.momentum_type as string);
  const second = beta2 === 0 ? "none" : (options.second_moment_type as string);
  const gap = group.update_proj_gap as number;
  const isBySubsets = second === "sn" && "subset_size" in group;
  return {
    betas: [beta1, beta2],
    eps: options.eps as number,
    weightDecay: (options.weight_decay as number | undefined) ?? 0,
    decayMode: "after",
    biasCorrection: { first: corrected, second: corrected, mode: "hf" },
    moment1: momentum === "sm" ? "subspace" : (momentum as "ema" | "none"),
    moment2: isBySubsets ? "subset" : second === "none" ? "none" : "elementwise",
    ...(isBySubsets && {
      partition: group.subset_size as PartitionRule,
      blockRule: "divisor",
    }),
    ...(momentum === "sm" && {
      rank: group.rank as number,
      projector: publishedProjector(group.proj_type as string, variant),
      gap,
      // Refreshes at calls 1, gap, 2·gap, ...: the schedule of an offset of gap − 1.
      offset: gap - 1,
      onRefresh: variant as "restart" | "keep" | "published",
    }),
  };
}

/** GaLore's AdamW: transformers' old AdamW on the projected gradient, its result projected back. */
function galoreFamily(options: Json, group: Json): Family {
  const corrected = options.correct_bias as boolean;
  const sides = { std: "std", reverse_std: "reverse", left: "left", right: "right" } as const;
  return {
    betas: options.betas as [number, number],
    eps: options.eps as number,
    weightDecay: options.weight_decay as number,
    decayMode: "after",
    biasCorrection: { first: corrected, second: corrected, mode: "hf" },
    moment1: "lowRank",
    moment2: "none",
    rank: group.rank as number,
    projector: "given",
    side: sides[group.proj_type as keyof typeof sides],
    gap: group.update_proj_gap as number,
    onRefresh: "keep",
    scale: group.scale as number,
  };
}

/** `restart` depends on the subspace alone; the other variants on the basis the reference chose. */
function publishedProjector(type: string, variant: string): OracleOptions["projector"] {
  const own = variant === "restart";
  if (type === "svd") return own ? "svd" : "given";
  return type === "topk" && own ? "topK" : "givenLines";
}

/** The library's default numerics. */
function defaultFamily(options: Json, group: Json): Family {
  const isSubspace = group.moment1 === "subspace";
  return {
    betas: options.betas as [number, number],
    eps: options.eps as number,
    weightDecay: options.weight_decay as number,
    decayMode: "before",
    moment1: group.moment1 as OracleOptions["moment1"],
    moment2: group.moment2 as OracleOptions["moment2"],
    partition: group.partition as PartitionRule,
    reduce: group.reduce as OracleOptions["reduce"],
    ...(isSubspace && {
      rank: group.rank as number,
      projector: "svd",
      gap: group.update_proj_gap as number,
      offset: group.refresh_offset as number,
      onRefresh: group.on_refresh as OracleOptions["onRefresh"],
    }),
    maxGradNorm: group.max_grad_norm as number | null,
    skipNonFinite: group.skip_non_finite as boolean,
  };
}

const UNCORRECTED = { first: false, second: false, mode: "torch" } as const;

function torchFamily(system: string, options: Json): Family {
  const weightDecay = options.weight_decay as number;
  const momentum = options.momentum as number | undefined;
  switch (system) {
    case "torch.optim.Adam":
    case "torch.optim.AdamW":
      return {
        weightDecay,
        decayMode: options.decoupled_weight_decay ? "before" : "l2",
        betas: options.betas as [number, number],
      };
    case "torch.optim.SGD":
      return {
        weightDecay,
        eps: 0,
        moment1: momentum ? "heavyBall" : "none",
        moment2: "none",
        momentum,
        dampening: options.dampening as number,
        nesterov: options.nesterov as boolean,
      };
    case "torch.optim.Adagrad":
      return {
        weightDecay,
        betas: [0, 1],
        moment1: "none",
        biasCorrection: UNCORRECTED,
        lrDecay: options.lr_decay as number,
        initialAccumulator: options.initial_accumulator_value as number,
      };
    case "torch.optim.RMSprop":
      if (momentum) throw new RangeError("RMSprop with momentum is not a point of the family");
      return {
        weightDecay,
        betas: [0, options.alpha as number],
        moment1: "none",
        biasCorrection: UNCORRECTED,
      };
    default:
      throw new RangeError(`a golden file of an unknown system, ${system}`);
  }
}
