import { LeanError } from "../../errors.js";
import {
  requireBeta,
  requireBoolean,
  requireInteger,
  requireKnownOptions,
  requireOneOf,
} from "../../options.js";
import {
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
import { emaPlan } from "./ema.js";

/** What becomes of the momentum when its basis is replaced: csrc/kernels/choices.h. */
export type OnRefresh = "restart" | "rotate" | "keep" | "published";

export interface SubspaceOptions {
  /** Decay of the average, in [0, 1). Default 0.9. */
  beta?: number;
  /** Dimensions (or lines) kept. Default: a quarter of the projected side. */
  rank?: number;
  /** How the subspace is found. Default "powerIteration". */
  projector?: ProjectorOption;
  /** Steps between refreshes of the basis, or a gap that follows its drift. Default 200. */
  updateProjGap?: UpdateProjGap;
  /** Which side is compressed. Default "std": the shorter one; on lines, the longer one. */
  side?: ProjectionSide;
  /** Shift of the refresh schedule: steps, or "staggered" (default) over the parameters. */
  refreshOffset?: number | "staggered";
  /** Default "restart". */
  onRefresh?: OnRefresh;
  /**
   * Calls by which a basis is adopted later than the one whose gradient it was computed from, below
   * `updateProjGap`. The first basis never waits. A skipped step adopts nothing; the next one does. A
   * basis that waits is state (`next_basis`, as large as the basis), so saving and resuming change
   * nothing. Projectors "powerIteration" and "svd", which on CUDA is computed beside the steps in the
   * meantime, while their host and stream go on. Default 0.
   */
  refreshDelay?: number;
  /** Divide M (never the complement) by 1 − beta^k. Default true. */
  correctBias?: boolean;
  /**
   * Count k from when the momentum last was zero rather than from the first update. Default: where
   * `onRefresh` zeroes it, "restart" and "published".
   */
  perBasis?: boolean;
}

const known = [
  "kind",
  "beta",
  "rank",
  "projector",
  "updateProjGap",
  "side",
  "refreshOffset",
  "onRefresh",
  "refreshDelay",
  "correctBias",
  "perBasis",
];

/** A basis that waits, and the call that it is from. */
function waitingState(state: readonly StateSpec[]): StateSpec[] {
  const basis = state.filter(({ kind }) => kind === "basis");
  return [
    ...basis.map((spec) => ({ ...spec, key: `next_${spec.key}` })),
    { key: "next_call", kind: "counters", shape: [1], dtype: "int64" },
  ];
}

/** Whether a refresh under this policy zeroes the momentum. */
export function restarts(onRefresh: OnRefresh): boolean {
  return onRefresh === "restart" || onRefresh === "published";
}

/**
 * Subspace-Momentum (arXiv 2411.07120, algorithm 2): R = proj(G), M ← beta·M + (1 − beta)·R,
 * N = G + back(M̂ − R): momentum in a subspace of the given rank, plain SGD in its complement.
 * Vectors get an ordinary average, and so does, under "rotate", a weight whose rank is full.
 */
export function subspace(options: SubspaceOptions = {}): Momentum {
  requireKnownOptions("subspace", options, known);
  const {
    beta = 0.9,
    rank,
    updateProjGap = 200,
    side = "std",
    refreshOffset = "staggered",
    onRefresh = "restart",
    refreshDelay = 0,
    correctBias = true,
    perBasis = restarts(onRefresh),
  } = options;
  const projector = projectorOf(options.projector ?? "powerIteration");
  if (projector.orthonormal === false) {
    throw new LeanError(
      "ERR_LEAN_UNSUPPORTED",
      `subspace: a momentum in a subspace needs orthonormal bases, which ${projector.kind} as asked does not give`,
      { parameter: "projector", value: projector.kind },
    );
  }
  requireBeta("beta", beta);
  if (rank !== undefined) requireInteger("rank", rank, 1);
  const gap = refreshGap(updateProjGap);
  if (gap.drift && projector.lines) {
    throw new LeanError(
      "ERR_LEAN_UNSUPPORTED",
      `subspace: updateProjGap with a drift is for bases, not for the lines of ${projector.kind}`,
      { parameter: "updateProjGap", value: updateProjGap },
    );
  }
  requireOneOf("side", side, ["std", "reverse", "left", "right"]);
  if (refreshOffset !== "staggered") requireInteger("refreshOffset", refreshOffset, 0);
  requireOneOf("onRefresh", onRefresh, ["restart", "rotate", "keep", "published"]);
  requireInteger("refreshDelay", refreshDelay, 0, gap.first - 1);
  if (refreshDelay > 0 && gap.drift) {
    throw new LeanError(
      "ERR_LEAN_UNSUPPORTED",
      "refreshDelay goes with a fixed updateProjGap, not with one that follows a drift",
      { parameter: "refreshDelay", value: refreshDelay },
    );
  }
  if (refreshDelay > 0 && !projector.delays) {
    throw new LeanError(
      "ERR_LEAN_UNSUPPORTED",
      `projector "${projector.kind}" has no refreshDelay; "powerIteration" and "svd" have`,
      { parameter: "refreshDelay", value: refreshDelay },
    );
  }
  requireBoolean("correctBias", correctBias);
  requireBoolean("perBasis", perBasis);

  function plan(weight: Weight): MomentumPlan {
    if (weight.vector) return emaPlan(weight, beta, correctBias);
    const right = projectedSide(weight, side, projector.lines);
    const limit = right ? weight.cols : weight.rows;
    const wanted = rank ?? Math.max(1, Math.floor(limit / 4));
    const isWhole = wanted >= limit;
    if (limit === 0 || (isWhole && onRefresh === "rotate")) {
      return emaPlan(weight, beta, correctBias);
    }
    if (wanted > limit && !restarts(onRefresh)) {
      throw new LeanError(
        "ERR_LEAN_INVALID_ARG",
        `${weight.name}: rank ${wanted} is more than the ${limit} dimensions of the projected side`,
        { parameter: weight.name, value: wanted },
      );
    }
    if (isWhole && rank !== undefined && restarts(onRefresh)) {
      weight.warn(
        `${weight.name}: rank ${rank} covers all ${limit} dimensions of the projected side; ` +
          'the momentum still restarts at every refresh (onRefresh: "rotate" would not)',
      );
    }
    return planProjected(weight, right, Math.min(wanted, limit));
  }

  function planProjected(weight: Weight, right: boolean, r: number): MomentumPlan {
    const planned = projector.plan({ weight, rank: r, right });
    const momentumShape = right ? [weight.rows, r] : [r, weight.cols];
    const orientation =
      planned.step === "lineStep"
        ? { axis: right ? "columns" : "rows" }
        : { side: right ? "right" : "left" };
    const waiting = refreshDelay > 0 ? waitingState(planned.state) : [];
    const isScheduled = gap.drift !== undefined && planned.source === undefined;
    const refresh: RefreshPlan = {
      kernel: planned.kernel,
      updateProjGap: planned.source === undefined ? gap.first : 0,
      ...(isScheduled && { drift: gap.drift }),
      offset: refreshOffset,
      constants: {
        ...planned.constants,
        ...orientation,
        onRefresh,
        ...(refreshDelay > 0 && { refreshDelay }),
      },
      tensors: {
        ...planned.tensors,
        expAvg: "exp_avg",
        ...(refreshDelay > 0 && { next: "next_basis", nextCall: "next_call" }),
      },
      source: planned.source,
    };
    return {
      step: planned.step,
      state: [
        { key: "exp_avg", kind: "momentum", shape: momentumShape, dtype: weight.stateDtype },
        ...planned.state,
        ...waiting,
        ...(isScheduled ? [scheduleState] : []),
      ],
      tensors: { ...planned.tensors, expAvg: "exp_avg" },
      constants: orientation,
      scalars: { momentum: "subspace", beta1: beta, correctFirst: correctBias, perBasis },
      refresh,
      sumsFit: (partition) =>
        partition === "none" ||
        partition === "elementwise" ||
        (planned.step === "lineStep"
          ? partition !== "whole"
          : partition === (right ? "rows" : "columns")),
    };
  }

  const part = {
    kind: "subspace",
    beta,
    ...(rank === undefined ? {} : { rank }),
    projector,
    updateProjGap,
    side,
    refreshOffset,
    onRefresh,
    refreshDelay,
    correctBias,
    perBasis,
    plan,
  };
  return part;
}
