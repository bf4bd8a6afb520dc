import { rmspropSN } from "lean-optim";
import { testRecipe } from "../support/recipe-tests.js";
import { subsetCases } from "../support/subset-cases.js";

const oracle = {
  moment1: "none",
  moment2: "subset",
  betas: [0, 0.999],
  biasCorrection: { first: false, second: true, mode: "torch" },
} as const;

testRecipe({
  recipe: rmspropSN,
  defaults: { ...oracle, lr: 1e-3, eps: 1e-8 },
  options: { lr: 0.05 },
  oracle,
  cases: [
    ...subsetCases,
    {
      title: "a momentum, not corrected",
      options: { betas: [0.9, 0.99] },
      oracle: { moment1: "ema", betas: [0.9, 0.99] },
    },
    {
      title: "no bias correction",
      options: { biasCorrection: false },
      oracle: { biasCorrection: { first: false, second: false, mode: "torch" } },
    },
    {
      title: "compat sn-sm",
      options: { compat: "sn-sm" },
      oracle: {
        biasCorrection: { first: false, second: true, mode: "hf" },
        decayMode: "after",
        blockRule: "divisor",
      },
    },
  ],
});
