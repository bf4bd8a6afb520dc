import { requireBeta, requireBoolean, requireFinite, requireKnownOptions } from "../../options.js";
import type { Momentum, Weight } from "../part.js";
import { emaPlan } from "./ema.js";

export interface HeavyBallOptions {
  /** Decay of the buffer, in [0, 1). Default 0.9. */
  momentum?: number;
  /** The gradient enters times 1 − dampening, but for the first. Default 0. */
  dampening?: number;
  /** N = G + momentum·m instead of m. Default false. */
  nesterov?: boolean;
}

/** m ← momentum·m + (1 − dampening)·G, m = G at first: `torch.optim.SGD`'s buffer. */
export function heavyBall(options: HeavyBallOptions = {}): Momentum {
  requireKnownOptions("heavyBall", options, ["kind", "momentum", "dampening", "nesterov"]);
  const { momentum = 0.9, dampening = 0, nesterov = false } = options;
  requireBeta("momentum", momentum);
  requireFinite("dampening", dampening, 0, 1);
  requireBoolean("nesterov", nesterov);
  const part = {
    kind: "heavyBall",
    momentum,
    dampening,
    nesterov,
    plan: (weight: Weight) => ({
      ...emaPlan(weight, momentum, false),
      scalars: { momentum: "heavyBall", beta1: momentum, dampening, nesterov },
    }),
  };
  return part;
}
