import { type PartitionOption, type SubsetOptions, secondMoments } from "lean-optim";
import { partition as oraclePartition } from "../../oracle/partition.js";
import { refusal } from "../../support/refusal.js";
import { countOf, type MatrixPart, matricesOf, shapes } from "../../support/shapes.js";
import { weightOf } from "../../support/weights.js";

const plan = (shape: readonly number[], options: SubsetOptions = {}) =>
  secondMoments.subset(options).plan(weightOf(shape));

const cut = (shape: readonly number[], options: SubsetOptions = {}) => {
  const { partition, block, state } = plan(shape, options);
  return { partition, block, shape: state[0]?.shape };
};

describe("how a weight is cut", () => {
  test.each<[readonly number[], SubsetOptions, object]>([
    [[12, 5], {}, { partition: "rows", block: 0, shape: [12, 1] }],
    [[5, 12], {}, { partition: "columns", block: 0, shape: [1, 12] }],
    [[6, 6], {}, { partition: "rows", block: 0, shape: [6, 1] }],
    [[5, 12], { partition: "row" }, { partition: "rows", block: 0, shape: [5, 1] }],
    [[12, 5], { partition: "column" }, { partition: "columns", block: 0, shape: [1, 5] }],
    [[12, 5], { partition: "tensor" }, { partition: "whole", block: 0, shape: [1] }],
    [[2, 3], { partition: "elementwise" }, { partition: "elementwise", block: 0, shape: [2, 3] }],
    [[12, 5], { partition: 7 }, { partition: "blocks", block: 7, shape: [9] }],
    [[12, 5], { partition: 1 }, { partition: "elementwise", block: 0, shape: [12, 5] }],
    [[12, 5], { partition: 60 }, { partition: "whole", block: 0, shape: [1] }],
    [[12, 5], { partition: 1000 }, { partition: "whole", block: 0, shape: [1] }],
    [[16, 16], { partition: -2 }, { partition: "blocks", block: 8, shape: [32] }],
    [[16, 16], { partition: -2.5 }, { partition: "blocks", block: 6, shape: [43] }],
    [[16, 16], { partition: -1000 }, { partition: "elementwise", block: 0, shape: [16, 16] }],
    [[11], {}, { partition: "elementwise", block: 0, shape: [1, 11] }],
    [[11], { partition: "row" }, { partition: "elementwise", block: 0, shape: [1, 11] }],
    [[11], { partition: "tensor" }, { partition: "whole", block: 0, shape: [1] }],
    [[11], { partition: 4 }, { partition: "blocks", block: 4, shape: [3] }],
    [[4, 3, 5], {}, { partition: "columns", block: 0, shape: [1, 15] }],
  ])("%p under %p", (shape, options, expected) => {
    expect(cut(shape, options)).toEqual(expected);
  });

  test("with a divisor as published: the largest that is not above k", () => {
    const divisor = (shape: readonly number[], partition: number) =>
      cut(shape, { partition, blockRule: "divisor" }).block;
    expect(divisor([2048, 5461], 1672)).toBe(1376);
    expect(divisor([12, 5], 7)).toBe(6);
    expect(divisor([12, 5], 60)).toBe(0);
    expect(cut([7919], { partition: 44, blockRule: "divisor" }).partition).toBe("elementwise");
  });

  test.each<PartitionOption>(["heuristics", "row", "column", "tensor", 3, 7, -1, -2])(
    "as the oracle cuts it, on every kind of weight: %p",
    (partition) => {
      const counts = (blockRule: "ragged" | "divisor") =>
        shapes.map((parameter) => {
          const { shape } = matricesOf(parameter)[0] as MatrixPart;
          const kept = plan(shape, { partition, blockRule }).state[0]?.shape ?? [];
          return [
            parameter.name,
            countOf(kept),
            oraclePartition(shape, partition, blockRule).count,
          ];
        });
      for (const [name, mine, theirs] of [...counts("ragged"), ...counts("divisor")]) {
        expect([name, mine]).toEqual([name, theirs]);
      }
    },
  );
});

test("keeps float32, from the start it is given", () => {
  const { state, mean } = plan([12, 5], { initial: 3, reduce: "mean" });
  expect(mean).toBe(true);
  expect(state).toEqual([
    { key: "exp_avg_sq", kind: "secondMoment", shape: [12, 1], dtype: "float32", fill: 3 },
  ]);
});

test.each([
  ["partition", 0],
  ["partition", 2.5],
  ["partition", Number.NaN],
  ["partition", Number.NEGATIVE_INFINITY],
  ["partition", "rows"],
  ["partition", null],
  ["reduce", "max"],
  ["blockRule", "exact"],
  ["beta", 2],
])("%s %p is refused", (option, value) => {
  expect(() => secondMoments.subset({ [option]: value })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", option, value),
  );
});

test("a word is suggested for a misspelled one", () => {
  expect(() => secondMoments.subset({ partition: "heuristic" as never })).toThrow(
    "did you mean heuristics?",
  );
});
