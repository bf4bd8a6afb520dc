import { LeanError } from "../../errors.js";
import {
  requireBeta,
  requireBoolean,
  requireFinite,
  requireInteger,
  requireKnownOptions,
  requireOneOf,
} from "../../options.js";
import type { StateDType } from "../../tensor.js";
import {
  type Momentum,
  type MomentumPlan,
  type ProjectionSide,
  projectedSide,
  type SecondMomentPlan,
  type StateSpec,
  type Weight,
} from "../part.js";
import { type ProjectorOption, projectorOf } from "../projector/index.js";
import { accumulationScalars } from "../second-moment/accumulation.js";
import { elementwisePlan } from "../second-moment/elementwise.js";
import { emaPlan } from "./ema.js";

export interface LdadamMomentOptions {
  /** Decay of the momentum, in [0, 1). Default 0.908. */
  beta?: number;
  /** Decay of the second moment, in [0, 1). Default 0.99. */
  beta2?: number;
  /** Added to the root of the second moment. Default 1e-8. */
  eps?: number;
  /** Share of the momentum in what the basis follows, in [0, 1); the rest is the gradient's. Default 0.908. */
  rho?: number;
  /** Dimensions kept. Default: a quarter of the projected side. */
  rank?: number;
  /** How the first basis is found; one with an orthonormal basis. Default "powerIteration". */
  projector?: ProjectorOption;
  /**
   * How the basis follows from step to step: by one block power iteration, or by the singular vectors
   * of what it follows, for which that is formed and decomposed at every step. Default
   * "powerIteration".
   */
  method?: "powerIteration" | "svd";
  /** Which side is compressed. Default "std": the shorter one. */
  side?: ProjectionSide;
  /** Whether what compression loses is fed back. Default true. */
  errorFeedback?: boolean;
  /** Of the error; bfloat16 is rounded stochastically. Default: the weight's `stateDtype`. */
  errorDtype?: StateDType;
}

/** Names of the options but for the decays, which recipes take as a pair. */
export const ldadamOptionNames = [
  "eps",
  "rho",
  "rank",
  "projector",
  "method",
  "side",
  "errorFeedback",
  "errorDtype",
] as const;

const known = ["kind", "beta", "beta2", ...ldadamOptionNames];

/** A refresh at the first update alone: from then on the step turns the basis itself. */
const once = Number.MAX_SAFE_INTEGER;

/**
 * LDAdam's moments (arXiv 2410.16103, algorithm 1): both live in a subspace that one block power
 * iteration (or decomposition) turns at every step, are carried over to it, and what that and the projection lose is
 * added to the next gradient. Keeps its own second moment. Vectors get Adam's moments.
 * csrc/kernels/ldadam-step.h.
 */
export function ldadam(options: LdadamMomentOptions = {}): Momentum {
  requireKnownOptions("ldadam", options, known);
  const { beta = 0.908, beta2 = 0.99, eps = 1e-8, rho = 0.908, rank, side = "std" } = options;
  const { errorFeedback = true, errorDtype, method = "powerIteration" } = options;
  const projector = projectorOf(options.projector ?? "powerIteration");
  requireBeta("beta", beta);
  requireBeta("beta2", beta2);
  requireFinite("eps", eps, 0);
  requireBeta("rho", rho);
  if (rank !== undefined) requireInteger("rank", rank, 1);
  requireOneOf("method", method, ["powerIteration", "svd"]);
  requireOneOf("side", side, ["std", "reverse", "left", "right"]);
  requireBoolean("errorFeedback", errorFeedback);
  if (errorDtype !== undefined) requireOneOf("errorDtype", errorDtype, ["float32", "bfloat16"]);
  if (projector.lines || projector.kind === "given") {
    throw new LeanError(
      "ERR_LEAN_UNSUPPORTED",
      `ldadam finds its bases itself: the projector of its first cannot be ${projector.kind}`,
      { parameter: "projector", value: projector.kind },
    );
  }
  const accumulation = { beta: beta2, eps, correctBias: true, initial: 0 };

  function plan(weight: Weight): MomentumPlan {
    const right = projectedSide(weight, side, false);
    const limit = right ? weight.cols : weight.rows;
    if (weight.vector || limit === 0) {
      const secondMoment = elementwisePlan(weight, accumulation);
      return { ...emaPlan(weight, beta, true), secondMoment };
    }
    if (rank !== undefined && rank > limit) {
      weight.warn(
        `${weight.name}: rank ${rank} is more than the ${limit} dimensions of the projected side, ` +
          "which is what it keeps",
      );
    }
    return planProjected(
      weight,
      right,
      Math.min(rank ?? Math.max(1, Math.floor(limit / 4)), limit),
    );
  }

  function planProjected(weight: Weight, right: boolean, r: number): MomentumPlan {
    const found = projector.plan({ weight, rank: r, right });
    const shape = right ? [weight.rows, r] : [r, weight.cols];
    const orientation = { side: right ? "right" : "left" };
    const secondMoment: SecondMomentPlan = {
      state: [{ key: "exp_avg_sq", kind: "secondMoment", shape, dtype: "float32" }],
      partition: "none",
      block: 0,
      mean: false,
      scalars: accumulationScalars(accumulation),
    };
    const error: StateSpec = {
      key: "error",
      kind: "error",
      shape: [weight.rows, weight.cols],
      dtype: errorDtype ?? weight.stateDtype,
    };
    return {
      step: "ldadamStep",
      secondMoment,
      state: [
        { key: "exp_avg", kind: "momentum", shape, dtype: weight.stateDtype },
        ...found.state,
        ...(errorFeedback ? [error] : []),
      ],
      tensors: {
        ...found.tensors,
        expAvg: "exp_avg",
        expAvgSq: "exp_avg_sq",
        ...(errorFeedback && { error: "error" }),
      },
      constants: { ...orientation, method, beta1: beta, beta2, rho },
      scalars: { momentum: "subspace", beta1: beta, correctFirst: true },
      refresh: {
        kernel: found.kernel,
        updateProjGap: once,
        offset: 0,
        constants: { ...found.constants, ...orientation, onRefresh: "keep" },
        tensors: { ...found.tensors, expAvg: "exp_avg" },
      },
      sumsFit: () => true,
    };
  }

  const part = {
    kind: "ldadam",
    ownSecondMoment: true,
    beta,
    beta2,
    eps,
    rho,
    ...(rank === undefined ? {} : { rank }),
    projector,
    method,
    side,
    errorFeedback,
    ...(errorDtype === undefined ? {} : { errorDtype }),
    plan,
  };
  return part;
}
