import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "@jest/globals";

import { planGolden, replayGolden, trajectoryError } from "./golden.js";
import { parseGoldenFile } from "./golden-file.js";
import { matrix } from "./matrix.js";
import { orthonormalityDefect, subspaceDistance } from "./orthonormal.js";
import { exactBasis, type SideRule, sideOf } from "./subspace.js";

const folder = join(__dirname, "..", "golden");
const cases = readdirSync(folder)
  .filter((name) => name.endsWith(".safetensors"))
  .map((name) => {
    const file = parseGoldenFile(readFileSync(join(folder, name)));
    return { name, file, plan: planGolden(file.metadata) };
  });

describe("the oracle walks the recorded path", () => {
  const replayed = cases.flatMap(({ name, file, plan }) =>
    plan.excluded === null ? [{ name, file, plan }] : [],
  );

  test.each(replayed)("$name", ({ file, plan }) => {
    const { errors, secondMomentError } = replayGolden(file, plan);
    expect(errors).toHaveLength(8);
    expect(Math.max(...errors)).toBeLessThanOrEqual(plan.tolerance);
    const isRecorded = file.tensors.has("exp_avg_sq");
    expect(secondMomentError === null).toBe(!isRecorded);
    expect(secondMomentError ?? 0).toBeLessThanOrEqual(1e-6);
  });

  test("in every case but those of other families", () => {
    const excluded = cases.flatMap(({ file, plan }) =>
      plan.excluded === null ? [] : [file.metadata.system],
    );
    expect(replayed).toHaveLength(126);
    expect(excluded).toHaveLength(18);
    expect(new Set(excluded)).toEqual(new Set(["AdaGO", "LDAdamW", "torch.optim.Muon"]));
  });
});

describe("a recorded basis spans the leading singular subspace of its step's gradient", () => {
  const sides: Record<string, SideRule> = {
    svd: "std",
    std: "std",
    reverse_std: "reverse",
    left: "left",
    right: "right",
  };
  const withBases = cases.filter(({ file }) => file.tensors.has("basis_1"));

  test.each(withBases)("$name", ({ file }) => {
    const [rows, cols]: [number, number] = JSON.parse(file.metadata.shape);
    const side = sideOf(sides[JSON.parse(file.metadata.group).proj_type], rows, cols);
    for (const [name, { shape, values }] of file.tensors) {
      if (!name.startsWith("basis_")) continue;
      const gradient = file.tensors.get(name.replace("basis", "grad"));
      const recorded = matrix(shape[0], shape[1], values);
      const exact = exactBasis(matrix(rows, cols, gradient?.values), shape[1], side);
      expect(orthonormalityDefect(recorded)).toBeLessThan(2e-6);
      expect(subspaceDistance(exact, recorded)).toBeLessThan(1e-5);
    }
  });
});

describe("trajectoryError", () => {
  test("is relative to the length of the path", () => {
    expect(trajectoryError([0.5], [1], [0])).toBe(0.5);
  });

  test("forgives what rounding the weight to float32 explains", () => {
    expect(trajectoryError([1 + 2 ** -22], [1], [1])).toBe(0);
    expect(trajectoryError([1.5], [1], [1])).toBe(Number.POSITIVE_INFINITY);
  });

  test("does not hide what is not a number", () => {
    expect(trajectoryError([Number.NaN], [1], [0])).toBeNaN();
  });
});
