import { apolloMini } from "lean-optim";
import { growthCases, lowRankCases } from "../support/low-rank-cases.js";
import { testRecipe } from "../support/recipe-tests.js";

const oracle = {
  moment1: "lowRank",
  eps: 1e-6,
  direction: "gradient",
  wholeNorm: true,
  scale: Math.sqrt(128),
  maxGrowth: 1.01,
  onRefresh: "keep",
} as const;

testRecipe({
  recipe: apolloMini,
  defaults: { ...oracle, lr: 0.01, betas: [0.9, 0.999], gap: 200, rank: 1 },
  options: { lr: 0.05, updateProjGap: 3 },
  oracle: { ...oracle, rank: 1, gap: 3 },
  cases: [
    ...lowRankCases,
    ...growthCases,
    { title: "a rank of two", options: { rank: 2 }, oracle: { rank: 2 } },
  ],
});
