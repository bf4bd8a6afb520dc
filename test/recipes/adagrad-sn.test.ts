import { adagradSN } from "lean-optim";
import { testRecipe } from "../support/recipe-tests.js";
import { subsetCases } from "../support/subset-cases.js";

const oracle = {
  moment1: "none",
  moment2: "subset",
  betas: [0, 1],
  biasCorrection: { first: true, second: false, mode: "torch" },
} as const;

testRecipe({
  recipe: adagradSN,
  defaults: { ...oracle, lr: 1e-3, eps: 1e-8 },
  options: { lr: 0.05 },
  oracle,
  cases: [
    ...subsetCases,
    {
      title: "a momentum, corrected",
      options: { betas: [0.9, 1] },
      oracle: { moment1: "ema", betas: [0.9, 1] },
    },
    {
      title: "a momentum, not corrected",
      options: { betas: [0.9, 1], biasCorrection: false },
      oracle: {
        moment1: "ema",
        betas: [0.9, 1],
        biasCorrection: { first: false, second: false, mode: "torch" },
      },
    },
  ],
});
