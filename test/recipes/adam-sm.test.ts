import { adamSM } from "lean-optim";
import { testRecipe } from "../support/recipe-tests.js";
import { subspaceCases, subspaceShapes } from "../support/subspace-cases.js";

const oracle = { moment1: "subspace", moment2: "elementwise" } as const;

testRecipe({
  recipe: adamSM,
  defaults: { ...oracle, lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, gap: 200 },
  options: { lr: 0.05, rank: 2, updateProjGap: 3 },
  oracle: { ...oracle, rank: 2, gap: 3 },
  parameters: subspaceShapes,
  cases: [
    ...subspaceCases,
    {
      title: "other betas and epsilon",
      options: { betas: [0.5, 0.8], eps: 0.1 },
      oracle: { betas: [0.5, 0.8], eps: 0.1 },
    },
    {
      title: "no bias correction",
      options: { biasCorrection: false },
      oracle: { biasCorrection: { first: false, second: false, mode: "torch" } },
    },
  ],
});
