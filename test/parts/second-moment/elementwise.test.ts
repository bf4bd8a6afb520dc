import { generic, secondMoments } from "lean-optim";
import { refusal } from "../../support/refusal.js";
import { walk } from "../../support/walk.js";
import { weightOf } from "../../support/weights.js";

test("keeps a float32 for each element, whatever the weight's type", () => {
  const { state, partition } = secondMoments
    .elementwise({ initial: 0.5 })
    .plan(weightOf([4, 3], { dtype: "bfloat16", stateDtype: "bfloat16" }));
  expect(partition).toBe("elementwise");
  expect(state).toEqual([
    { key: "exp_avg_sq", kind: "secondMoment", shape: [4, 3], dtype: "float32", fill: 0.5 },
  ]);
});

const first = { first: false, mode: "torch" } as const;

test.each([
  ["averages", { beta: 0.7 }, { betas: [0, 0.7] }],
  ["averages that are not corrected", { beta: 0.7, correctBias: false }, { betas: [0, 0.7] }],
  ["averages from a start", { beta: 0.7, initial: 2 }, { betas: [0, 0.7], initialAccumulator: 2 }],
  ["sums", { beta: 1 }, { betas: [0, 1] }],
  ["sums from a start", { beta: 1, initial: 2 }, { betas: [0, 1], initialAccumulator: 2 }],
  ["the last square", { beta: 0 }, { betas: [0, 0] }],
  ["a large epsilon", { eps: 0.5 }, { eps: 0.5 }],
] as const)("alone: %s", (_, options, oracle) => {
  const second = !("correctBias" in options);
  walk({
    recipe: generic({ lr: 0.1, secondMoment: secondMoments.elementwise(options) }),
    oracle: { moment1: "none", biasCorrection: { ...first, second }, ...oracle },
  });
});

test.each([
  ["beta", -0.1],
  ["beta", 1.1],
  ["beta", Number.NaN],
  ["eps", -1e-8],
  ["eps", Number.POSITIVE_INFINITY],
  ["initial", -1],
  ["correctBias", "no"],
])("%s %p is refused", (option, value) => {
  expect(() => secondMoments.elementwise({ [option]: value })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", option, value),
  );
});
