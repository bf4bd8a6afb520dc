import { requireInteger } from "../options.js";
import { byName, type NamedPartitionPair, partitionRules } from "../parts/second-moment/by-name.js";
import { compose, type Recipe } from "../recipe.js";
import { type FamilyOptions, familySettings } from "./family.js";

export interface AdamMiniOptions extends FamilyOptions {
  /** Attention heads: a query weight is so many runs of rows. Default: rows, with a warning. */
  heads?: number;
  /** Of keys, where queries share them. Default: `heads`. */
  kvHeads?: number;
  /**
   * [pattern, partition] pairs that come before the recipe's own: the first pattern (a regular
   * expression's source) that is found in a parameter's name says how its second moments are shared:
   * "row", "column", "tensor", "elementwise", `{ heads: n }`, runs of k.
   */
  partitionOf?: readonly NamedPartitionPair[];
}

/** A word of a name, between its separators: "wq" in "layers.0.wq.weight", not in "wqx". */
const named = (words: string) => `(^|[./:_])(${words})([./:_]|$)`;

/** What names mean without options, beside heads. */
const usual: readonly NamedPartitionPair[] = [
  ["embed|embd|wte|wpe|lm_head|output|final_layer", "row"],
  [`${named("v_proj|wv|value|o_proj|wo|c_attn|qkv|wqkv|qkv_proj")}|attn.(c_)?proj`, "row"],
  ["feed_forward|linear|mlp", "row"],
];

/**
 * Adam-mini (arXiv 2406.16793; github.com/zyushun/Adam-mini 1.1.1): AdamW whose second moment is the
 * mean of a block's squares: of a head for queries and keys, of a row (an output neuron, a token) for
 * other matrices (a column of a Keras kernel), of the whole tensor for norms; biases have one an element. Blocks follow
 * from parameters' names, as published; a matrix of another name is cut by rows with a warning
 * (published: one for all of it). AdamW's learning rate fits. For runs below 10 000 steps its authors
 * advise one for each value weight: `partitionOf: [["v_proj", "tensor"]]`.
 * Defaults lr 1e-3, betas (0.9, 0.999), eps 1e-8, weightDecay 0. State: the momentum, and 4 bytes for
 * each block. docs/numerics.md lists where the published code differs.
 *
 * @example adamMini({ lr: 3e-4, heads: 32, kvHeads: 8, weightDecay: 0.1 })
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION; building an Optimizer,
 *   ERR_LEAN_SHAPE where heads do not divide a query's or a key's rows
 */
export function adamMini(options: AdamMiniOptions = {}): Recipe {
  const s = familySettings(options, {
    name: "adamMini",
    betas: [0.9, 0.999],
    correct: { first: true, second: true },
    own: ["heads", "kvHeads", "partitionOf"],
  });
  const { heads, kvHeads = heads, partitionOf = [] } = options;
  if (heads !== undefined) requireInteger("heads", heads, 1);
  if (kvHeads !== undefined) requireInteger("kvHeads", kvHeads, 1);
  partitionRules("partitionOf", partitionOf);
  const attention = (words: string, count: number | undefined): NamedPartitionPair[] =>
    count === undefined ? [] : [[named(words), { heads: count }]];
  const secondMoment = byName({
    ...s.accumulation,
    partitions: [
      ...partitionOf,
      ["bias", "elementwise"],
      [named("kernel"), "column"], // Keras's: inputs × outputs
      ...attention("q_proj|wq|query", heads),
      ...attention("k_proj|wk|key", kvHeads),
      ...usual,
    ],
  });
  return compose("adamMini", { ...s.step, momentum: s.ema(), secondMoment }, options);
}
