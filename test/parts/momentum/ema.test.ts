import { generic, momentums } from "lean-optim";
import { refusal } from "../../support/refusal.js";
import { walk } from "../../support/walk.js";
import { weightOf } from "../../support/weights.js";

test.each([
  [
    [4, 3],
    [4, 3],
  ],
  [[5], [1, 5]],
  [[], [1, 1]],
  [
    [2, 3, 4],
    [2, 12],
  ],
])("keeps an average of a weight of shape %p", (shape, kept) => {
  const { state } = momentums.ema().plan(weightOf(shape));
  expect(state).toEqual([{ key: "exp_avg", kind: "momentum", shape: kept, dtype: "float32" }]);
});

test("in the state's type", () => {
  const { state } = momentums.ema().plan(weightOf([4, 3], { dtype: "bfloat16" }));
  expect(state[0]?.dtype).toBe("bfloat16");
});

test.each([
  [true, { first: true, second: false, mode: "torch" }],
  [false, { first: false, second: false, mode: "torch" }],
] as const)("alone, correctBias %p", (correctBias, biasCorrection) => {
  const momentum = momentums.ema({ beta: 0.7, correctBias });
  walk({
    recipe: generic({ lr: 0.1, momentum }),
    oracle: { betas: [0.7, 0.999], moment2: "none", biasCorrection },
  });
});

test.each([1, -0.1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "0.9", null])(
  "beta %p is refused",
  (beta) => {
    expect(() => momentums.ema({ beta: beta as number })).toThrow(
      refusal("ERR_LEAN_INVALID_ARG", "beta", beta),
    );
  },
);

test("correctBias is true or false", () => {
  expect(() => momentums.ema({ correctBias: 1 as never })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", "correctBias", 1),
  );
});
