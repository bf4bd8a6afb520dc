/** Cases for a recipe with momentum in a subspace: what its step moves and multiplies. */

import { numel } from "../../lib/tensor.js";
import type { BenchCase } from "./case.js";
import type { Shape } from "./data.js";
import { type RecipeCase, recipeCase } from "./recipe.js";

export interface SubspaceCase {
  readonly shape: Shape;
  readonly rank: number;
  /** Second moments: one for each line of the longer side, for each element, or none. */
  readonly secondMoment: "lines" | "elements" | "none";
  recipe(): ReturnType<RecipeCase["recipe"]>;
  readonly peers?: RecipeCase["peers"];
}

export function subspaceCase({
  shape,
  rank,
  secondMoment,
  recipe,
  peers,
}: SubspaceCase): BenchCase {
  const [short, long] = [Math.min(...shape), Math.max(...shape)];
  const moments = { lines: long, elements: numel(shape), none: 0 }[secondMoment];
  return recipeCase({
    shape,
    label: `rank ${rank}`,
    recipe,
    stateBytes: { updated: 4 * (long * rank + moments), read: 4 * short * rank },
    flops: 4 * numel(shape) * rank,
    ...(peers && { peers }),
  });
}

export interface LowRankCase extends Omit<SubspaceCase, "secondMoment"> {
  /** Multiply-adds of an element for each dimension kept, times two: 4 where it is projected back. */
  readonly products: 2 | 4;
}

/** Cases for a recipe with both moments in a low-rank basis. */
export function lowRankCase({ shape, rank, products, recipe, peers }: LowRankCase): BenchCase {
  const [short, long] = [Math.min(...shape), Math.max(...shape)];
  return recipeCase({
    shape,
    label: `rank ${rank}`,
    recipe,
    stateBytes: { updated: 8 * long * rank, read: 4 * short * rank },
    flops: products * numel(shape) * rank,
    ...(peers && { peers }),
  });
}
