import { requireOneOf } from "../../options.js";
import type { SecondMoment } from "../part.js";
import { byName } from "./by-name.js";
import { elementwise } from "./elementwise.js";
import { none } from "./none.js";
import { scalar } from "./scalar.js";
import { subset } from "./subset.js";

/** Every second moment, by name. */
export const secondMoments = { none, elementwise, subset, scalar, byName };

export type SecondMomentKind = keyof typeof secondMoments;

/** A second moment, its name, or its data as JSON gives it back. */
export type SecondMomentOption =
  | SecondMoment
  | SecondMomentKind
  | { readonly kind: SecondMomentKind };

export function secondMomentOf(option: SecondMomentOption): SecondMoment {
  if (typeof option === "object" && option !== null && "plan" in option) return option;
  const kind = typeof option === "string" ? option : option?.kind;
  requireOneOf("secondMoment", kind, Object.keys(secondMoments) as SecondMomentKind[]);
  return secondMoments[kind](typeof option === "string" ? {} : (option as object));
}
