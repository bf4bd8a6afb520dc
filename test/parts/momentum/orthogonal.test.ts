import { momentums } from "lean-optim";
import { refusal } from "../../support/refusal.js";
import { weightOf } from "../../support/weights.js";

const adaptive = { maxNorm: 1, leastStep: 0, initial: 0.5 };

test("keeps a momentum of the weight's shape, in its own type, and AdaGO's number", () => {
  const momentum = { key: "exp_avg", kind: "momentum", shape: [4, 3], dtype: "float32" };
  const muon = momentums.orthogonal().plan(weightOf([4, 3]));
  expect([muon.state, muon.secondMoment?.state]).toEqual([[momentum], []]);
  const adago = momentums.orthogonal({ adaptive }).plan(weightOf([4, 3]));
  expect([adago.state, adago.secondMoment?.state]).toEqual([
    [momentum],
    [{ key: "exp_avg_sq", kind: "secondMoment", shape: [1], dtype: "float32", fill: 0.25 }],
  ]);
});

test("vectors have Adam's moments", () => {
  const plan = momentums.orthogonal().plan(weightOf([5]));
  expect(plan.step).toBe("denseStep");
  expect(plan.secondMoment?.partition).toBe("elementwise");
});

test.each([
  ["none", [8, 2], 1],
  ["original", [8, 2], 2],
  ["original", [2, 8], 1],
  ["matchRmsAdamW", [2, 25], 1],
] as const)("scale %s of %p", (shapeScale, shape, expected) => {
  const { constants } = momentums.orthogonal({ shapeScale }).plan(weightOf(shape));
  expect(constants?.shapeScale).toBeCloseTo(expected, 12);
});

test("is its own data", () => {
  const part = momentums.orthogonal({ schedule: "exact", adaptive });
  const again = momentums.orthogonal(JSON.parse(JSON.stringify(part)));
  expect(JSON.stringify(again)).toBe(JSON.stringify(part));
});

test.each([
  [{ beta: 1 }, "beta", 1],
  [{ nesterov: 1 }, "nesterov", 1],
  [{ schedule: "cubic" }, "schedule", "cubic"],
  [{ steps: 101 }, "steps", 101],
  [{ vectorBetas: [0.9, 2] }, "vectorBetas[1]", 2],
  [{ adaptive: { ...adaptive, maxNorm: 0 } }, "maxNorm", 0],
])("%j is refused", (options, parameter, value) => {
  expect(() => momentums.orthogonal(options as never)).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", parameter, value),
  );
});
