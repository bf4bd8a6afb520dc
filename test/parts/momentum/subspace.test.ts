import { momentums, projectors, type SubspaceOptions } from "lean-optim";
import { refusal } from "../../support/refusal.js";
import { weightOf } from "../../support/weights.js";

const plan = (shape: readonly number[], options: SubspaceOptions = {}, more = {}) =>
  momentums.subspace(options).plan(weightOf(shape, more));

const stateShapes = (...args: Parameters<typeof plan>) =>
  Object.fromEntries(plan(...args).state.map(({ key, shape }) => [key, shape]));

describe("what is kept", () => {
  test.each([
    ["tall", [12, 5], {}, { exp_avg: [12, 2], basis: [5, 2] }],
    ["wide", [5, 12], {}, { exp_avg: [2, 12], basis: [5, 2] }],
    ["square", [6, 6], {}, { exp_avg: [6, 2], basis: [6, 2] }],
    ["tall, the longer side", [12, 5], { side: "reverse" }, { exp_avg: [2, 5], basis: [12, 2] }],
    ["wide, the longer side", [5, 12], { side: "reverse" }, { exp_avg: [5, 2], basis: [12, 2] }],
    ["tall, left", [12, 5], { side: "left" }, { exp_avg: [2, 5], basis: [12, 2] }],
    ["wide, right", [5, 12], { side: "right" }, { exp_avg: [5, 2], basis: [12, 2] }],
    ["tall, on rows", [12, 5], { projector: "topK" }, { exp_avg: [2, 5], index: [2] }],
    ["wide, on columns", [5, 12], { projector: "topK" }, { exp_avg: [5, 2], index: [2] }],
    [
      "tall, on columns",
      [12, 5],
      { projector: "uniform", side: "reverse" },
      { exp_avg: [12, 2], index: [2] },
    ],
    ["convolution", [6, 2, 3, 2], {}, { exp_avg: [2, 12], basis: [6, 2] }],
  ] as const)("%s", (_, shape, options, kept) => {
    expect(stateShapes(shape, { rank: 2, ...options })).toEqual(kept);
  });

  test.each([[5], []])("an ordinary average of a vector of shape %p", (...shape) => {
    const expected = momentums.ema({ beta: 0.8 }).plan(weightOf(shape));
    const { state, scalars, step } = plan(shape, { rank: 2, beta: 0.8 });
    expect({ state, scalars, step }).toEqual({
      state: expected.state,
      scalars: expected.scalars,
      step: expected.step,
    });
  });

  test("in the state's type, line numbers as integers", () => {
    const dtypes = (projector: "svd" | "topK") =>
      plan([12, 5], { projector }, { dtype: "bfloat16" }).state.map(({ dtype }) => dtype);
    expect(dtypes("svd")).toEqual(["bfloat16", "bfloat16"]);
    expect(dtypes("topK")).toEqual(["bfloat16", "int32"]);
  });
});

describe("the rank", () => {
  test.each([
    [[40, 20], 5],
    [[40, 7], 1],
    [[40, 3], 1],
    [[40, 1], 1],
  ])("is a quarter of the projected side of %p: %d", (shape, rank) => {
    expect(stateShapes(shape).basis).toEqual([shape[1], rank]);
  });

  test("is of the longer side, for lines", () => {
    expect(stateShapes([40, 20], { projector: "uniform" }).index).toEqual([10]);
  });

  test.each(["restart", "published"] as const)(
    "too large under %s: clamped, and said",
    (policy) => {
      const weight = weightOf([12, 5]);
      const { state } = momentums.subspace({ rank: 9, onRefresh: policy }).plan(weight);
      expect(state.map(({ shape }) => shape)).toEqual([
        [12, 5],
        [5, 5],
      ]);
      expect(weight.warnings).toEqual([
        expect.stringMatching(/^w: rank 9 covers all 5 dimensions/),
      ]);
    },
  );

  test.each([5, 9])("%d of 5 under rotate: an ordinary average, and nothing to say", (rank) => {
    const weight = weightOf([12, 5]);
    const { state, refresh } = momentums.subspace({ rank, onRefresh: "rotate" }).plan(weight);
    expect(state.map(({ key, shape }) => [key, shape])).toEqual([["exp_avg", [12, 5]]]);
    expect(refresh).toBeUndefined();
    expect(weight.warnings).toEqual([]);
  });

  test("that is all of one dimension by default is an ordinary average under rotate, too", () => {
    expect(stateShapes([6, 1], { onRefresh: "rotate" })).toEqual({ exp_avg: [6, 1] });
  });

  test("too large under keep is refused, a full one is not", () => {
    expect(() => plan([12, 5], { rank: 6, onRefresh: "keep" })).toThrow(
      refusal("ERR_LEAN_INVALID_ARG", "w", 6),
    );
    const weight = weightOf([12, 5]);
    momentums.subspace({ rank: 5, onRefresh: "keep" }).plan(weight);
    expect(weight.warnings).toEqual([]);
  });

  test("of a weight without elements is of no matter", () => {
    expect(stateShapes([12, 0], { rank: 3 })).toEqual({ exp_avg: [12, 0] });
    expect(stateShapes([0, 12], { rank: 3 })).toEqual({ exp_avg: [0, 12] });
  });
});

describe("the age that bias correction counts", () => {
  test.each([
    ["restart", true],
    ["published", true],
    ["rotate", false],
    ["keep", false],
  ] as const)("under %s starts with each basis: %p", (onRefresh, perBasis) => {
    expect(plan([12, 5], { onRefresh }).scalars).toMatchObject({ perBasis });
  });

  test("can be chosen", () => {
    const { scalars } = plan([12, 5], { perBasis: false, correctBias: false });
    expect(scalars).toMatchObject({ perBasis: false, correctFirst: false });
  });
});

test("a given basis has no schedule", () => {
  const { refresh } = plan([12, 5], { projector: projectors.given(), updateProjGap: 7 });
  expect(refresh?.updateProjGap).toBe(0);
});

test.each([
  ["beta", 1],
  ["rank", 0],
  ["rank", 1.5],
  ["rank", Number.NaN],
  ["updateProjGap", 0],
  ["updateProjGap", "200"],
  ["refreshOffset", -1],
  ["refreshOffset", "never"],
  ["side", "top"],
  ["onRefresh", "reset"],
  ["projector", "pca"],
  ["correctBias", 0],
  ["perBasis", "yes"],
])("%s %p is refused", (option, value) => {
  expect(() => momentums.subspace({ [option]: value })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", option, value),
  );
});

test("a name is suggested for a misspelled one", () => {
  expect(() => momentums.subspace({ onRefresh: "rotte" as never })).toThrow("did you mean rotate?");
  expect(() => momentums.subspace({ updateProjGapp: 3 } as never)).toThrow(
    refusal("ERR_LEAN_UNKNOWN_OPTION", "updateProjGapp", 3),
  );
});
