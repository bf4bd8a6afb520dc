import { adagrad } from "lean-optim";
import { testRecipe } from "../support/recipe-tests.js";

const none = { first: false, second: false, mode: "torch" } as const;

testRecipe({
  recipe: adagrad,
  defaults: { lr: 1e-2, moment1: "none", betas: [0, 1], eps: 1e-10, biasCorrection: none },
  options: { lr: 0.05 },
  oracle: { moment1: "none", betas: [0, 1], eps: 1e-10, biasCorrection: none },
  cases: [
    {
      title: "sums that do not start at zero, and another epsilon",
      options: { initialAccumulatorValue: 0.7, eps: 0.1 },
      oracle: { initialAccumulator: 0.7, eps: 0.1 },
    },
    {
      title: "coupled decay, torch.optim.Adagrad's",
      options: { weightDecay: 0.3 },
      oracle: { weightDecay: 0.3, decayMode: "l2" },
    },
  ],
});
