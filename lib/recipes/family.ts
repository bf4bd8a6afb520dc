/**
 * What the recipes of the Subset-Norm × Subspace-Momentum family and of low-rank Adam share: their
 * options, the settings that `compat` stands for, and the parts made of them.
 */
import { requireKnownOptions, requireOneOf } from "../options.js";
import { ema } from "../parts/momentum/ema.js";
import { type LowRankOptions, lowRank } from "../parts/momentum/low-rank.js";
import {
  type OnRefresh,
  restarts,
  type SubspaceOptions,
  subspace,
} from "../parts/momentum/subspace.js";
import type { Momentum, ProjectionSide, SecondMoment } from "../parts/part.js";
import { refreshGap } from "../parts/projector/refresh-gap.js";
import type { AccumulationOptions } from "../parts/second-moment/accumulation.js";
import { elementwise } from "../parts/second-moment/elementwise.js";
import { none } from "../parts/second-moment/none.js";
import { type SubsetOptions, subset } from "../parts/second-moment/subset.js";
import {
  type Betas,
  correction,
  type RecipeOptions,
  recipeOptionNames,
  requireBetas,
} from "../recipe.js";

/**
 * Published behaviour, as a bundle of options that can each be chosen alone:
 * - "sn-sm" (github.com/timmytonga/sn-sm): bias "hf", decay "after", refreshOffset updateProjGap − 1,
 *   onRefresh "published", blockRule "divisor"; betas[1] = 0 means no second moment
 * - "galore" (github.com/jiaweizzhao/GaLore): bias "hf", decay "after", refreshOffset 0, onRefresh
 *   "keep", and for moments that both live in the basis projector "svd"
 */
export type Compat = "sn-sm" | "galore";

export interface FamilyOptions extends RecipeOptions {
  /** Decay of the momentum and of the second moment; 1 for the latter sums. */
  betas?: Betas;
  /** Added to the root of the second moment. Default 1e-8. */
  eps?: number;
  /** false: no bias correction at all. Default: as the recipe says. */
  biasCorrection?: boolean;
  compat?: Compat;
}

/** Options of a subset second moment. */
export type SubsetNormOptions = Pick<SubsetOptions, "partition" | "reduce" | "blockRule">;

/** Options of a subspace momentum. */
export type SubspaceMomentumOptions = Pick<
  SubspaceOptions,
  "rank" | "projector" | "updateProjGap" | "side" | "refreshOffset" | "onRefresh" | "refreshDelay"
>;

/** Options of Adam in a low-rank basis. */
export type LowRankAdamOptions = Pick<
  LowRankOptions,
  "rank" | "projector" | "updateProjGap" | "side" | "refreshOffset" | "onRefresh" | "scale"
>;

/** Options of what such a step takes along from outside the basis. */
export type GrowthOptions = Pick<LowRankOptions, "maxGrowth">;

const familyNames = [...recipeOptionNames, "betas", "eps", "biasCorrection", "compat"];
const subsetNames = ["partition", "reduce", "blockRule"];
const subspaceNames = [
  "rank",
  "projector",
  "updateProjGap",
  "side",
  "refreshOffset",
  "onRefresh",
  "refreshDelay",
];

const lowRankNames = [...subspaceNames.filter((name) => name !== "refreshDelay"), "scale"];

interface CompatSettings {
  readonly bias?: "hf";
  readonly decay?: "after";
  readonly refreshOffset?: number;
  readonly onRefresh?: OnRefresh;
  /** Of a low-rank Adam, which depends on more than the subspace. */
  readonly projector?: "svd";
  readonly blockRule?: "divisor";
}

function compatSettings(compat: Compat | undefined, updateProjGap: number): CompatSettings {
  if (compat === undefined) return {};
  requireOneOf("compat", compat, ["sn-sm", "galore"]);
  const scalars = { bias: "hf", decay: "after" } as const;
  if (compat === "galore") {
    return { ...scalars, refreshOffset: 0, onRefresh: "keep", projector: "svd" };
  }
  return {
    ...scalars,
    refreshOffset: updateProjGap - 1,
    onRefresh: "published",
    blockRule: "divisor",
  };
}

/** A recipe's own defaults. */
export interface FamilyDefaults {
  readonly name: string;
  readonly betas: Betas;
  /** Whether the momentum and the second moment correct their bias. */
  readonly correct: { readonly first: boolean; readonly second: boolean };
  /** Whether it has options of a subset second moment, and of a subspace momentum. */
  readonly subsets?: boolean;
  readonly subspace?: boolean;
  /** Of the subsets. Default "heuristics". */
  readonly partition?: SubsetNormOptions["partition"];
  /** Options of this recipe alone. */
  readonly own?: readonly string[];
  /** Of a low-rank Adam, which has options of its own then. */
  readonly lowRank?: LowRankOptions;
  /** Default 1e-8. */
  readonly eps?: number;
}

/** A recipe's options with its defaults and compat settings filled in. */
export interface FamilySettings {
  readonly step: RecipeOptions;
  readonly beta1: number;
  /** What second moments have in common. */
  readonly accumulation: AccumulationOptions;
  ema(): Momentum;
  subspaceMomentum(): Momentum;
  elementwise(): SecondMoment;
  subsetNorm(): SecondMoment;
  lowRankAdam(): Momentum;
}

type AllOptions = FamilyOptions &
  SubsetNormOptions &
  Omit<SubspaceMomentumOptions, "side" | "onRefresh"> &
  Omit<LowRankAdamOptions, "onRefresh"> &
  GrowthOptions & { onRefresh?: OnRefresh };

export function familySettings(options: AllOptions, defaults: FamilyDefaults): FamilySettings {
  requireKnownOptions(defaults.name, options, [
    ...familyNames,
    ...(defaults.subsets ? subsetNames : []),
    ...(defaults.subspace ? subspaceNames : []),
    ...(defaults.own ?? []),
    ...(defaults.lowRank ? lowRankNames : []),
  ]);
  const betas = options.betas ?? defaults.betas;
  requireBetas(betas);
  const compat = compatSettings(options.compat, refreshGap(options.updateProjGap ?? 200).first);
  const first = correction(options.biasCorrection, defaults.correct.first);
  const second = correction(options.biasCorrection, defaults.correct.second);
  const bias = options.bias ?? compat.bias;
  const onRefresh = options.onRefresh ?? compat.onRefresh ?? "restart";
  const hasSecond = betas[1] > 0 || options.compat !== "sn-sm";
  const eps = options.eps ?? defaults.eps;
  const accumulation = { beta: betas[1], eps, correctBias: second };
  const schedule = {
    rank: options.rank,
    updateProjGap: options.updateProjGap,
    refreshOffset: options.refreshOffset ?? compat.refreshOffset,
  };
  return {
    step: {
      lr: options.lr,
      weightDecay: options.weightDecay,
      decay: options.decay ?? compat.decay,
      bias,
      stateDtype: options.stateDtype,
      rounding: options.rounding,
      schedule: options.schedule,
      lrDecay: options.lrDecay,
    },
    beta1: betas[0],
    accumulation,
    ema: () => ema({ beta: betas[0], correctBias: first }),
    subspaceMomentum: () =>
      subspace({
        beta: betas[0],
        correctBias: first,
        ...schedule,
        projector: options.projector,
        side: options.side as ProjectionSide,
        onRefresh,
        refreshDelay: options.refreshDelay,
        perBasis: restarts(onRefresh) && bias !== "hf",
      }),
    elementwise: () => (hasSecond ? elementwise(accumulation) : none()),
    subsetNorm: () =>
      hasSecond
        ? subset({
            ...accumulation,
            partition: options.partition ?? defaults.partition,
            reduce: options.reduce,
            blockRule: options.blockRule ?? compat.blockRule,
          })
        : none(),
    lowRankAdam: () =>
      lowRank({
        ...defaults.lowRank,
        ...schedule,
        beta: betas[0],
        beta2: betas[1],
        eps,
        correctBias: first,
        projector: options.projector ?? compat.projector ?? defaults.lowRank?.projector,
        side: options.side,
        onRefresh: options.onRefresh as LowRankOptions["onRefresh"],
        scale: options.scale ?? defaults.lowRank?.scale,
        maxGrowth: options.maxGrowth ?? defaults.lowRank?.maxGrowth,
        ...(defaults.lowRank?.rank && { rank: options.rank ?? defaults.lowRank.rank }),
      }),
  };
}
