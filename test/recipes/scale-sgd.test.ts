import { Optimizer, scaleSGD } from "lean-optim";
import { testRecipe } from "../support/recipe-tests.js";
import { refusal } from "../support/refusal.js";

const oracle = {
  moment1: "none",
  moment2: "subset",
  partition: "row",
  reduce: "mean",
  betas: [0, 0],
  biasCorrection: { first: false, second: false, mode: "torch" },
} as const;

testRecipe({
  recipe: scaleSGD,
  defaults: { ...oracle, lr: 1e-3, eps: 1e-8 },
  options: { lr: 0.05 },
  oracle,
  cases: [
    { title: "columns", options: { partition: "column" }, oracle: { partition: "column" } },
    {
      title: "momentum of the output layer",
      options: { momentum: 0.9 },
      oracle: { moment1: "ema", betas: [0.9, 0] },
    },
    { title: "another epsilon", options: { eps: 0.1 }, oracle: { eps: 0.1 } },
  ],
});

test("a step moves every row by lr times the root of its length", () => {
  const weight = new Float32Array(12);
  const params = [{ name: "w", data: weight, shape: [3, 4] }];
  const optimizer = new Optimizer([{ params, optimizer: scaleSGD({ lr: 0.5 }) }]);
  optimizer.step({ grads: { w: Float32Array.from({ length: 12 }, (_, i) => 10 ** i) } });
  for (const row of [0, 1, 2]) {
    expect(Math.hypot(...weight.subarray(4 * row, 4 * row + 4))).toBeCloseTo(1, 5);
  }
});

test.each([
  ["momentum", 1],
  ["partition", "tensor"],
])("%s %p is refused", (option, value) => {
  expect(() => scaleSGD({ [option]: value })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", option, value),
  );
});
