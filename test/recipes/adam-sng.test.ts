import { adamSNG } from "lean-optim";
import { testRecipe } from "../support/recipe-tests.js";
import { subsetCases } from "../support/subset-cases.js";

const oracle = { moment2: "subset", partition: -2 } as const;

testRecipe({
  recipe: adamSNG,
  defaults: { ...oracle, lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8 },
  options: { lr: 0.05 },
  oracle,
  cases: [
    ...subsetCases,
    {
      title: "compat sn-sm",
      options: { compat: "sn-sm" },
      oracle: {
        biasCorrection: { first: true, second: true, mode: "hf" },
        decayMode: "after",
        blockRule: "divisor",
      },
    },
  ],
});
