import { scaleSGD } from "../../lib/index.js";
import type { BenchCase } from "../support/case.js";
import { lr, recipeCase } from "../support/recipe.js";

export const cases: BenchCase[] = [
  recipeCase({
    shape: [4096, 4096],
    recipe: () => scaleSGD({ lr }),
    stateBytes: { updated: 4 * 4096 },
  }),
];
