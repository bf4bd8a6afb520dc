import { requireBeta, requireBoolean, requireKnownOptions } from "../../options.js";
import type { Momentum, MomentumPlan, Weight } from "../part.js";

export interface EmaOptions {
  /** Decay of the average, in [0, 1). Default 0.9. */
  beta?: number;
  /** Divide by 1 − beta^t, t the updates so far. Default true. */
  correctBias?: boolean;
}

/** The plan of an average of the weight's own shape: also what a full-rank subspace comes to. */
export function emaPlan(weight: Weight, beta: number, correctBias: boolean): MomentumPlan {
  return {
    step: "denseStep",
    state: [
      {
        key: "exp_avg",
        kind: "momentum",
        shape: [weight.rows, weight.cols],
        dtype: weight.stateDtype,
      },
    ],
    tensors: { expAvg: "exp_avg" },
    scalars: { momentum: "ema", beta1: beta, correctFirst: correctBias },
    sumsFit: (partition) => partition !== "whole",
  };
}

/** m ← beta·m + (1 − beta)·G, N = m / (1 − beta^t): Adam's first moment (Kingma, Ba 2015). */
export function ema(options: EmaOptions = {}): Momentum {
  requireKnownOptions("ema", options, ["kind", "beta", "correctBias"]);
  const { beta = 0.9, correctBias = true } = options;
  requireBeta("beta", beta);
  requireBoolean("correctBias", correctBias);
  const part = {
    kind: "ema",
    beta,
    correctBias,
    plan: (weight: Weight) => emaPlan(weight, beta, correctBias),
  };
  return part;
}
