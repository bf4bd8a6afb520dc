import { requireOneOf } from "../../options.js";
import type { Momentum } from "../part.js";
import { ema } from "./ema.js";
import { heavyBall } from "./heavy-ball.js";
import { ldadam } from "./ldadam.js";
import { lowRank } from "./low-rank.js";
import { none } from "./none.js";
import { orthogonal } from "./orthogonal.js";
import { subspace } from "./subspace.js";

/** Every momentum, by name. */
export const momentums = {
  none,
  ema,
  heavyBall,
  subspace,
  lowRank,
  ldadam,
  orthogonal,
};

export type MomentumKind = keyof typeof momentums;

/** A momentum, its name, or its data as JSON gives it back. */
export type MomentumOption = Momentum | MomentumKind | { readonly kind: MomentumKind };

export function momentumOf(option: MomentumOption): Momentum {
  if (typeof option === "object" && option !== null && "plan" in option) return option;
  const kind = typeof option === "string" ? option : option?.kind;
  requireOneOf("momentum", kind, Object.keys(momentums) as MomentumKind[]);
  return momentums[kind](typeof option === "string" ? {} : option);
}
