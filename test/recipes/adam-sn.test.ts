import { adamSN } from "lean-optim";
import { momentCases, testRecipe } from "../support/recipe-tests.js";
import { subsetCases } from "../support/subset-cases.js";

const hf = { first: true, second: true, mode: "hf" } as const;

testRecipe({
  recipe: adamSN,
  defaults: { lr: 1e-3, moment2: "subset", betas: [0.9, 0.999], eps: 1e-8 },
  options: { lr: 0.05 },
  oracle: { moment2: "subset" },
  cases: [
    ...subsetCases,
    ...momentCases,
    { title: "bias hf", options: { bias: "hf" }, oracle: { biasCorrection: hf } },
    {
      title: "compat sn-sm",
      options: { compat: "sn-sm", weightDecay: 0.3, partition: 7 },
      oracle: {
        biasCorrection: hf,
        weightDecay: 0.3,
        decayMode: "after",
        partition: 7,
        blockRule: "divisor",
      },
    },
    {
      title: "compat sn-sm without a second moment",
      options: { compat: "sn-sm", betas: [0.9, 0] },
      oracle: { biasCorrection: { ...hf, second: false }, betas: [0.9, 0], moment2: "none" },
    },
  ],
});
