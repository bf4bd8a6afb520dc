import {
  requireBeta,
  requireBoolean,
  requireFinite,
  requireInteger,
  requireKnownOptions,
  requireOneOf,
} from "../../options.js";
import type { Momentum, MomentumPlan, SecondMomentPlan, Weight } from "../part.js";
import { elementwise } from "../second-moment/elementwise.js";
import { emaPlan } from "./ema.js";

/** The polynomials of the Newton-Schulz iterations: csrc/math/newton-schulz.h. */
export type NewtonSchulzSchedule = "muon" | "polarExpress" | "exact";

/**
 * What an orthogonal step is multiplied by, of m × n weights: nothing; √max(1, m/n) (Jordan et al.);
 * 0.2·√max(m, n), which moves weights as far as AdamW does (Moonlight, arXiv 2502.16982).
 */
export type ShapeScale = "none" | "original" | "matchRmsAdamW";

/** AdaGO's accumulator. */
export interface AdaptiveStepOptions {
  /** The most of a gradient's norm that counts. */
  maxNorm: number;
  /** The least length of a step. */
  leastStep: number;
  /** v₀: the accumulator starts at v₀². */
  initial: number;
}

export interface OrthogonalOptions {
  /** Decay of the average, in [0, 1). Default 0.95. */
  beta?: number;
  /** Look a step ahead: N = beta·m + (1 − beta)·G. Default true. */
  nesterov?: boolean;
  /** Default "muon". */
  schedule?: NewtonSchulzSchedule;
  /** Iterations. Default 5 ("polarExpress": 7, "exact": 14). */
  steps?: number;
  /** Default "original". */
  shapeScale?: ShapeScale;
  /** "torch": all that is iterated on is rounded to bfloat16, whatever the `precision`. */
  compat?: "torch";
  /** Of vectors, which are stepped as by AdamW: beta1, beta2 and eps. */
  vectorBetas?: readonly [number, number];
  vectorEps?: number;
  /** Divide the step by the root of the summed squared norms of the gradients (AdaGO). Default: no. */
  adaptive?: AdaptiveStepOptions;
}

const known = [
  "kind",
  "ownSecondMoment",
  "beta",
  "nesterov",
  "schedule",
  "steps",
  "shapeScale",
  "compat",
  "vectorBetas",
  "vectorEps",
  "adaptive",
];

const defaultSteps = { muon: 5, polarExpress: 7, exact: 14 } as const;

const shapeScales = {
  none: () => 1,
  original: (rows: number, cols: number) => Math.sqrt(Math.max(1, rows / cols)),
  matchRmsAdamW: (rows: number, cols: number) => 0.2 * Math.sqrt(Math.max(rows, cols)),
} as const;

/**
 * Momentum whose step is its orthogonal factor (Muon, Jordan et al. 2024; AdaGO, arXiv 2509.02981):
 * m ← beta·m + (1 − beta)·G; of its singular value decomposition U·S·Vᵀ, W moves along U·Vᵀ, which
 * Newton-Schulz iterations find. State: the momentum, for AdaGO a number more. Vectors are stepped
 * as by AdamW.
 */
export function orthogonal(options: OrthogonalOptions = {}): Momentum {
  requireKnownOptions("orthogonal", options, known);
  const { beta = 0.95, nesterov = true, schedule = "muon", shapeScale = "original" } = options;
  const { vectorBetas = [0.9, 0.999], vectorEps = 1e-8, adaptive, compat } = options;
  if (compat !== undefined) requireOneOf("compat", compat, ["torch"]);
  requireBeta("beta", beta);
  requireBoolean("nesterov", nesterov);
  requireOneOf("schedule", schedule, ["muon", "polarExpress", "exact"]);
  const steps = options.steps ?? defaultSteps[schedule];
  requireInteger("steps", steps, schedule === "exact" ? 8 : 1, 100);
  requireOneOf("shapeScale", shapeScale, ["none", "original", "matchRmsAdamW"]);
  requireBeta("vectorBetas[0]", vectorBetas[0]);
  requireBeta("vectorBetas[1]", vectorBetas[1], true);
  if (adaptive !== undefined) {
    requireKnownOptions("adaptive", adaptive, ["maxNorm", "leastStep", "initial"]);
    requireFinite("maxNorm", adaptive.maxNorm, Number.MIN_VALUE);
    requireFinite("leastStep", adaptive.leastStep, 0);
    requireFinite("initial", adaptive.initial, Number.MIN_VALUE);
  }
  const ofVectors = elementwise({ beta: vectorBetas[1], eps: vectorEps });

  function plan(weight: Weight): MomentumPlan {
    if (weight.vector) {
      weight.warn("vectors have no orthogonal factor: AdamW steps them, at the same learning rate");
      return { ...emaPlan(weight, vectorBetas[0], true), secondMoment: ofVectors.plan(weight) };
    }
    const { rows, cols, stateDtype: dtype } = weight;
    return {
      step: "orthogonalStep",
      state: [{ key: "exp_avg", kind: "momentum", shape: [rows, cols], dtype }],
      tensors: {
        expAvg: "exp_avg",
        ...(adaptive !== undefined && { expAvgSq: "exp_avg_sq" }),
      },
      constants: {
        schedule,
        steps,
        rounded: compat === "torch",
        shapeScale: rows * cols === 0 ? 1 : shapeScales[shapeScale](rows, cols),
        ...(adaptive !== undefined && {
          maxNorm: adaptive.maxNorm,
          leastStep: adaptive.leastStep,
        }),
      },
      scalars: { momentum: "ema", beta1: beta, nesterov },
      secondMoment: accumulator(adaptive),
      sumsFit: () => true,
    };
  }

  const part = {
    kind: "orthogonal",
    ownSecondMoment: true,
    beta,
    nesterov,
    schedule,
    steps,
    shapeScale,
    vectorBetas,
    vectorEps,
    ...(compat === undefined ? {} : { compat }),
    ...(adaptive === undefined ? {} : { adaptive }),
    plan,
  };
  return part;
}

/** The step's own: the second moment of the whole tensor that no other kernel looks at. */
function accumulator(adaptive: AdaptiveStepOptions | undefined): SecondMomentPlan {
  const none = { partition: "none", block: 0, mean: false, scalars: {} } as const;
  if (adaptive === undefined) return { ...none, state: [] };
  const fill = adaptive.initial ** 2;
  return {
    ...none,
    state: [{ key: "exp_avg_sq", kind: "secondMoment", shape: [1], dtype: "float32", fill }],
  };
}
