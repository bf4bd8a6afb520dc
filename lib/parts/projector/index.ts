import { requireOneOf } from "../../options.js";
import type { Projector } from "../part.js";
import { gaussian } from "./gaussian.js";
import { given } from "./given.js";
import { powerIteration } from "./power-iteration.js";
import { randomizedSvd } from "./randomized-svd.js";
import { srht } from "./srht.js";
import { svd } from "./svd.js";
import { topK } from "./top-k.js";
import { uniform } from "./uniform.js";

/** Every projector, by name. */
export const projectors = {
  powerIteration,
  svd,
  randomizedSvd,
  uniform,
  topK,
  gaussian,
  srht,
  given,
};

export type ProjectorKind = keyof typeof projectors;

/** A projector, its name, or its data as JSON gives it back. */
export type ProjectorOption = Projector | ProjectorKind | { readonly kind: ProjectorKind };

export function projectorOf(option: ProjectorOption): Projector {
  if (typeof option === "object" && option !== null && "plan" in option) return option;
  const kind = typeof option === "string" ? option : option?.kind;
  requireOneOf("projector", kind, Object.keys(projectors) as ProjectorKind[]);
  return projectors[kind](typeof option === "string" ? {} : option);
}
