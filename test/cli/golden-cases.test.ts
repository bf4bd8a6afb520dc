import { readdirSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "@jest/globals";

import { type GoldenRecipe, goldenCase } from "../../lib/cli/golden-cases.js";
import { SafetensorsReader } from "../../lib/safetensors.js";
import { planGolden } from "../oracle/golden.js";

const folder = join(__dirname, "..", "golden");

function open(name: string): SafetensorsReader {
  const reader = SafetensorsReader.open(join(folder, name));
  reader.close();
  return reader;
}

const files = readdirSync(folder)
  .filter((name) => name.endsWith(".safetensors"))
  .map((name) => ({ name, reader: open(name) }));

test.each(files)("$name is understood", ({ reader }) => {
  const { recipe, given, skip, shape, steps } = goldenCase(reader.metadata);
  expect(recipe === null).toBe(skip !== undefined);
  expect(reader.entry("param_0").shape).toEqual(shape);
  for (let t = 1; t <= steps; t++) expect(reader.entry(`grad_${t}`).shape).toEqual(shape);
  if (given !== null) expect(reader.tensors.has(`${given}_1`)).toBe(true);
  if (recipe?.rank) expect(recipe.projector).not.toBeNull();
});

describe("two readings of the same metadata agree", () => {
  test.each(files)("$name", ({ reader }) => {
    const { recipe, skip, shape, steps, tolerance } = goldenCase(reader.metadata);
    const plan = planGolden(reader.metadata);
    // These have oracles of their own.
    const isOther = ["AdaGO", "LDAdamW", "torch.optim.Muon"].includes(
      reader.metadata.system as string,
    );
    if (!isOther) expect(skip === undefined).toBe(plan.excluded === null);
    if (recipe === null || plan.excluded !== null) return;
    const { options } = plan;
    expect({ shape, steps, tolerance }).toEqual({
      shape: options.shape,
      steps: plan.steps,
      tolerance: plan.tolerance,
    });
    const shared: Partial<GoldenRecipe> = {
      lr: options.lr,
      moment1: options.moment1 ?? "ema",
      moment2: options.moment2 ?? "elementwise",
      decayMode: options.decayMode,
      weightDecay: options.weightDecay ?? 0,
      refreshOffset: options.offset ?? 0,
      onRefresh: options.onRefresh ?? "restart",
      maxGradNorm: options.maxGradNorm ?? null,
      skipNonFinite: options.skipNonFinite ?? false,
      rank: options.rank ?? null,
    };
    expect(recipe).toMatchObject(shared);
  });
});

const metadata = (system: string, options: object, group: object = {}, variant = "published") => ({
  system,
  variant,
  shape: "[4, 3]",
  steps: "2",
  options: JSON.stringify(options),
  group: JSON.stringify(group),
});

test("torch.optim.SGD with momentum", () => {
  const options = { lr: 1, momentum: 0.9, dampening: 0.1, weight_decay: 0.2, nesterov: true };
  expect(goldenCase(metadata("torch.optim.SGD", options)).recipe).toMatchObject({
    moment1: "heavyBall",
    moment2: "none",
    momentum: 0.9,
    dampening: 0.1,
    nesterov: true,
    weightDecay: 0.2,
    decayMode: "l2",
  });
});

test("which recorded choices are handed in", () => {
  const options = {
    lr: 1,
    betas: [0.9, 0.999],
    eps: 1e-6,
    correct_bias: true,
    momentum_type: "sm",
    second_moment_type: "none",
  };
  const given = (proj_type: string, variant: string) =>
    goldenCase(
      metadata("sn-sm GenericOptim", options, { rank: 2, proj_type, update_proj_gap: 3 }, variant),
    ).given;
  expect(["svd", "topk", "uniform"].map((type) => given(type, "restart"))).toEqual([
    null,
    null,
    "index",
  ]);
  expect(["svd", "topk", "uniform"].map((type) => given(type, "keep"))).toEqual([
    "basis",
    "index",
    "index",
  ]);
});

test("what no recipe has is skipped with its reason", () => {
  expect(goldenCase(metadata("torch.optim.Adam", { amsgrad: true })).skip).toBe("uses amsgrad");
});

test.each([
  ["a system", metadata("torch.optim.Rprop", { weight_decay: 0, lr: 1 })],
  ["a missing number", metadata("torch.optim.SGD", { lr: 1 })],
])("%s that is not known is an error", (_, bad) => {
  expect(() => goldenCase(bad)).toThrow(expect.objectContaining({ code: "ERR_LEAN_INVALID_ARG" }));
});
