import type { Direction } from "./low-rank-step.js";
import type { BlockRule, PartitionRule, Reduce } from "./partition.js";
import type { SideRule } from "./subspace.js";

/** One point of the family of optimizers that `OracleOptimizer` covers, for one parameter. */
export interface OracleOptions {
  readonly shape: readonly number[];
  readonly lr: number;
  /** [β1, β2]; β2 = 1 sums instead of averaging. */
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
  /**
   * `before`: W ← (1 − lr·λ)·W, then the update (AdamW); `after`: the update, then the decay (the
   * published code of Subset-Norm); `l2`: λ·W is part of the gradient (torch's Adam, SGD, ...).
   */
  readonly decayMode: "before" | "after" | "l2";

  /** `lowRank` has both moments in the basis, whatever moment2 says. */
  readonly moment1: "none" | "ema" | "heavyBall" | "subspace" | "lowRank";
  readonly moment2: "none" | "elementwise" | "subset" | "scalar";
  /** Of `subset`: which elements share a second moment. */
  readonly partition: PartitionRule;
  readonly blockRule: BlockRule;
  readonly reduce: Reduce;
  /**
   * Mode `torch`: each moment is divided by its own 1 − β^t, ε is added after; `hf`: the factor
   * √(1 − β2^t) / (1 − β1^t) on the whole step, with these betas whatever moments there are, ε added
   * to the uncorrected √v.
   */
  readonly biasCorrection: {
    readonly first: boolean;
    readonly second: boolean;
    readonly mode: "torch" | "hf";
  };

  /** Of `heavyBall`: μ. */
  readonly momentum: number;
  /** Of `heavyBall`: τ. */
  readonly dampening: number;
  readonly nesterov: boolean;

  /** Of `lowRank`: test/oracle/low-rank-step.ts. */
  readonly direction: Direction;
  readonly wholeNorm: boolean;
  readonly scale: number;
  readonly maxGrowth: number;

  /** Of `subspace` and `lowRank`. A rank above the projected dimension is that dimension. */
  readonly rank: number;
  /** `given` and `givenLines` take each basis, or set of lines, from the step's arguments. */
  readonly projector: "svd" | "topK" | "given" | "givenLines";
  /** null: `std` for a basis, `reverse` for lines; `full`, of `lowRank`, a basis on either side. */
  readonly side: SideRule | "full" | null;
  /** Calls between two refreshes. */
  readonly gap: number;
  /** Calls after the first before the schedule starts. */
  readonly offset: number;
  /**
   * What becomes of the momentum in a new subspace. `restart`: it starts at zero; `rotate`: the part
   * that lies in the new subspace stays; `keep`: its coordinates stay as they are; `published`: they
   * are used as they are for that step, then zeroed.
   */
  readonly onRefresh: "restart" | "rotate" | "keep" | "published";

  /** Clips the global norm of the gradient; null: does not. */
  readonly maxGradNorm: number | null;
  readonly skipNonFinite: boolean;

  /** The learning rate of update t is lr / (1 + (t − 1)·lrDecay), as in torch's Adagrad. */
  readonly lrDecay: number;
  /** What the second moment starts from. */
  readonly initialAccumulator: number;
}

/** What an option is where it is left out: AdamW without decay. */
export const defaultOptions: Omit<OracleOptions, "shape" | "lr"> = {
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  decayMode: "before",
  moment1: "ema",
  moment2: "elementwise",
  partition: "heuristics",
  blockRule: "ragged",
  reduce: "sum",
  biasCorrection: { first: true, second: true, mode: "torch" },
  momentum: 0.9,
  dampening: 0,
  nesterov: false,
  direction: "subspace",
  wholeNorm: false,
  scale: 1,
  maxGrowth: 0,
  rank: 1,
  projector: "svd",
  side: null,
  gap: 1,
  offset: 0,
  onRefresh: "restart",
  maxGradNorm: null,
  skipNonFinite: false,
  lrDecay: 0,
  initialAccumulator: 0,
};
