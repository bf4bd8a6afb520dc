/** What becomes of a parameter's counters and momentum when its basis is to be replaced. */

import type { Counters } from "./counters.js";
import { type Matrix, matrix } from "./matrix.js";
import { rotateMomentum, type Side } from "./subspace.js";

/**
 * `restart`: the momentum starts at zero; `rotate`: the part of it that lies in the new subspace
 * stays; `keep`: its coordinates stay as they are; `published`: they are used as they are for one
 * step, then zeroed.
 */
export type OnRefresh = "restart" | "rotate" | "keep" | "published";

/** Counters once there is a new basis. */
export function afterAdoption(before: Counters, onRefresh: OnRefresh): Counters {
  return {
    ...before,
    hasBasis: onRefresh === "published" && before.hasBasis > 0 ? 2 : 1,
    sinceBasis: onRefresh === "restart" ? 0 : before.sinceBasis,
    refreshes: before.refreshes + 1,
  };
}

/** Counters once a new basis could not be had: the old one stays, or anything takes its place. */
export function afterRefusal(before: Counters): Counters {
  return { ...before, hasBasis: Math.max(before.hasBasis, 1), refused: before.refused + 1 };
}

/** The momentum in a new basis. Before the first basis there is none to carry over. */
export function carriedOver(
  momentum: Matrix,
  { from, to }: { readonly from: Matrix; readonly to: Matrix },
  side: Side,
  onRefresh: OnRefresh,
): Matrix {
  if (onRefresh === "restart") return matrix(momentum.rows, momentum.cols);
  return onRefresh === "rotate" ? rotateMomentum(momentum, from, to, side) : momentum;
}
