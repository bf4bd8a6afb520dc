import { generic, type NamedPartition, type NamedPartitionPair, secondMoments } from "lean-optim";
import { refusal } from "../../support/refusal.js";
import { walk } from "../../support/walk.js";
import { weightOf } from "../../support/weights.js";

const plan = (name: string, shape: readonly number[], partitions: readonly NamedPartitionPair[]) =>
  secondMoments.byName({ partitions }).plan(weightOf(shape, { name }));

test.each<[readonly number[], NamedPartition, object]>([
  [[12, 5], "row", { partition: "rows", block: 0 }],
  [[12, 5], "column", { partition: "columns", block: 0 }],
  [[12, 5], "tensor", { partition: "whole", block: 0 }],
  [[12, 5], "elementwise", { partition: "elementwise", block: 0 }],
  [[12, 5], 7, { partition: "blocks", block: 7 }],
  [[12, 5], { heads: 4 }, { partition: "blocks", block: 15 }],
  [[12, 5], { heads: 12 }, { partition: "rows", block: 0 }],
  [[12, 5], { heads: 1 }, { partition: "whole", block: 0 }],
  [[12], { heads: 4 }, { partition: "elementwise", block: 0 }],
  [[12, 2, 3], { heads: 6 }, { partition: "blocks", block: 12 }],
])("a weight of shape %p named as %j", (shape, partition, expected) => {
  expect(plan("layer.w", shape, [["layer", partition]])).toMatchObject(expected);
});

test("the first pattern that is found decides, in any letter case", () => {
  const partitions = [
    ["wq|wk", "tensor"],
    ["W", "column"],
    ["w", "row"],
  ] as const;
  expect(plan("a.WQ", [4, 3], partitions).partition).toBe("whole");
  expect(plan("a.wo", [4, 3], partitions).partition).toBe("columns");
});

test("what no pattern names: rows of a matrix, which is told, and a vector as a whole", () => {
  const part = secondMoments.byName({ partitions: [["wq", "tensor"]] });
  const [matrix, vector] = [weightOf([4, 3], { name: "other" }), weightOf([4], { name: "norm" })];
  expect(part.plan(matrix).partition).toBe("rows");
  expect(matrix.warnings).toEqual([expect.stringMatching(/^other: no pattern says/)]);
  expect(part.plan(vector).partition).toBe("whole");
  expect(vector.warnings).toEqual([]);
});

test("each weight of a model as the oracle cuts it", () => {
  const parameters = [
    { name: "a.wq", shape: [12, 5], partition: 15, pair: ["wq", { heads: 4 }] },
    { name: "a.wo", shape: [5, 12], partition: "column", pair: ["wo", "column"] },
    { name: "experts", shape: [3, 6, 4], batched: true, partition: 8, pair: ["exp", { heads: 3 }] },
    { name: "norm", shape: [11], partition: "tensor", pair: ["unused", "row"] },
  ] as const;
  const partitions = parameters.map(({ pair }) => pair);
  for (const reduce of ["mean", "sum"] as const) {
    const recipe = generic({
      lr: 0.1,
      momentum: "ema",
      secondMoment: secondMoments.byName({ partitions, reduce, beta: 0.9 }),
    });
    for (const { partition, ...parameter } of parameters) {
      const oracle = { moment2: "subset", partition, reduce, betas: [0.9, 0.9] } as const;
      walk({ recipe, oracle, parameters: [parameter] });
    }
  }
});

test("is made again of its own data", () => {
  const recipe = generic({
    secondMoment: secondMoments.byName({ partitions: [["wq", { heads: 2 }]], reduce: "sum" }),
  });
  const again = generic(recipe.config.options);
  expect(JSON.stringify(again.secondMoment)).toBe(JSON.stringify(recipe.secondMoment));
});

test.each<[unknown, string, unknown]>([
  ["wq", "partitions", "wq"],
  [["wq"], "partitions[0]", "wq"],
  [[["wq"]], "partitions[0]", ["wq"]],
  [
    [
      ["wq", "row"],
      [3, "row"],
    ],
    "partitions[1]",
    [3, "row"],
  ],
  [[["wq", "rows"]], "partitions[0][1]", "rows"],
  [[["wq", 0.5]], "partitions[0][1]", 0.5],
  [[["wq", null]], "partitions[0][1]", null],
  [[["wq", { heads: 0 }]], "partitions[0][1].heads", 0],
  [[["w(", "row"]], "partitions[0][0]", "w("],
])("partitions %j are refused", (partitions, parameter, value) => {
  expect(() => secondMoments.byName({ partitions: partitions as never })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", parameter, value),
  );
});

test("so are a misspelled word and an option that nobody reads", () => {
  const heads = { head: 4 } as never;
  expect(() => secondMoments.byName({ partitions: [["wq", heads]] })).toThrow("did you mean heads");
  expect(() => secondMoments.byName({ partition: "row" } as never)).toThrow("partitions");
});

test("heads that do not divide the rows are refused when a weight is planned", () => {
  expect(() => plan("a.wq", [10, 4], [["wq", { heads: 4 }]])).toThrow(
    refusal("ERR_LEAN_SHAPE", "a.wq", 4),
  );
});
