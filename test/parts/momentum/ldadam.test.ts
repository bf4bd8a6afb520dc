import { generic, momentums } from "lean-optim";
import { refusal } from "../../support/refusal.js";
import { weightOf } from "../../support/weights.js";

const keys = (shape: readonly number[], options = {}) =>
  momentums
    .ldadam({ rank: 2, ...options })
    .plan(weightOf(shape))
    .state.map(({ key, shape: kept }) => [key, ...kept]);

test.each([
  ["tall", [6, 4], [6, 2], [4, 2]],
  ["square", [4, 4], [4, 2], [4, 2]],
  ["wide", [4, 6], [2, 6], [4, 2]],
] as const)("keeps moments, a basis and an error of a %s weight", (_, shape, kept, basis) => {
  expect(keys(shape)).toEqual([
    ["exp_avg", ...kept],
    ["basis", ...basis],
    ["error", ...shape],
  ]);
  expect(keys(shape, { errorFeedback: false })).toHaveLength(2);
});

test("its second moment has the momentum's shape, in float32", () => {
  const { secondMoment } = momentums.ldadam({ rank: 2 }).plan(weightOf([6, 4]));
  expect(secondMoment?.state).toEqual([
    { key: "exp_avg_sq", kind: "secondMoment", shape: [6, 2], dtype: "float32" },
  ]);
});

test("a vector gets averages of its own shape", () => {
  const plan = momentums.ldadam().plan(weightOf([5]));
  expect(plan.step).toBe("denseStep");
  expect(plan.secondMoment?.partition).toBe("elementwise");
});

test("a rank above the projected side keeps all of it, and says so", () => {
  const warnings: string[] = [];
  const weight = { ...weightOf([6, 4]), warn: (text: string) => warnings.push(text) };
  expect(momentums.ldadam({ rank: 9 }).plan(weight).state[0]?.shape).toEqual([6, 4]);
  expect(warnings).toHaveLength(1);
});

test("brings its own second moment, so there is no other", () => {
  expect(() => generic({ momentum: "ldadam", secondMoment: "elementwise" })).toThrow(
    refusal("ERR_LEAN_UNSUPPORTED", "secondMoment", "elementwise"),
  );
});

test.each([0, 2.5, Number.NaN])("rank %p is refused", (rank) => {
  expect(() => momentums.ldadam({ rank })).toThrow(refusal("ERR_LEAN_INVALID_ARG", "rank", rank));
});
