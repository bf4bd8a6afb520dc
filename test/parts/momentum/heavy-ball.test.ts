import { momentums } from "lean-optim";
import { refusal } from "../../support/refusal.js";
import { weightOf } from "../../support/weights.js";

test("keeps a buffer of the weight's shape", () => {
  const { state, scalars } = momentums.heavyBall().plan(weightOf([4, 3]));
  expect(state).toEqual([{ key: "exp_avg", kind: "momentum", shape: [4, 3], dtype: "float32" }]);
  expect(scalars).toEqual({ momentum: "heavyBall", beta1: 0.9, dampening: 0, nesterov: false });
});

test.each([
  ["momentum", 1],
  ["momentum", -0.1],
  ["momentum", Number.NaN],
  ["dampening", 1.1],
  ["dampening", -1],
  ["dampening", "0"],
  ["nesterov", "yes"],
])("%s %p is refused", (option, value) => {
  expect(() => momentums.heavyBall({ [option]: value })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", option, value),
  );
});
