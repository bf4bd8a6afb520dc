import { adamw } from "lean-optim";
import { momentCases, testRecipe } from "../support/recipe-tests.js";

const hf = { first: true, second: true, mode: "hf" } as const;

testRecipe({
  recipe: adamw,
  defaults: { lr: 1e-3, weightDecay: 0.01, betas: [0.9, 0.999], eps: 1e-8 },
  options: { lr: 0.05, weightDecay: 0 },
  oracle: {},
  cases: [
    ...momentCases,
    { title: "squares that are summed", options: { betas: [0.9, 1] }, oracle: { betas: [0.9, 1] } },
    { title: "no averages at all", options: { betas: [0, 0] }, oracle: { betas: [0, 0] } },
    {
      title: "coupled decay: torch.optim.Adam",
      options: { weightDecay: 0.3, decay: "l2" },
      oracle: { weightDecay: 0.3, decayMode: "l2" },
    },
    { title: "bias hf", options: { bias: "hf" }, oracle: { biasCorrection: hf } },
    {
      title: "compat sn-sm",
      options: { compat: "sn-sm", weightDecay: 0.3 },
      oracle: { biasCorrection: hf, weightDecay: 0.3, decayMode: "after" },
    },
    {
      title: "compat sn-sm without a second moment",
      options: { compat: "sn-sm", betas: [0.9, 0] },
      oracle: { biasCorrection: { ...hf, second: false }, betas: [0.9, 0], moment2: "none" },
    },
    {
      title: "compat galore",
      options: { compat: "galore", weightDecay: 0.3 },
      oracle: { biasCorrection: hf, weightDecay: 0.3, decayMode: "after" },
    },
  ],
});
