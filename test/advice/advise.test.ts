import { transformSync } from "@swc/core";
import * as library from "lean-optim";
import {
  type AdviceOptions,
  adviseRanks,
  type ModelParameter,
  Optimizer,
  type Parameter,
  type ParameterGroup,
  type RankAdvice,
  recipeFromConfig,
} from "lean-optim";
import { advisedProjectors } from "../../lib/advice/offers.js";
import { model } from "../../lib/models/index.js";
import { numel } from "../../lib/tensor.js";
import { type Matrix, matrix, svd } from "../oracle/matrix.js";
import { gaussians } from "../oracle/random.js";
import { refusal } from "../support/refusal.js";

const layers: readonly ModelParameter[] = [
  { name: "embed", shape: [90, 32], role: "embedding" },
  { name: "a", shape: [48, 32], role: "linear" },
  { name: "b", shape: [32, 80], role: "linear" },
  { name: "c", shape: [40, 40], role: "linear" },
  { name: "norm", shape: [32], role: "other" },
];

/** U·diag(decay)·Vᵀ of random directions, as large as asked. */
function decaying([rows, cols]: readonly number[], decay: number, size: number, seed: number) {
  const noise = svd(matrix(rows as number, cols as number, gaussians(rows * cols, seed)));
  const data = new Float32Array(rows * cols);
  for (let k = 0; k < noise.values.length; k++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++) {
        const [u, v] = [at(noise.u, i, k), at(noise.v, j, k)];
        data[i * cols + j] += size * (k + 1) ** -decay * u * v;
      }
    }
  }
  return { data, shape: [rows, cols] };
}

const at = ({ data, cols }: Matrix, i: number, j: number) => data[i * cols + j] as number;

const gradients = {
  a: decaying([48, 32], 2, 1, 1),
  b: decaying([32, 80], 0.2, 1e-3, 2),
  c: decaying([40, 40], 0.6, 10, 3),
};

/** An Optimizer of the advised groups, as whoever asked would build it. */
function optimizerOf(parameters: readonly ModelParameter[], advice: RankAdvice): Optimizer {
  const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
  return new Optimizer(
    advice.groups.map(({ optimizer, names }) => ({
      optimizer: recipeFromConfig(optimizer),
      params: names.map((name) => {
        const shape = [...(shapes.get(name) ?? [])];
        return { name, shape, data: new Float32Array(numel(shape)) };
      }),
    })),
  );
}

const advise = (options: Partial<AdviceOptions>) =>
  adviseRanks(layers, { budget: "40%", rankMultiple: 2, ...options });

describe.each(["adamSNSM", "adamSM", "sgdSM", "adagradSNSM"] as const)("%s", (optimizer) => {
  const budgets = ["85%", "70%", "55%"].slice(0, optimizer === "adamSM" ? 2 : 3);
  test.each(budgets)("a budget of %s is kept, and predicted to the byte", (budget) => {
    for (const given of [undefined, gradients]) {
      const advice = advise({ optimizer, budget, gradients: given });
      using real = optimizerOf(layers, advice);
      expect(advice.stateBytes).toBe(real.stateBytes);
      expect(advice.stateBytes).toBeLessThanOrEqual(advice.budget);
      expect(advice.captured).toBeLessThanOrEqual(advice.capturedBound + 1e-12);
    }
  });
});

test("types of the state are counted as they are stored", () => {
  for (const stateDtype of ["float32", "bfloat16"] as const) {
    const advice = advise({ stateDtype, budget: "60%" });
    using real = optimizerOf(layers, advice);
    expect(advice.stateBytes).toBe(real.stateBytes);
  }
});

test("the least budget is enough, and one byte less is refused and says so", () => {
  const { leastBytes } = advise({ budget: "90%" });
  expect(advise({ budget: leastBytes }).stateBytes).toBe(leastBytes);
  expect(() => advise({ budget: leastBytes - 1 })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", "budget", leastBytes - 1),
  );
  const said = `the least possible is ${leastBytes.toLocaleString("en-US")}`;
  expect(() => advise({ budget: leastBytes - 1 })).toThrow(said);
});

test("more bytes capture no less, up to all of it", () => {
  const shares = ["45%", "50%", "60%", "70%", "80%", "100%"].map(
    (budget) => advise({ budget, gradients }).captured,
  );
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect(shares.at(-1)).toBeCloseTo(1, 6);
  for (const { side } of advise({ budget: "100%", gradients }).layers) expect(side).toBe("none");
});

test("what is captured is what the exact subspace of that rank holds", () => {
  const options = { budget: "50%", gradients, projectors: ["svd"] as const };
  for (const { name, options: chosen, captured } of advise(options).layers) {
    const { data, shape } = gradients[name as keyof typeof gradients];
    const { values } = svd(matrix(shape[0], shape[1], data));
    const energy = (count: number) => values.slice(0, count).reduce((total, x) => total + x * x, 0);
    expect(captured).toBeCloseTo(energy(chosen.rank) / energy(values.length), 5);
  }
});

describe("who gets the bytes", () => {
  const rankOf = (advice: RankAdvice, name: string) =>
    advice.layers.find((layer) => layer.name === name)?.options.rank ?? 0;

  test("a steep spectrum needs a lower rank than a flat one", () => {
    const same: readonly ModelParameter[] = ["steep", "flat"].map((name) => ({
      name,
      shape: [48, 32],
      role: "linear",
    }));
    const advice = adviseRanks(same, {
      budget: "35%",
      rankMultiple: 1,
      projectors: ["powerIteration"],
      gradients: { steep: decaying([48, 32], 2, 1, 1), flat: decaying([48, 32], 0.5, 1, 2) },
    });
    expect(rankOf(advice, "flat")).toBeGreaterThan(2 * rankOf(advice, "steep"));
  });

  test("gradients of other sizes are alike to second moments, and not to plain SGD", () => {
    const scaled = (factor: number) => ({
      ...gradients,
      b: { ...gradients.b, data: gradients.b.data.map((x) => factor * x) },
    });
    const options = { optimizer: "adamSNSM", budget: "50%" } as const;
    const [before, after] = [1, 1e3].map((f) => advise({ ...options, gradients: scaled(f) }));
    expect(after?.layers.map(({ options }) => options)).toEqual(
      before?.layers.map(({ options }) => options),
    );
    const sgd = { optimizer: "sgdSM", budget: "57%" } as const;
    const [small, large] = [1, 1e5].map((f) => advise({ ...sgd, gradients: scaled(f) }));
    const bytes = (advice: RankAdvice | undefined) =>
      advice?.layers.find(({ name }) => name === "b")?.bytes ?? 0;
    expect(bytes(large)).toBeGreaterThan(bytes(small));
  });

  test("rows that stand out are kept as rows", () => {
    const data = Float32Array.from(gaussians(64 * 24, 5), (x, i) => (i < 24 * 8 ? 50 * x : x));
    const advice = adviseRanks([{ name: "head", shape: [64, 24], role: "linear" }], {
      budget: 1200,
      gradients: { head: { data, shape: [64, 24] } },
    });
    expect(advice.layers).toMatchObject([
      { options: { rank: 8, projector: "topK" }, side: "left", captured: expect.any(Number) },
    ]);
    expect(advice.captured).toBeGreaterThan(0.99);
    const dense = adviseRanks([{ name: "head", shape: [64, 24], role: "linear" }], {
      budget: 1200,
      rankMultiple: 1,
      projectors: ["powerIteration"],
      gradients: { head: { data, shape: [64, 24] } },
    });
    expect(dense.captured).toBeLessThan(advice.captured);
  });

  test("a square weight gets no subspace that costs more than its whole momentum", () => {
    const square: readonly ModelParameter[] = [{ name: "q", shape: [64, 64], role: "linear" }];
    const ranks = Array.from({ length: 60 }, (_, i) => {
      const [layer] = adviseRanks(square, {
        budget: `${20 + i}%`,
        projectors: ["powerIteration"],
      }).layers;
      return layer?.side === "none" ? 0 : (layer?.options.rank ?? 0);
    });
    expect(Math.max(...ranks)).toBeLessThan(32);
    expect(ranks.at(-1)).toBe(0);
  });
});

test("options, gaps and multiples go where they belong", () => {
  const advice = advise({
    budget: "50%",
    options: { lr: 0.02, onRefresh: "keep" },
    updateProjGap: 77,
    rankMultiple: 4,
    projectors: ["svd"],
  });
  const linear = advice.groups.filter(({ optimizer }) => optimizer.name === "adamSNSM");
  expect(linear.length).toBeGreaterThan(0);
  for (const { optimizer } of linear) expect(optimizer.options).toMatchObject({ lr: 0.02 });
  for (const { side, options } of advice.layers.filter((layer) => layer.side !== "none")) {
    expect(options).toMatchObject({ projector: "svd", updateProjGap: 77 });
    expect(options.rank % 4).toBe(0);
    expect(["left", "right"]).toContain(side);
  }
});

test("gradients may be read one by one, and only those of layers are", () => {
  const read: string[] = [];
  const advice = advise({
    budget: "50%",
    gradients: (name) => {
      read.push(name);
      return gradients[name as keyof typeof gradients];
    },
  });
  expect(read).toEqual(["a", "b", "c"]);
  expect(advice).toEqual(advise({ budget: "50%", gradients }));
});

/** An Optimizer of what the snippet's code makes, pasted and run. */
function pasted(parameters: readonly ModelParameter[], { snippet }: RankAdvice): Optimizer {
  const { code } = transformSync(snippet, {
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    module: { type: "commonjs" },
  });
  const exported: { groups?: (find: (...names: string[]) => Parameter[]) => ParameterGroup[] } = {};
  new Function("require", "exports", code)(() => library, exported);
  const find = (...names: string[]) =>
    parameters
      .filter(({ name }) => names.includes(name))
      .map(({ name, shape }) => ({
        name,
        shape: [...shape],
        data: new Float32Array(numel(shape)),
      }));
  return new Optimizer(exported.groups?.(find) ?? []);
}

describe.each(["galore", "fira", "apollo", "apolloMini", "ldadam"] as const)("%s", (optimizer) => {
  test.each([undefined, ...advisedProjectors.filter((name) => name !== "topK")])(
    "by projector %s: an Optimizer of the snippet allocates the bytes that are told",
    (projector) => {
      const common = { optimizer, ...(projector && { projectors: [projector] }) };
      const { leastBytes } = advise({ ...common, budget: 1e6 });
      for (const budget of [leastBytes, 1.2 * leastBytes]) {
        const advice = advise({ ...common, budget });
        using real = pasted(layers, advice);
        expect(real.stateBytes).toBe(advice.stateBytes);
        expect(advice.stateBytes).toBeLessThanOrEqual(advice.budget);
        const isRandom = projector === "gaussian" || projector === "srht";
        const isOwn = projector === undefined && optimizer.startsWith("apollo");
        for (const { options, captured, shape } of advice.layers) {
          const even = options.rank / Math.min(...shape);
          if (optimizer !== "ldadam" && (isRandom || isOwn)) expect(captured).toBeCloseTo(even, 12);
          else expect(captured).toBeGreaterThan(even);
        }
      }
    },
  );
});

test("of projectors that find the same, the recipe's own, or the first that is asked for", () => {
  const chosen = (options: Partial<AdviceOptions>) => [
    ...new Set(
      advise({ budget: "50%", ...options }).layers.map(({ options }) => options.projector),
    ),
  ];
  const projectors = ["randomizedSvd", "svd"] as const;
  expect(chosen({ optimizer: "galore", budget: "85%" })).toEqual(["powerIteration"]);
  expect(chosen({ optimizer: "galore", budget: "85%", projectors })).toEqual(["randomizedSvd"]);
  const own = { options: { compat: "galore" }, optimizer: "galore", budget: "85%" } as const;
  expect(chosen(own)).toEqual(["svd"]);
  // Entries of variance 1/rank, which the name alone does not say.
  expect(chosen({ optimizer: "apollo", budget: "85%" })).toEqual([undefined]);
});

test("the snippet compiles, and is those groups", () => {
  for (const parameters of [layers, model("llama-60m").slice(1, 12)]) {
    const advice = adviseRanks(parameters, { budget: "45%", rankMultiple: 2 });
    using real = pasted(parameters, advice);
    expect(real.stateBytes).toBe(advice.stateBytes);
    expect(real.groups.map(({ recipe, names }) => ({ optimizer: recipe.config, names }))).toEqual(
      advice.groups,
    );
  }
});

describe("bad input", () => {
  test.each<[string, Partial<AdviceOptions>, ReturnType<typeof refusal>]>([
    [
      "a recipe without a subspace",
      { optimizer: "adamw" },
      refusal("ERR_LEAN_UNSUPPORTED", "optimizer", "adamw"),
    ],
    [
      "an unknown recipe",
      { optimizer: "adamSNSN" as never },
      refusal("ERR_LEAN_INVALID_ARG", "optimizer"),
    ],
    [
      "a budget of no number",
      { budget: "much" },
      refusal("ERR_LEAN_INVALID_ARG", "budget", "much"),
    ],
    ["a negative budget", { budget: -1 }, refusal("ERR_LEAN_INVALID_ARG", "budget", -1)],
    [
      "a projector that is not advised on",
      { projectors: ["given" as never] },
      refusal("ERR_LEAN_INVALID_ARG", "projectors"),
    ],
    [
      "a projector that the recipe cannot use",
      { optimizer: "galore", projectors: ["topK"] },
      refusal("ERR_LEAN_UNSUPPORTED", "projector", "topK"),
    ],
    ["no projectors", { projectors: [] }, refusal("ERR_LEAN_INVALID_ARG", "projector", "")],
    [
      "an option that nobody reads",
      { ranks: 3 } as never,
      refusal("ERR_LEAN_UNKNOWN_OPTION", "ranks"),
    ],
    [
      "a recipe's option that is wrong",
      { options: { lr: -1 } },
      refusal("ERR_LEAN_INVALID_ARG", "lr", -1),
    ],
    [
      "an option that is advised on",
      { options: { rank: 4 } },
      refusal("ERR_LEAN_INVALID_ARG", "options.rank"),
    ],
    [
      "a multiple of no integer",
      { rankMultiple: 0 },
      refusal("ERR_LEAN_INVALID_ARG", "rankMultiple", 0),
    ],
    [
      "a layer without its gradient",
      { gradients: { a: gradients.a } },
      refusal("ERR_LEAN_UNKNOWN_NAME", "b"),
    ],
    [
      "a gradient of another shape",
      { gradients: { ...gradients, b: gradients.a } },
      refusal("ERR_LEAN_SHAPE", "b"),
    ],
    [
      "a gradient that is not finite",
      {
        gradients: { ...gradients, c: { ...gradients.c, data: new Float32Array(1600).fill(NaN) } },
      },
      refusal("ERR_LEAN_INVALID_ARG", "c"),
    ],
  ])("%s", (_, options, expected) => {
    expect(() => advise(options)).toThrow(expected);
  });
});

test("sizes are read as they are written", () => {
  const budget = (written: string | number) => advise({ budget: written }).budget;
  expect(["40kB", "40 KiB", "0.04MB", "40960b", "40960", 40960.7].map(budget)).toEqual([
    40000, 40960, 40000, 40960, 40960, 40960,
  ]);
});
