import {
  adagradNorm,
  adamSN,
  adamSNSM,
  adamw,
  type OptimizerOptions,
  projectors,
  type Recipe,
} from "lean-optim";
import { layOut } from "../lib/layout.js";
import type { Item, TensorSpec } from "../lib/native.js";
import { stepSettings } from "../lib/optimizer-options.js";
import { type BuiltProgram, buildProgram } from "../lib/program.js";
import { type Shape, shapes } from "./support/shapes.js";
import { weightOf } from "./support/weights.js";

const square = { name: "square", shape: [7, 7] };
const experts = { name: "experts", shape: [3, 6, 4], batched: true };

function build(
  recipe: Recipe,
  parameters: readonly Shape[] = [square],
  options: OptimizerOptions = {},
): BuiltProgram {
  const layout = layOut(
    parameters.map(({ shape, ...more }, index) => ({
      weight: { ...weightOf(shape, more), index },
      recipe,
    })),
  );
  const bound = layout.weights.map((planned) => ({
    ...planned,
    gradDtype: "float32" as const,
    group: 0,
  }));
  return buildProgram(bound, stepSettings(options, 1));
}

const stepOf = ({ spec }: BuiltProgram) => spec.sequences[0] ?? [];
const kernelsOf = (built: BuiltProgram) => stepOf(built).map(({ kernel }) => kernel);
const itemsOf = (built: BuiltProgram, kernel: string): readonly Item[] =>
  stepOf(built).find((call) => call.kernel === kernel)?.items ?? [];

describe("the stages of a step", () => {
  test.each<[string, Recipe, OptimizerOptions, string[]]>([
    ["adamw", adamw(), {}, ["prologue", "scalars", "denseStep"]],
    [
      "with clipping",
      adamw(),
      { maxGradNorm: 1 },
      ["gradientStats", "gradientNorm", "prologue", "scalars", "denseStep"],
    ],
    [
      "with sums of the whole tensor",
      adagradNorm(),
      {},
      ["gradientStats", "prologue", "scalars", "subsetMoment", "denseStep"],
    ],
    [
      "with a subspace",
      adamSNSM(),
      { skipNonFinite: true },
      [
        "gradientStats",
        "gradientNorm",
        "prologue",
        "powerIteration",
        "scalars",
        "subsetMoment",
        "subspaceStep",
      ],
    ],
    [
      "with lines",
      adamSNSM({ projector: "topK" }),
      {},
      ["prologue", "topKLines", "scalars", "lineStep"],
    ],
    [
      "with a given basis",
      adamSNSM({ projector: "given" }),
      {},
      ["prologue", "scalars", "subspaceStep"],
    ],
  ])("%s", (_, recipe, options, kernels) => {
    expect(kernelsOf(build(recipe, [square], options))).toEqual(kernels);
  });

  test("are one call each, with an item for every matrix", () => {
    const built = build(adamSNSM({ rank: 1 }), shapes, { maxGradNorm: 1 });
    const kernels = kernelsOf(built);
    expect(new Set(kernels).size).toBe(kernels.length);
    const matrices = shapes.length + 2; // three experts
    const vectors = 2;
    expect(itemsOf(built, "prologue")).toHaveLength(matrices);
    expect(itemsOf(built, "denseStep")).toHaveLength(vectors);
    expect(itemsOf(built, "subspaceStep")).toHaveLength(matrices - vectors);
    expect(itemsOf(built, "gradientNorm")).toHaveLength(1);
  });
});

describe("sums of subsets are taken beforehand", () => {
  const given = (recipe: Recipe, options = {}, kernel = "denseStep") =>
    itemsOf(build(recipe, [square], options), kernel)[0]?.momentGiven;

  test("where all gradients are read anyway", () => {
    expect(given(adamSN())).toBe(false);
    expect(given(adamSN(), { maxGradNorm: 1 })).toBe(true);
    expect(given(adamw(), { maxGradNorm: 1 })).toBe(false);
  });

  test("where a tile of the step does not hold whole subsets", () => {
    const subspace = (options: object) => given(adamSNSM(options), {}, "subspaceStep");
    expect(subspace({ partition: "row" })).toBe(false);
    expect(subspace({ partition: "column" })).toBe(true);
    expect(subspace({ partition: 5 })).toBe(true);
    expect(subspace({ partition: "column", side: "left" })).toBe(false);
    expect(subspace({ partition: "elementwise" })).toBe(false);
    expect(given(adamSN({ partition: "tensor" }))).toBe(true);
    expect(given(adamSNSM({ projector: "topK", partition: "column" }), {}, "lineStep")).toBe(false);
  });
});

describe("refreshes", () => {
  const five = Array.from({ length: 5 }, (_, i) => ({ name: `w${i}`, shape: [7, 7] }));
  const offsets = (options: object, parameters: readonly Shape[] = five) =>
    itemsOf(build(adamSNSM(options), parameters), "prologue").map(({ offset }) => offset);

  test("are spread over the gap, by parameters that have any", () => {
    expect(offsets({ updateProjGap: 10 })).toEqual([0, 2, 4, 6, 8]);
    const vector = { name: "v", shape: [7] };
    expect(offsets({ updateProjGap: 10 }, [vector, ...five])).toEqual([0, 0, 2, 4, 6, 8]);
    expect(offsets({ updateProjGap: 3 })).toEqual([0, 0, 1, 1, 2]);
  });

  test("of a batch come together", () => {
    expect(offsets({ updateProjGap: 10 }, [square, experts])).toEqual([0, 5, 5, 5]);
  });

  test("are shifted as they are told", () => {
    expect(offsets({ updateProjGap: 10, refreshOffset: 3 })).toEqual([3, 3, 3, 3, 3]);
  });

  test("are the caller's where he gives the bases", () => {
    const built = build(adamSNSM({ projector: projectors.given(), rank: 2 }), [square, experts]);
    expect(itemsOf(built, "prologue").map(({ updateProjGap }) => updateProjGap)).toEqual([
      0, 0, 0, 0,
    ]);
    expect([...built.given]).toEqual([
      [0, { sequence: 1, slot: 5, dtype: "float32", shape: [7, 2] }],
      [1, { sequence: 2, slot: 6, dtype: "float32", shape: [3, 4, 2] }],
    ]);
    expect(
      built.spec.sequences.slice(1).map(([call]) => [call?.kernel, call?.items.length]),
    ).toEqual([
      ["adoptBasis", 1],
      ["adoptBasis", 3],
    ]);
  });
});

test("matrices of a batch do not overlap, nor do other tensors", () => {
  const built = build(adamSNSM({ rank: 2 }), [experts, square]);
  const written = new Map<string, { begin: number; end: number }[]>();
  for (const [key, kernel] of [
    ["param", "subspaceStep"],
    ["expAvg", "subspaceStep"],
    ["expAvgSq", "subspaceStep"],
    ["basis", "powerIteration"],
    ["counters", "prologue"],
    ["scalars", "prologue"],
  ] as const) {
    for (const item of itemsOf(built, kernel)) {
      const { place, offset = 0, shape, ...tensor } = item[key] as TensorSpec & { slot?: number };
      const width = tensor.dtype === "int64" ? 8 : 4;
      const home = `${place} ${tensor.slot ?? ""}`;
      const bytes = shape.reduce((product, extent) => product * extent, width);
      written.set(home, [...(written.get(home) ?? []), { begin: offset, end: offset + bytes }]);
    }
  }
  // Of two weights, behind their gradients.
  expect([...written.keys()].sort()).toEqual(["external 2", "external 3", "state ", "workspace "]);
  for (const ranges of written.values()) {
    const sorted = ranges.sort((a, b) => a.begin - b.begin);
    sorted.slice(1).forEach(({ begin }, i) => {
      expect(begin).toBeGreaterThanOrEqual(sorted[i]?.end as number);
    });
  }
});

test("every matrix has a random stream of its own", () => {
  const built = build(adamSNSM({ rank: 2 }), [experts, square]);
  const streams = itemsOf(built, "powerIteration").map(({ stream }) => stream);
  expect(new Set(streams).size).toBe(4);
});

test("no parameters are no calls", () => {
  expect(stepOf(build(adamw(), []))).toEqual([]);
});
