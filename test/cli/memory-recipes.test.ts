/** Bytes of every recipe: as README's table and the published ones have them, and as allocated. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  adago,
  galore,
  ldadam,
  Optimizer,
  type ParameterGroup,
  type Recipe,
  recipeFromConfig,
  rmsprop,
  rmspropSN,
  sgd,
} from "lean-optim";

import { type Estimate, estimate } from "../../lib/cli/memory/estimate.js";
import { type ModelName, type ModelParameter, model, modelNames } from "../../lib/models/index.js";
import { type RecipeName, recipes } from "../../lib/recipes/index.js";
import { numel } from "../../lib/tensor.js";
import { runMain } from "./run-main.js";

interface Shape {
  readonly m: number;
  readonly n: number;
  readonly r: number;
  /** m or n. */
  readonly rows: number;
}

/** Of an m × n weight, m ≥ n, at rank r, in float32, without counters and alignment: README's table. */
const formulas: Record<RecipeName, (shape: Shape) => number> = {
  adamw: ({ m, n }) => 8 * m * n,
  sgd: () => 0,
  rmsprop: ({ m, n }) => 4 * m * n,
  adagrad: ({ m, n }) => 4 * m * n,
  adagradNorm: () => 4,
  adamSN: ({ m, n }) => 4 * m * n + 4 * m,
  // Runs of half the root.
  adamSNG: ({ m, n }) => 4 * m * n + 4 * Math.ceil((m * n) / Math.floor(Math.sqrt(m * n) / 2)),
  rmspropSN: ({ m }) => 4 * m,
  adagradSN: ({ m }) => 4 * m,
  sgdSM: ({ m, n, r }) => 4 * (m + n) * r,
  adamSM: ({ m, n, r }) => 4 * (m + n) * r + 4 * m * n,
  adamSNSM: ({ m, n, r }) => 4 * (m + n) * r + 4 * m,
  adagradSNSM: ({ m, n, r }) => 4 * (m + n) * r + 4 * m,
  muon: ({ m, n }) => 4 * m * n,
  adago: ({ m, n }) => 4 * m * n + 4,
  adamMini: ({ m, n, rows }) => 4 * m * n + 4 * rows,
  galore: ({ m, n, r }) => 8 * m * r + 4 * n * r,
  fira: ({ m, n, r }) => 8 * m * r + 4 * n * r + 4,
  apollo: ({ m, n, r }) => 8 * m * r + 4 * n * r + 4,
  apolloMini: ({ m, n }) => 8 * m + 4 * n + 4,
  scaleSGD: ({ rows }) => 4 * rows,
  ldadam: ({ m, n, r }) => 8 * m * r + 4 * n * r + 4 * m * n,
  generic: () => 0,
};

const names = Object.keys(recipes) as RecipeName[];
const subspaces: readonly RecipeName[] = ["sgdSM", "adamSM", "adamSNSM", "adagradSNSM"];
const withRank: readonly RecipeName[] = [...subspaces, "galore", "fira", "apollo", "ldadam"];

describe.each(names)("%s", (name) => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "lean-optim-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const shapes = [
    [64, 48],
    [40, 56],
  ] as const;
  const ranks = withRank.includes(name) ? { rank: 8 } : {};
  const flags = ["--dtype", "float32", ...(withRank.includes(name) ? ["--rank", "8"] : [])];

  async function told(...shape: (readonly number[])[]) {
    const file = join(folder, "model.json");
    // Names that adam-mini finds in its patterns.
    const layers = shape.map((extents, i) => ({
      name: `layer.${i}.v_proj.weight`,
      shape: extents,
    }));
    writeFileSync(file, JSON.stringify(layers));
    const { code, out } = await runMain(
      ...["memory", "--json", "--model", file, "--optimizer", name, ...flags],
    );
    expect(code).toBe(0);
    return { layers, allocated: JSON.parse(out).allocated as Estimate["allocated"] };
  }

  test("memory says what README says", async () => {
    for (const shape of shapes) {
      const { allocated } = await told(shape);
      const { counters, ...state } = allocated.byKind;
      expect(counters).toBe(64);
      const bytes = Object.values(state).reduce((sum, x) => sum + x, 0);
      expect(bytes).toBe(
        formulas[name]({ m: Math.max(...shape), n: Math.min(...shape), r: 8, rows: shape[0] }),
      );
    }
  });

  test("memory says what an Optimizer allocates", async () => {
    const { layers, allocated } = await told(...shapes);
    const optimizer = recipeFromConfig({ name, options: ranks });
    const params = layers.map(({ name, shape }) => ({
      name,
      shape: [...shape],
      data: new Float32Array(numel(shape)),
    }));
    using real = new Optimizer([{ optimizer, params }] satisfies ParameterGroup[]);
    expect(allocated.total).toBe(real.stateBytes);
    expect(allocated).toEqual(real.memory());
  });
});

/** Published, in GiB of bfloat16 states at ranks 128, 256, 256, 512 and 1024, as far as printed. */
const published: Record<string, readonly string[]> = {
  sgdm: ["0.108", "0.250", "0.685", "2.494", "12.55"],
  rmspropSN: ["0.031", "0.046", "0.062", "0.123", "0.248"],
  lowRank: ["0.152", "0.319", "0.608", "1.942", "8.759"],
  adago: ["0.169", "0.341", "0.808", "2.739", "13.04"],
};

const ranks: Record<ModelName, number> = {
  "llama-60m": 128,
  "llama-130m": 256,
  "llama-350m": 256,
  "llama-1b": 512,
  "llama-7b": 1024,
};

describe.each(modelNames)("%s as published", (name) => {
  const bytes = (recipe: Recipe, of: readonly ModelParameter[] = model(name)) =>
    estimate(of, { recipe, dtype: "bfloat16", stateDtype: "bfloat16", warn: () => {} });
  const all = (parameters: readonly ModelParameter[]) =>
    parameters.map((parameter) => ({ ...parameter, role: "linear" as const }));
  const expectGiB = (row: string, total: number) => {
    const wanted = published[row][modelNames.indexOf(name)];
    expect((total / 2 ** 30).toFixed(wanted.split(".")[1].length)).toBe(wanted);
  };
  const parameters = model(name);

  test("SGD with momentum for all", () => {
    expectGiB("sgdm", bytes(sgd({ momentum: 0.9 }), all(parameters)).published.total);
  });

  test("RMSPropSN, and RMSProp for the rest", () => {
    const linear = parameters.filter(({ role }) => role === "linear");
    const rest = parameters.filter(({ role }) => role !== "linear");
    const total =
      bytes(rmspropSN(), linear).published.total + bytes(rmsprop(), all(rest)).published.total;
    expectGiB("rmspropSN", total);
  });

  // Attention and feed-forward layers; AdamW for the head, too.
  const withoutHead = parameters.map((parameter) =>
    parameter.name === "lm_head.weight" ? { ...parameter, role: "embedding" as const } : parameter,
  );

  test("GaLore and LDAdam: both moments and the basis", () => {
    const rank = ranks[name];
    expectGiB("lowRank", bytes(galore({ rank }), withoutHead).published.total);
    expectGiB("lowRank", bytes(ldadam({ rank }), withoutHead).published.total);
  });

  test("AdaGO", () => {
    expectGiB("adago", bytes(adago(), withoutHead).published.total);
  });
});
