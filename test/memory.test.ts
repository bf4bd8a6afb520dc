import {
  adamSN,
  adamSNSM,
  adamw,
  apolloMini,
  fira,
  galore,
  Optimizer,
  type Recipe,
  sgd,
} from "lean-optim";
import { layOut, stateTensors } from "../lib/layout.js";
import { memoryReport } from "../lib/memory.js";
import { model } from "../lib/models/index.js";
import { numel } from "../lib/tensor.js";
import { weightOf } from "./support/weights.js";

const reportOf = (recipe: Recipe, shape: readonly number[], dtype: "float32" | "bfloat16") =>
  memoryReport(layOut([{ weight: weightOf(shape, { dtype }), recipe }]));

test.each([
  ["Adam in float32", adamw(), "float32", { momentum: 8192, secondMoment: 8192, basis: 0 }],
  ["Adam in bfloat16", adamw(), "bfloat16", { momentum: 4096, secondMoment: 8192, basis: 0 }],
  ["Subset-Norm", adamSN(), "bfloat16", { momentum: 4096, secondMoment: 256, basis: 0 }],
  [
    "Subset-Norm and Subspace-Momentum",
    adamSNSM({ rank: 8 }),
    "bfloat16",
    { momentum: 1024, secondMoment: 256, basis: 512 },
  ],
  [
    "on lines",
    adamSNSM({ rank: 8, projector: "uniform" }),
    "bfloat16",
    { momentum: 512, secondMoment: 256, basis: 32 },
  ],
  ["GaLore", galore({ rank: 8 }), "bfloat16", { momentum: 1024, secondMoment: 2048, basis: 512 }],
  [
    "GaLore on both sides",
    galore({ rank: 8, side: "full" }),
    "bfloat16",
    { momentum: 128, secondMoment: 256, basis: 1536, counters: 128 },
  ],
  ["Fira", fira({ rank: 8 }), "float32", { momentum: 2048, secondMoment: 2052, basis: 1024 }],
  ["APOLLO-Mini", apolloMini(), "float32", { momentum: 256, secondMoment: 260, basis: 128 }],
  ["nothing", sgd(), "bfloat16", { momentum: 0, secondMoment: 0, basis: 0 }],
] as const)("bytes of a 64 × 32 weight: %s", (_, recipe, dtype, bytes) => {
  const expected = { counters: 64, ...bytes };
  const { byKind, padding, total } = reportOf(recipe, [64, 32], dtype);
  expect(byKind).toEqual({ error: 0, ...expected });
  const used = Object.values(expected).reduce((sum, size) => sum + size);
  expect(padding).toBe(Math.ceil(total / 64) * 64 - used);
  expect(total - used).toBe(padding);
});

test("is what the optimizer allocates", () => {
  const params = [{ name: "w", shape: [64, 32], data: new Float32Array(2048) }];
  const optimizer = new Optimizer([{ params, optimizer: adamSNSM({ rank: 8 }) }]);
  expect(optimizer.memory().total).toBe(optimizer.stateBytes);
  expect(optimizer.memory()).toEqual(reportOf(adamSNSM({ rank: 8 }), [64, 32], "float32"));
});

/** GiB, as its paper counts: everything in bfloat16, and the head, like embeddings, under Adam. */
test.each([
  ["llama-60m", 128, "0.152"],
  ["llama-130m", 256, "0.319"],
  ["llama-350m", 256, "0.608"],
  ["llama-1b", 512, "1.942"],
  ["llama-7b", 1024, "8.759"],
] as const)("GaLore's published state of %s, rank %d", (name, rank, gib) => {
  const layout = layOut(
    model(name).map((parameter, index) => ({
      weight: { ...weightOf(parameter.shape, { dtype: "bfloat16" }), index },
      recipe: /layers.*proj/.test(parameter.name) ? galore({ rank }) : adamw(),
    })),
  );
  const states = [...stateTensors(layout)].filter(({ kind }) => kind !== "counters");
  const elements = states.reduce((sum, { shape }) => sum + numel(shape), 0);
  expect(((2 * elements) / 2 ** 30).toFixed(3)).toBe(gib);
});
