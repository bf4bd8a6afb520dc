import { rmsprop } from "lean-optim";
import { testRecipe } from "../support/recipe-tests.js";

const none = { first: false, second: false, mode: "torch" } as const;

testRecipe({
  recipe: rmsprop,
  defaults: { lr: 1e-2, moment1: "none", betas: [0, 0.99], eps: 1e-8, biasCorrection: none },
  options: { lr: 0.05 },
  oracle: { moment1: "none", betas: [0, 0.99], biasCorrection: none },
  cases: [
    {
      title: "other alpha and epsilon",
      options: { alpha: 0.8, eps: 0.1 },
      oracle: { betas: [0, 0.8], eps: 0.1 },
    },
    {
      title: "coupled decay, torch.optim.RMSprop's",
      options: { weightDecay: 0.3 },
      oracle: { weightDecay: 0.3, decayMode: "l2" },
    },
  ],
});
