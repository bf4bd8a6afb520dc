import { generic, type LowRankOptions, momentums } from "lean-optim";
import { refusal } from "../../support/refusal.js";
import { weightOf } from "../../support/weights.js";

const plan = (shape: readonly number[], options: LowRankOptions = {}, more = {}) =>
  momentums.lowRank(options).plan(weightOf(shape, more));

function kept(...args: Parameters<typeof plan>) {
  const { state, secondMoment } = plan(...args);
  const specs = [...state, ...(secondMoment?.state ?? [])];
  return Object.fromEntries(specs.map(({ key, shape }) => [key, shape]));
}

describe("what is kept", () => {
  test.each<[string, number[], LowRankOptions, number[], number[]]>([
    ["tall", [12, 5], {}, [12, 2], [5, 2]],
    ["wide", [5, 12], {}, [2, 12], [5, 2]],
    ["square", [6, 6], {}, [6, 2], [6, 2]],
    ["tall, the longer side", [12, 5], { side: "reverse" }, [2, 5], [12, 2]],
    ["tall, left", [12, 5], { side: "left" }, [2, 5], [12, 2]],
    ["wide, right", [5, 12], { side: "right" }, [5, 2], [12, 2]],
    ["convolution", [6, 2, 3, 2], {}, [2, 12], [6, 2]],
  ])("%s", (_, shape, options, moments, basis) => {
    expect(kept(shape, { rank: 2, ...options })).toEqual({
      exp_avg: moments,
      exp_avg_sq: moments,
      basis,
    });
  });

  test.each([
    [[12, 5], "tall"],
    [[5, 12], "wide"],
  ])("on either side of %p", ([rows, cols]) => {
    expect(kept([rows, cols], { rank: 2, side: "full" })).toEqual({
      exp_avg: [2, 2],
      exp_avg_sq: [2, 2],
      basis: [cols, 2],
      left_basis: [rows, 2],
      left_counters: [8],
    });
  });

  test("a norm where growth is limited", () => {
    const limited = { rank: 2, direction: "residual", maxGrowth: 1.01 } as const;
    expect(kept([12, 5], limited)).toMatchObject({ last_norm: [1] });
  });

  test("second moments and norms in float32, the rest in the state's type", () => {
    const { state, secondMoment } = plan(
      [12, 5],
      { direction: "gradient", maxGrowth: 2 },
      { dtype: "bfloat16" },
    );
    const specs = [...state, ...(secondMoment?.state ?? [])];
    expect(specs.map(({ key, dtype }) => [key, dtype])).toEqual([
      ["exp_avg", "bfloat16"],
      ["basis", "bfloat16"],
      ["last_norm", "float32"],
      ["exp_avg_sq", "float32"],
    ]);
  });

  test.each([[[5]], [[]], [[0, 12]], [[12, 0]]])("AdamW's moments of the shape %p", (shape) => {
    const { step, state, secondMoment } = plan(shape, { beta: 0.8, beta2: 0.9 });
    const weight = weightOf(shape);
    expect({ step, state }).toEqual({
      step: "denseStep",
      state: momentums.ema({ beta: 0.8 }).plan(weight).state,
    });
    expect(secondMoment).toMatchObject({
      partition: "elementwise",
      scalars: { beta2: 0.9 },
      state: [{ key: "exp_avg_sq", shape: [weight.rows, weight.cols] }],
    });
  });
});

describe("the rank", () => {
  test.each([
    [[40, 20], {}, [20, 5]],
    [[40, 3], {}, [3, 1]],
    [[20, 40], { side: "full" }, [40, 5]],
  ] as const)("is a quarter of the projected side of %p under %p", (shape, options, basis) => {
    expect(kept(shape, options).basis).toEqual(basis);
  });

  test.each([
    [{}, [5, 5]],
    [{ side: "left" }, [12, 9]],
    [{ side: "full" }, [5, 5]],
  ] as const)("beyond the dimensions is clamped, and said: %p", (options, basis) => {
    const weight = weightOf([12, 5]);
    const { state } = momentums.lowRank({ rank: 9, ...options }).plan(weight);
    expect(state.find(({ key }) => key === "basis")?.shape).toEqual(basis);
    expect(weight.warnings).toEqual(basis[1] === 9 ? [] : [expect.stringMatching(/^w: rank 9 is/)]);
  });
});

test("a second moment beside its own is refused", () => {
  expect(() => generic({ momentum: "lowRank", secondMoment: "elementwise" })).toThrow(
    refusal("ERR_LEAN_UNSUPPORTED", "secondMoment", "elementwise"),
  );
});

test("decay in the gradient is refused", () => {
  expect(() => generic({ momentum: "lowRank", decay: "l2" })).toThrow(
    refusal("ERR_LEAN_UNSUPPORTED", "decay", "l2"),
  );
});

test.each([
  ["beta", 1],
  ["beta2", 1.5],
  ["eps", -1],
  ["rank", 0],
  ["updateProjGap", 0],
  ["refreshOffset", -1],
  ["side", "top"],
  ["onRefresh", "rotate"],
  ["direction", "sideways"],
  ["wholeNorm", 1],
  ["scale", -1],
  ["maxGrowth", Number.NaN],
  ["projector", "pca"],
  ["correctBias", 0],
])("%s %p is refused", (option, value) => {
  expect(() => momentums.lowRank({ [option]: value })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", option, value),
  );
});

test.each<[LowRankOptions, string]>([
  [{ projector: "uniform" }, "projector"],
  [{ side: "full", projector: "given" }, "side"],
  [{ side: "full", direction: "residual" }, "side"],
  [{ side: "full", onRefresh: "restart" }, "onRefresh"],
  [{ maxGrowth: 1.01 }, "maxGrowth"],
])("%p have no meaning together", (options, parameter) => {
  expect(() => momentums.lowRank(options)).toThrow(refusal("ERR_LEAN_UNSUPPORTED", parameter));
});
