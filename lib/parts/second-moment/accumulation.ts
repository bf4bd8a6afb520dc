/** What every second moment has: v ← beta·v + (1 − beta)·q for beta < 1, v ← v + q for beta = 1. */

import type { Item } from "../../native.js";
import { requireBeta, requireBoolean, requireFinite } from "../../options.js";

export interface AccumulationOptions {
  /** Decay of the average in [0, 1), or 1 to sum (AdaGrad). Default 0.999. */
  beta?: number;
  /** Added to the root. Default 1e-8. */
  eps?: number;
  /** Divide by 1 − beta^t; without effect at beta = 1. Default true. */
  correctBias?: boolean;
  /** What v starts from. Default 0. */
  initial?: number;
}

export interface Accumulation {
  readonly beta: number;
  readonly eps: number;
  readonly correctBias: boolean;
  readonly initial: number;
}

export const accumulationOptions = ["beta", "eps", "correctBias", "initial"];

export function accumulation(options: AccumulationOptions): Accumulation {
  const { beta = 0.999, eps = 1e-8, correctBias = true, initial = 0 } = options;
  requireBeta("beta", beta, true);
  requireFinite("eps", eps, 0);
  requireBoolean("correctBias", correctBias);
  requireFinite("initial", initial, 0);
  return { beta, eps, correctBias, initial };
}

export function accumulationScalars({ beta, eps, correctBias }: Accumulation): Item {
  return { second: true, beta2: beta, eps, correctSecond: correctBias };
}
