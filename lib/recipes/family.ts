/**
 * What the recipes of the Subset-Norm × Subspace-Momentum family share: their options, the settings
 * that `compat` stands for, and the two parts made of them.
 */
import { requireKnownOptions, requireOneOf } from "../options.js";
import { ema } from "../parts/momentum/ema.js";
import {
  type OnRefresh,
  restarts,
  type SubspaceOptions,
  subspace,
} from "../parts/momentum/subspace.js";
import type { Momentum, SecondMoment } from "../parts/part.js";
import { refreshGap } from "../parts/projector/refresh-gap.js";
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
 * - "galore" (github.com/jiaweizzhao/GaLore): bias "hf", decay "after", refreshOffset 0, onRefresh "keep"
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
  "rank" | "projector" | "updateProjGap" | "side" | "refreshOffset" | "onRefresh"
>;

const familyNames = [...recipeOptionNames, "betas", "eps", "biasCorrection", "compat"];
const subsetNames = ["partition", "reduce", "blockRule"];
const subspaceNames = ["rank", "projector", "updateProjGap", "side", "refreshOffset", "onRefresh"];

interface CompatSettings {
  readonly bias?: "hf";
  readonly decay?: "after";
  readonly refreshOffset?: number;
  readonly onRefresh?: OnRefresh;
  readonly blockRule?: "divisor";
}

function compatSettings(compat: Compat | undefined, updateProjGap: number): CompatSettings {
  if (compat === undefined) return {};
  requireOneOf("compat", compat, ["sn-sm", "galore"]);
  const scalars = { bias: "hf", decay: "after" } as const;
  if (compat === "galore") return { ...scalars, refreshOffset: 0, onRefresh: "keep" };
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
}

/** A recipe's options with its defaults and compat settings filled in. */
export interface FamilySettings {
  readonly step: RecipeOptions;
  readonly beta1: number;
  ema(): Momentum;
  subspaceMomentum(): Momentum;
  elementwise(): SecondMoment;
  subsetNorm(): SecondMoment;
}

type AllOptions = FamilyOptions & SubsetNormOptions & SubspaceMomentumOptions;

export function familySettings(options: AllOptions, defaults: FamilyDefaults): FamilySettings {
  requireKnownOptions(defaults.name, options, [
    ...familyNames,
    ...(defaults.subsets ? subsetNames : []),
    ...(defaults.subspace ? subspaceNames : []),
  ]);
  const betas = options.betas ?? defaults.betas;
  requireBetas(betas);
  const compat = compatSettings(options.compat, refreshGap(options.updateProjGap ?? 200).first);
  const first = correction(options.biasCorrection, defaults.correct.first);
  const second = correction(options.biasCorrection, defaults.correct.second);
  const bias = options.bias ?? compat.bias;
  const onRefresh = options.onRefresh ?? compat.onRefresh ?? "restart";
  const hasSecond = betas[1] > 0 || options.compat !== "sn-sm";
  const accumulation = { beta: betas[1], eps: options.eps, correctBias: second };
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
    ema: () => ema({ beta: betas[0], correctBias: first }),
    subspaceMomentum: () =>
      subspace({
        beta: betas[0],
        correctBias: first,
        rank: options.rank,
        projector: options.projector,
        updateProjGap: options.updateProjGap,
        side: options.side,
        refreshOffset: options.refreshOffset ?? compat.refreshOffset,
        onRefresh,
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
  };
}
