import { adagradSNSM } from "lean-optim";
import { testRecipe } from "../support/recipe-tests.js";
import { subsetCases } from "../support/subset-cases.js";
import { subspaceCases, subspaceShapes } from "../support/subspace-cases.js";

const oracle = {
  moment1: "subspace",
  moment2: "subset",
  betas: [0.9, 1],
  biasCorrection: { first: true, second: false, mode: "torch" },
} as const;

testRecipe({
  recipe: adagradSNSM,
  defaults: { ...oracle, lr: 1e-3, eps: 1e-8, gap: 200 },
  options: { lr: 0.05, rank: 2, updateProjGap: 3 },
  oracle: { ...oracle, rank: 2, gap: 3 },
  parameters: subspaceShapes,
  cases: [
    ...subsetCases,
    ...subspaceCases,
    {
      title: "no bias correction",
      options: { biasCorrection: false },
      oracle: { biasCorrection: { first: false, second: false, mode: "torch" } },
    },
  ],
});
