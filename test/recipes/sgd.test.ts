import { sgd } from "lean-optim";
import { testRecipe } from "../support/recipe-tests.js";
import { refusal } from "../support/refusal.js";

testRecipe({
  recipe: sgd,
  defaults: { lr: 1e-3, moment1: "none", moment2: "none" },
  options: { lr: 0.05, momentum: 0.9 },
  oracle: { moment1: "heavyBall", moment2: "none", momentum: 0.9 },
  cases: [
    { title: "no momentum", options: { momentum: 0 }, oracle: { moment1: "none" } },
    {
      title: "coupled decay, torch.optim.SGD's",
      options: { weightDecay: 0.3 },
      oracle: { weightDecay: 0.3, decayMode: "l2" },
    },
    { title: "dampening", options: { dampening: 0.4 }, oracle: { dampening: 0.4 } },
    { title: "Nesterov momentum", options: { nesterov: true }, oracle: { nesterov: true } },
    {
      title: "Nesterov momentum of gradients with decay",
      options: { nesterov: true, weightDecay: 0.3 },
      oracle: { nesterov: true, weightDecay: 0.3, decayMode: "l2" },
    },
  ],
});

test.each([{ nesterov: true }, { nesterov: true, momentum: 0.9, dampening: 0.1 }])(
  "%p is refused, as by torch",
  (options) => {
    expect(() => sgd(options)).toThrow(refusal("ERR_LEAN_INVALID_ARG", "nesterov", true));
  },
);
