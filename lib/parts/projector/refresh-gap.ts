import { requireFinite, requireInteger, requireKnownOptions } from "../../options.js";
import type { StateSpec } from "../part.js";

/**
 * A gap that follows the drift of the subspace (the idea of Q-GaLore, arXiv 2407.08296): a layer
 * whose subspace a refresh finds turned by at most `drift` doubles its gap, one that has turned further
 * halves it. How far it has turned is 1 − ‖P_oldᵀP‖²/r, 0 for the same subspace, 1 for an orthogonal one.
 */
export interface DriftGap {
  /** In [0, 1]. Default 0.5. */
  readonly drift?: number;
  /** Steps between refreshes at first, and at least. Default 50. */
  readonly min?: number;
  /** At most. Default 1600. */
  readonly max?: number;
}

/** Steps between refreshes of a basis. */
export type UpdateProjGap = number | DriftGap;

/** A checked gap. */
export interface RefreshGap {
  /** Steps between refreshes, or between the first ones. */
  readonly first: number;
  /** Fields of a basis's kernel, where the gap is not fixed. */
  readonly drift?: { readonly drift: number; readonly minGap: number; readonly maxGap: number };
}

/** What a gap that is not fixed keeps: csrc/math/schedule.h. */
export const scheduleState: StateSpec = {
  key: "schedule",
  kind: "counters",
  shape: [2],
  dtype: "int64",
};

/** @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION */
export function refreshGap(gap: UpdateProjGap): RefreshGap {
  if (typeof gap !== "object" || gap === null) {
    requireInteger("updateProjGap", gap, 1);
    return { first: gap };
  }
  requireKnownOptions("updateProjGap", gap, ["drift", "min", "max"]);
  const { drift = 0.5, min = 50, max = Math.max(1600, min) } = gap;
  requireFinite("updateProjGap.drift", drift, 0, 1);
  requireInteger("updateProjGap.min", min, 1);
  requireInteger("updateProjGap.max", max, min);
  return { first: min, drift: { drift, minGap: min, maxGap: max } };
}
