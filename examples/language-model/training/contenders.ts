import { adamSN, adamSNSM, adamw, cosine, type Recipe, type Schedule } from "lean-optim";

/** The optimizers that the demonstration knows, in the order in which they are shown. */
export const optimizerNames = ["adamw", "adamsn", "adamsnsm"] as const;
export type OptimizerName = (typeof optimizerNames)[number];

export const titles: Readonly<Record<OptimizerName, string>> = {
  adamw: "AdamW",
  adamsn: "AdamSN",
  adamsnsm: "AdamSNSM",
};

/** Where each optimizer's learning rate is found: its own by the sweep. */
export type LearningRates = Readonly<Record<OptimizerName, number>>;

/** Steps between two bases of the subspace momentum, as in the published 60M runs. */
export const BASIS_INTERVAL = 100;

/**
 * The schedule of the published runs: linear warm-up over a tenth of the steps, then a cosine down
 * to a tenth of the rate.
 */
export function publishedSchedule(steps: number): Schedule {
  return cosine({ steps, warmup: Math.round(steps / 10), final: 0.1 });
}

/** The global gradient norm that gradients are clipped to, as in the published runs. */
export const MAX_GRADIENT_NORM = 1;

/**
 * The recipe of each parameter. Following the paper's experiments (arXiv 2411.07120), matrices get
 * the optimizer itself; the embedding and the gains of the norms always get AdamW, here at AdamW's
 * own rate. No optimizer decays weights, so that AdamW is Adam with nothing to tune beside the rate.
 */
export function recipesOf(
  name: OptimizerName,
  rates: LearningRates,
  rank: number,
  schedule: Schedule,
): { readonly matrices: Recipe; readonly others: Recipe } {
  const plain = adamw({ lr: rates.adamw, weightDecay: 0, schedule });
  const matrices: Record<OptimizerName, () => Recipe> = {
    adamw: () => plain,
    adamsn: () => adamSN({ lr: rates.adamsn, schedule }),
    adamsnsm: () => adamSNSM({ lr: rates.adamsnsm, rank, updateProjGap: BASIS_INTERVAL, schedule }),
  };
  return { matrices: matrices[name](), others: plain };
}

/** One sentence for the report on what is kept for each matrix. */
export function describe(name: OptimizerName, rank: number): string {
  const descriptions: Record<OptimizerName, string> = {
    adamw: "momentum and second moment for every value",
    adamsn: "momentum for every value, one second moment per row or column (the longer side)",
    adamsnsm: `momentum in a subspace of rank ${rank}, one second moment per row or column`,
  };
  return descriptions[name];
}
