import { LeanError } from "../../errors.js";
import {
  requireBeta,
  requireBoolean,
  requireFinite,
  requireInteger,
  requireKnownOptions,
  requireOneOf,
} from "../../options.js";
import {
  type FieldPlan,
  type Momentum,
  type MomentumPlan,
  type ProjectionSide,
  projectedSide,
  type RefreshPlan,
  type StateSpec,
  type Weight,
} from "../part.js";
import { type ProjectorOption, projectorOf } from "../projector/index.js";
import { refreshGap, scheduleState, type UpdateProjGap } from "../projector/refresh-gap.js";
import {
  type Accumulation,
  accumulation,
  accumulationScalars,
} from "../second-moment/accumulation.js";
import { elementwisePlan } from "../second-moment/elementwise.js";
import { emaPlan } from "./ema.js";

/** Where a weight goes beside what Adam makes of its projection: csrc/kernels/low-rank-step.h. */
export type Direction = "subspace" | "residual" | "gradient";

export interface LowRankOptions {
  /** Decay of the first moment, in [0, 1). Default 0.9. */
  beta?: number;
  /** Decay of the second moment in [0, 1), or 1 to sum. Default 0.999. */
  beta2?: number;
  /** Added to the root of the second moment. Default 1e-8. */
  eps?: number;
  /** Divide the moments by 1 − beta^t. Default true. */
  correctBias?: boolean;
  /** Dimensions kept. Default: a quarter of the projected side; of "full", of the shorter. */
  rank?: number;
  /** How the basis is found; not one that keeps lines. Default "powerIteration". */
  projector?: ProjectorOption;
  /** Steps between refreshes of the basis. Default 200. */
  updateProjGap?: UpdateProjGap;
  /** Which side is compressed. Default "std", the shorter one; "full": both. */
  side?: ProjectionSide | "full";
  /** Shift of the refresh schedule: steps, or "staggered" (default) over the parameters. */
  refreshOffset?: number | "staggered";
  /**
   * "keep" (default): the moments' coordinates stay as they are, as published. "restart": the first
   * moment starts at zero; the second, a running scale, stays.
   */
  onRefresh?: "keep" | "restart";
  /**
   * "subspace" (default): the rest of the gradient is dropped. "residual": it is stepped along, each
   * line by the factor ‖N‖/‖R‖ that Adam gives its projection. "gradient": so is all of the gradient.
   */
  direction?: Direction;
  /** Take one factor from the norms of the whole rather than one for each line. Default false. */
  wholeNorm?: boolean;
  /** Times the learning rate of these weights. Default 1. */
  scale?: number;
  /** The norm of what is stepped along by factors grows at most so much a step; 0: at will. Default 0. */
  maxGrowth?: number;
}

/** Names of {@link LowRankOptions}. */
export const lowRankOptionNames = [
  "beta",
  "beta2",
  "eps",
  "correctBias",
  "rank",
  "projector",
  "updateProjGap",
  "side",
  "refreshOffset",
  "onRefresh",
  "direction",
  "wholeNorm",
  "scale",
  "maxGrowth",
];

/**
 * Adam in the coordinates of a low-rank basis: R = proj(G), M and V averages of R and R²,
 * N = M̂ / (√V̂ + eps), both moments of R's shape. The weight is stepped along back(N) (GaLore,
 * arXiv 2403.03507), with the residual of the projection (Fira, 2410.01623), or along the gradient
 * scaled as N scales its projection (APOLLO, 2412.05270). Vectors get AdamW's moments.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION; ERR_LEAN_UNSUPPORTED for a
 * projector that does not go with it
 */
export function lowRank(options: LowRankOptions = {}): Momentum {
  requireKnownOptions("lowRank", options, ["kind", "ownSecondMoment", ...lowRankOptionNames]);
  const {
    beta = 0.9,
    rank,
    updateProjGap = 200,
    side = "std",
    refreshOffset = "staggered",
    onRefresh = "keep",
    direction = "subspace",
    wholeNorm = false,
    scale = 1,
    maxGrowth = 0,
    beta2 = 0.999,
  } = options;
  const projector = projectorOf(options.projector ?? "powerIteration");
  requireBeta("beta", beta);
  requireBeta("beta2", beta2, true);
  const { eps, correctBias, initial } = accumulation(options);
  if (rank !== undefined) requireInteger("rank", rank, 1);
  const gap = refreshGap(updateProjGap);
  requireOneOf("side", side, ["std", "reverse", "left", "right", "full"]);
  if (refreshOffset !== "staggered") requireInteger("refreshOffset", refreshOffset, 0);
  requireOneOf("onRefresh", onRefresh, ["keep", "restart"]);
  requireOneOf("direction", direction, ["subspace", "residual", "gradient"]);
  requireBoolean("wholeNorm", wholeNorm);
  requireFinite("scale", scale, 0);
  requireFinite("maxGrowth", maxGrowth, 0);
  requireTogether();

  /** Refuses what has no meaning together. */
  function requireTogether(): void {
    const { kind, lines, orthonormal } = projector;
    const isFull = side === "full";
    if (lines) refuse("projector", kind, `${kind} keeps lines, which subspace does`);
    if (direction === "residual" && orthonormal === false) {
      refuse("projector", kind, `${kind} leaves no residual: its basis is not orthonormal`);
    }
    if (isFull && kind === "given") refuse("side", side, "one basis can be given, not two");
    if (isFull && direction !== "subspace") refuse("side", side, `"full" has no ${direction}`);
    if (isFull && gap.drift) refuse("updateProjGap", updateProjGap, 'no drift with side "full"');
    if (isFull && onRefresh === "restart") refuse("onRefresh", onRefresh, 'not with side "full"');
    if (maxGrowth > 0 && direction === "subspace") {
      refuse("maxGrowth", maxGrowth, "nothing outside the subspace grows");
    }
  }

  function plan(weight: Weight): MomentumPlan {
    const average: Accumulation = { beta: beta2, eps, correctBias, initial };
    const right = side === "full" || projectedSide(weight, side, false);
    const shorter = Math.min(weight.rows, weight.cols);
    const limit = side === "full" ? shorter : right ? weight.cols : weight.rows;
    if (weight.vector || limit === 0) {
      const secondMoment = elementwisePlan(weight, average);
      return { ...emaPlan(weight, beta, correctBias), secondMoment };
    }
    const wanted = rank ?? Math.max(1, Math.floor(limit / 4));
    if (wanted > limit) {
      weight.warn(`${weight.name}: rank ${wanted} is clamped to the ${limit} dimensions there are`);
    }
    return planProjected(weight, right, Math.min(wanted, limit), average);
  }

  function planProjected(
    weight: Weight,
    right: boolean,
    r: number,
    average: Accumulation,
  ): MomentumPlan {
    const planned = projector.plan({ weight, rank: r, right });
    const full = side === "full" ? leftPlan(weight, r) : null;
    const lines = full === null ? (right ? weight.rows : weight.cols) : r;
    const shape = right ? [lines, r] : [r, lines];
    const moments = { expAvg: "exp_avg", expAvgSq: "exp_avg_sq" };
    const orientation = { side: right ? "right" : "left" };
    const isScheduled = gap.drift !== undefined && planned.source === undefined;
    const refresh: RefreshPlan = {
      kernel: planned.kernel,
      updateProjGap: planned.source === undefined ? gap.first : 0,
      ...(isScheduled && { drift: gap.drift }),
      offset: refreshOffset,
      constants: { ...planned.constants, ...orientation, onRefresh },
      tensors: { ...planned.tensors, expAvg: "exp_avg" },
      source: planned.source,
    };
    return {
      step: "lowRankStep",
      state: [
        { key: "exp_avg", kind: "momentum", shape, dtype: weight.stateDtype },
        ...planned.state,
        ...(full?.state ?? []),
        ...(maxGrowth > 0 ? [lastNorm] : []),
        ...(isScheduled ? [scheduleState] : []),
      ],
      tensors: {
        ...planned.tensors,
        ...full?.step,
        ...moments,
        ...(maxGrowth > 0 && { lastNorm: lastNorm.key }),
      },
      constants: { ...orientation, direction, wholeNorm, scale, maxGrowth },
      scalars: {
        momentum: "subspace",
        beta1: beta,
        correctFirst: correctBias,
        perBasis: onRefresh === "restart",
      },
      refresh,
      ...(full && { besides: { ...refresh, ...full.refresh } }),
      secondMoment: {
        state: [{ key: "exp_avg_sq", kind: "secondMoment", shape, dtype: "float32" }],
        partition: "none",
        block: 0,
        mean: false,
        scalars: accumulationScalars(average),
      },
      sumsFit: () => true,
    };
  }

  /** The basis on the left beside one on the right, refreshed with it; it counts for itself. */
  function leftPlan(weight: Weight, r: number) {
    const planned = projector.plan({ weight, rank: r, right: false });
    const named = (key: string) => (key === "basis" ? "left_basis" : key);
    const state: StateSpec[] = [
      ...planned.state.map((spec) => ({ ...spec, key: named(spec.key) })),
      { key: "left_counters", kind: "counters", shape: [8], dtype: "int64" },
    ];
    const refresh: FieldPlan = {
      constants: { ...planned.constants, side: "left", onRefresh },
      tensors: { basis: "left_basis", counters: "left_counters", expAvg: "exp_avg" },
    };
    return { state, refresh, step: { leftBasis: "left_basis" } };
  }

  const part = {
    kind: "lowRank",
    ownSecondMoment: true,
    beta,
    beta2,
    eps,
    correctBias,
    ...(rank === undefined ? {} : { rank }),
    projector,
    updateProjGap,
    side,
    refreshOffset,
    onRefresh,
    direction,
    wholeNorm,
    scale,
    maxGrowth,
    plan,
  };
  return part;
}

/** The norm that maxGrowth holds the next one to. */
const lastNorm: StateSpec = {
  key: "last_norm",
  kind: "secondMoment",
  shape: [1],
  dtype: "float32",
};

function refuse(parameter: string, value: unknown, why: string): never {
  throw new LeanError("ERR_LEAN_UNSUPPORTED", `lowRank: ${parameter} ${value}: ${why}`, {
    parameter,
    value,
  });
}
