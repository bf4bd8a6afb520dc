import { adago } from "../../lib/index.js";
import { numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import { lr, recipeCase } from "../support/recipe.js";

const shape = [1024, 1024] as const;

export const cases: BenchCase[] = [
  recipeCase({
    shape,
    recipe: () => adago({ lr, leastStep: 0 }),
    stateBytes: { updated: 4 * numel(shape) + 4 },
  }),
];
