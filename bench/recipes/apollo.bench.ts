import { apollo } from "../../lib/index.js";
import type { BenchCase } from "../support/case.js";
import { lr, NO_REFRESH } from "../support/recipe.js";
import { lowRankCase } from "../support/subspace.js";

export const cases: BenchCase[] = [
  lowRankCase({
    shape: [2048, 2048],
    rank: 512,
    products: 2,
    recipe: () => apollo({ lr, rank: 512, updateProjGap: NO_REFRESH }),
  }),
];
