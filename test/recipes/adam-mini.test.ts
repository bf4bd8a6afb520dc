import { adamMini, type NamedPartition, Optimizer, type PartitionOption } from "lean-optim";
import { llama } from "../../lib/models/llama.js";
import { numel } from "../../lib/tensor.js";
import { AdamMini } from "../oracle/adam-mini.js";
import { randomArray } from "../support/dtypes.js";
import { expectNear, largest } from "../support/near.js";
import { momentCases, testRecipe } from "../support/recipe-tests.js";
import { refusal } from "../support/refusal.js";
import { shapes } from "../support/shapes.js";
import { walk } from "../support/walk.js";
import { weightOf } from "../support/weights.js";

const means = { moment2: "subset", reduce: "mean", partition: "row" } as const;
const warned = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
beforeEach(() => warned.mockClear());
afterAll(() => warned.mockRestore());

testRecipe({
  recipe: adamMini,
  defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, ...means },
  options: { lr: 0.05 },
  oracle: means,
  parameters: shapes.filter(({ shape }) => shape.length > 1),
  cases: [
    ...(["column", "tensor", "elementwise", 7] as const).map((partition) => ({
      title: `all partitioned as ${partition}`,
      options: { partitionOf: [["", partition]] as const },
      oracle: { partition },
    })),
    ...momentCases,
  ],
});

/** What of 8 heads, 4 of them of keys, names mean; in the oracle's words, runs of elements. */
const roles: readonly [name: string, shape: readonly number[], PartitionOption][] = [
  ["model.layers.0.self_attn.q_proj.weight", [16, 6], 12],
  ["model.layers.0.self_attn.k_proj.weight", [8, 6], 12],
  ["layers.0.attention.wq.weight", [16, 6], 12],
  ["encoder.attention.self.key.weight", [16, 6], 24],
  ["model.layers.0.self_attn.v_proj.weight", [8, 6], "row"],
  ["model.layers.0.self_attn.o_proj.weight", [6, 16], "row"],
  ["transformer.h.0.attn.c_attn.weight", [18, 6], "row"],
  ["transformer.h.0.attn.c_proj.weight", [6, 6], "row"],
  ["model.layers.0.mlp.down_proj.weight", [6, 16], "row"],
  ["feed_forward.w1.weight", [16, 6], "row"],
  ["model.embed_tokens.weight", [20, 6], "row"],
  ["transformer.wpe.weight", [10, 6], "row"],
  ["lm_head.weight", [20, 6], "row"],
  ["dense_1/kernel", [6, 16], "column"],
  ["attention/query/kernel", [6, 4, 4], "column"],
  ["model.layers.0.self_attn.q_proj.bias", [16], "elementwise"],
  ["model.layers.0.input_layernorm.weight", [6], "tensor"],
];

test.each(roles)("%s of shape %p: %p", (name, shape, partition) => {
  const recipe = adamMini({ lr: 0.05, heads: 8, kvHeads: 4 });
  walk({ recipe, oracle: { ...means, partition }, parameters: [{ name, shape }] });
  expect(warned).not.toHaveBeenCalled();
});

test("a trajectory of a block of a Transformer, from the published algorithm", () => {
  const settings = { lr: 0.02, betas: [0.9, 0.95], eps: 1e-8, weightDecay: 0.1 } as const;
  const parameters = [
    { name: "embed.weight", shape: [10, 6], blocks: 10 },
    { name: "wq.weight", shape: [12, 6], blocks: 4 },
    { name: "wk.weight", shape: [6, 6], blocks: 2 },
    { name: "wv.weight", shape: [6, 6], blocks: 6 },
    { name: "wo.weight", shape: [6, 12], blocks: 6 },
    { name: "wo.bias", shape: [6], blocks: 6 },
    { name: "mlp.up.weight", shape: [15, 6], blocks: 15 },
    { name: "norm.weight", shape: [6], blocks: 1 },
  ] as const;
  const params = parameters.map(({ name, shape }, i) => {
    const data = randomArray(numel(shape), 1 + i, "float32") as Float32Array;
    return { name, shape: [...shape], data };
  });
  const oracles = params.map(
    ({ data }, i) => new AdamMini(data, parameters[i]?.blocks ?? 0, settings),
  );
  const optimizer = new Optimizer([
    { params, optimizer: adamMini({ ...settings, heads: 4, kvHeads: 2 }) },
  ]);
  for (let step = 1; step <= 50; step++) {
    const grads = params.map(({ data }, i) => randomArray(data.length, 100 * step + i, "float32"));
    optimizer.step({ grads });
    for (const [i, oracle] of oracles.entries()) oracle.step(grads[i] as Float32Array);
  }
  for (const [i, { name, data }] of params.entries()) {
    // Each step rounds the weight once and its update, of a few times lr, a few times.
    const expected = oracles[i]?.weight ?? [];
    const slack = 50 * (2 ** -24 * largest(expected) + 2 ** -20 * settings.lr);
    expectNear(name, data, expected, { dtype: "float32", slack: () => slack });
  }
  optimizer.dispose();
});

test("one model with all of them: a second moment for each block, and nothing is warned of", () => {
  const layers = 2;
  const sizes = { hidden: 64, intermediate: 48, layers, vocabulary: 100 };
  const params = llama(sizes).map(({ name, shape }) => ({
    name,
    shape: [...shape],
    data: new Float32Array(numel(shape)),
  }));
  const optimizer = new Optimizer([{ params, optimizer: adamMini({ heads: 8 }) }]);
  const weights = params.reduce((sum, { data }) => sum + data.length, 0);
  // 2 × 8 heads, value and output by rows, gate, up, down; two norms. Tokens twice, the last norm.
  const blocks = layers * (2 * 8 + 2 * 64 + 2 * 48 + 64 + 2) + 2 * 100 + 1;
  expect(optimizer.memory().byKind).toMatchObject({
    momentum: 4 * weights,
    secondMoment: 4 * blocks,
  });
  expect(warned).not.toHaveBeenCalled();
  optimizer.dispose();
});

describe("what no name says", () => {
  const names = (recipe: ReturnType<typeof adamMini>, name: string) => {
    const weight = weightOf([8, 4], { name });
    const { partition } = recipe.secondMoment.plan(weight);
    return { partition, warnings: weight.warnings.length };
  };

  test("a matrix of an unknown name, and queries without heads: rows, with a warning", () => {
    expect(names(adamMini(), "w1")).toEqual({ partition: "rows", warnings: 1 });
    expect(names(adamMini(), "a.wq.weight")).toEqual({ partition: "rows", warnings: 1 });
    expect(names(adamMini({ heads: 4 }), "a.wq.weight")).toEqual({
      partition: "blocks",
      warnings: 0,
    });
    // Words, where the published code finds letters anywhere: "key" in "monkey".
    expect(names(adamMini({ heads: 4 }), "monkey")).toEqual({ partition: "rows", warnings: 1 });
  });

  test.each<[NamedPartition, string]>([
    ["tensor", "whole"],
    [{ heads: 2 }, "blocks"],
  ])("a pair of the caller's comes before the recipe's: %j", (partition, expected) => {
    const recipe = adamMini({ partitionOf: [["v_proj|w1", partition]] });
    expect(names(recipe, "a.v_proj.weight")).toEqual({ partition: expected, warnings: 0 });
    expect(names(recipe, "w1")).toEqual({ partition: expected, warnings: 0 });
  });
});

test.each([
  ["heads", 0],
  ["kvHeads", 1.5],
  ["partitionOf", "wq"],
])("%s %p is refused", (option, value) => {
  expect(() => adamMini({ [option]: value })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", option, value),
  );
});

test("heads that do not divide a query's rows are refused by the parameter's name", () => {
  const data = new Float32Array(40);
  const params = [{ name: "a.q_proj.weight", data, shape: [10, 4] }];
  expect(() => new Optimizer([{ params, optimizer: adamMini({ heads: 4 }) }])).toThrow(
    refusal("ERR_LEAN_SHAPE", "a.q_proj.weight", 4),
  );
});
