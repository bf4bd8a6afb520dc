import { adagradNorm } from "lean-optim";
import { testRecipe } from "../support/recipe-tests.js";

const oracle = {
  moment1: "none",
  moment2: "scalar",
  betas: [0, 1],
  eps: 1e-8,
  biasCorrection: { first: false, second: false, mode: "torch" },
} as const;

testRecipe({
  recipe: adagradNorm,
  defaults: { ...oracle, lr: 1e-3 },
  options: { lr: 0.5 },
  oracle,
  cases: [
    {
      title: "a sum that does not start at zero, and another epsilon",
      options: { initialAccumulatorValue: 0.7, eps: 0.1 },
      oracle: { initialAccumulator: 0.7, eps: 0.1 },
    },
  ],
});
