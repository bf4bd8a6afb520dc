import { apollo } from "lean-optim";
import { growthCases, lowRankCases } from "../support/low-rank-cases.js";
import { testRecipe } from "../support/recipe-tests.js";
import { refusal } from "../support/refusal.js";
import { subspaceShapes } from "../support/subspace-cases.js";

const oracle = {
  moment1: "lowRank",
  eps: 1e-6,
  direction: "gradient",
  maxGrowth: 1.01,
  onRefresh: "keep",
} as const;

testRecipe({
  recipe: apollo,
  defaults: { ...oracle, lr: 0.01, betas: [0.9, 0.999], gap: 200 },
  options: { lr: 0.05, rank: 2, updateProjGap: 3 },
  oracle: { ...oracle, rank: 2, gap: 3 },
  parameters: subspaceShapes,
  cases: [...lowRankCases, ...growthCases],
});

test("a basis on either side is refused", () => {
  expect(() => apollo({ side: "full" })).toThrow(refusal("ERR_LEAN_UNSUPPORTED", "side", "full"));
});
