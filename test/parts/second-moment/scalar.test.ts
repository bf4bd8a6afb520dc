import { generic, secondMoments } from "lean-optim";
import { refusal } from "../../support/refusal.js";
import { walk } from "../../support/walk.js";
import { weightOf } from "../../support/weights.js";

test.each([[[12, 5]], [[11]], [[]]])("keeps one number for a weight of shape %p", (shape) => {
  const { state, partition } = secondMoments.scalar({ initial: 2 }).plan(weightOf(shape));
  expect(partition).toBe("whole");
  expect(state).toEqual([
    { key: "exp_avg_sq", kind: "secondMoment", shape: [1], dtype: "float32", fill: 2 },
  ]);
});

test.each(["sum", "mean"] as const)("alone: the %s of all squares", (reduce) => {
  walk({
    recipe: generic({ lr: 0.1, secondMoment: secondMoments.scalar({ beta: 0.9, reduce }) }),
    oracle: {
      moment1: "none",
      moment2: "scalar",
      reduce,
      betas: [0, 0.9],
      biasCorrection: { first: false, second: true, mode: "torch" },
    },
  });
});

test("has no choice of partition", () => {
  expect(() => secondMoments.scalar({ partition: "row" } as never)).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", "partition", "row"),
  );
});
