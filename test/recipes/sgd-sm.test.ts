import { sgdSM } from "lean-optim";
import { testRecipe } from "../support/recipe-tests.js";
import { subspaceCases, subspaceShapes } from "../support/subspace-cases.js";

const oracle = {
  moment1: "subspace",
  moment2: "none",
  biasCorrection: { first: false, second: false, mode: "torch" },
} as const;

testRecipe({
  recipe: sgdSM,
  defaults: { ...oracle, lr: 1e-3, betas: [0.9, 0.999], gap: 200 },
  options: { lr: 0.05, rank: 2, updateProjGap: 3 },
  oracle: { ...oracle, rank: 2, gap: 3 },
  parameters: subspaceShapes,
  cases: [
    ...subspaceCases,
    {
      title: "bias correction",
      options: { biasCorrection: true },
      oracle: { biasCorrection: { first: true, second: false, mode: "torch" } },
    },
  ],
});
