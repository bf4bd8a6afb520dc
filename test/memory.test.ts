import { adamSN, adamSNSM, adamw, Optimizer, type Recipe, sgd } from "lean-optim";
import { layOut } from "../lib/layout.js";
import { memoryReport } from "../lib/memory.js";
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
  ["nothing", sgd(), "bfloat16", { momentum: 0, secondMoment: 0, basis: 0 }],
] as const)("bytes of a 64 × 32 weight: %s", (_, recipe, dtype, bytes) => {
  const { byKind, padding, total } = reportOf(recipe, [64, 32], dtype);
  expect(byKind).toEqual({ ...bytes, error: 0, counters: 64 });
  const used = bytes.momentum + bytes.secondMoment + bytes.basis + 64;
  expect(padding).toBe(Math.ceil(total / 64) * 64 - used);
  expect(total - used).toBe(padding);
});

test("is what the optimizer allocates", () => {
  const params = [{ name: "w", shape: [64, 32], data: new Float32Array(2048) }];
  const optimizer = new Optimizer([{ params, optimizer: adamSNSM({ rank: 8 }) }]);
  expect(optimizer.memory().total).toBe(optimizer.stateBytes);
  expect(optimizer.memory()).toEqual(reportOf(adamSNSM({ rank: 8 }), [64, 32], "float32"));
});
