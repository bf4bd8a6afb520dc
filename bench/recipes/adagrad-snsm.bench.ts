import { adagradSNSM } from "../../lib/index.js";
import type { BenchCase } from "../support/case.js";
import { lr, NO_REFRESH } from "../support/recipe.js";
import { subspaceCase } from "../support/subspace.js";

const rank = 512;

export const cases: BenchCase[] = [
  subspaceCase({
    shape: [2048, 2048],
    rank,
    secondMoment: "lines",
    recipe: () => adagradSNSM({ lr, rank, updateProjGap: NO_REFRESH }),
  }),
];
