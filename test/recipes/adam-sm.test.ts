import { adamSM } from "lean-optim";
import { momentCases, testRecipe } from "../support/recipe-tests.js";
import { subspaceCases, subspaceShapes } from "../support/subspace-cases.js";

const oracle = { moment1: "subspace", moment2: "elementwise" } as const;

testRecipe({
  recipe: adamSM,
  defaults: { ...oracle, lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, gap: 200 },
  options: { lr: 0.05, rank: 2, updateProjGap: 3 },
  oracle: { ...oracle, rank: 2, gap: 3 },
  parameters: subspaceShapes,
  cases: [...subspaceCases, ...momentCases],
});
