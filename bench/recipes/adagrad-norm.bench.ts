import { adagradNorm } from "../../lib/index.js";
import type { BenchCase } from "../support/case.js";
import { lr, recipeCase } from "../support/recipe.js";

export const cases: BenchCase[] = [
  recipeCase({
    shape: [4096, 4096],
    // The norm is known only after one more read of the gradient, which is not counted in the bytes.
    recipe: () => adagradNorm({ lr }),
    stateBytes: { updated: 4 },
  }),
];
