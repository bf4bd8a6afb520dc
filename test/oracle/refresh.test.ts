import { describe, expect, test } from "@jest/globals";

import { acceptsBasis } from "./adopt-basis.js";
import { acceptsLines } from "./adopt-lines.js";
import { carriedLines } from "./carried-lines.js";
import { householderQR, identity, matrix } from "./matrix.js";
import { orthonormalityDefect, subspaceDistance } from "./orthonormal.js";
import { powerIteration } from "./power-iteration.js";
import { gaussians } from "./random.js";
import { afterAdoption, afterRefusal, carriedOver } from "./refresh.js";
import { projectedDimension } from "./subspace.js";
import { svdBasis } from "./svd-basis.js";
import { lineEnergies, topKLines } from "./top-k-lines.js";
import { uniformLines } from "./uniform-lines.js";

const counters = {
  calls: 9,
  updates: 8,
  sinceBasis: 4,
  hasBasis: 1,
  skipped: 0,
  refreshes: 2,
  refused: 0,
};

describe("counters", () => {
  test("a new basis restarts the momentum's age under restart alone", () => {
    expect(afterAdoption(counters, "restart")).toEqual({
      ...counters,
      sinceBasis: 0,
      refreshes: 3,
    });
    expect(afterAdoption(counters, "keep")).toEqual({ ...counters, refreshes: 3 });
  });

  test("under published it is marked as new, unless it is the first", () => {
    expect(afterAdoption(counters, "published").hasBasis).toBe(2);
    expect(afterAdoption({ ...counters, hasBasis: 0 }, "published").hasBasis).toBe(1);
  });

  test("a refusal counts, and leaves a basis in any case", () => {
    expect(afterRefusal(counters)).toEqual({ ...counters, refused: 1 });
    expect(afterRefusal({ ...counters, hasBasis: 0 }).hasBasis).toBe(1);
  });
});

describe("momentum", () => {
  const momentum = matrix(3, 2, [1, 2, 3, 4, 5, 6]);
  const bases = { from: identity(2), to: matrix(2, 2, [0, 1, 1, 0]) };

  test("restarts, is turned, or stays", () => {
    const carried = (policy: "restart" | "rotate" | "keep" | "published") =>
      Array.from(carriedOver(momentum, bases, "right", policy).data);
    expect(carried("restart")).toEqual([0, 0, 0, 0, 0, 0]);
    expect(carried("rotate")).toEqual([2, 1, 4, 3, 6, 5]);
    expect(carried("keep")).toEqual([1, 2, 3, 4, 5, 6]);
    expect(carried("published")).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("of lines moves with them", () => {
    const rows = carriedLines([1, 2, 3, 4, 5, 6], [1, 4, 6], [0, 4, 5], "rows");
    expect(Array.from(rows)).toEqual([0, 0, 3, 4, 0, 0]);
    const columns = carriedLines([1, 2, 3, 4, 5, 6], [1, 4, 6], [4, 6, 7], "columns");
    expect(Array.from(columns)).toEqual([2, 3, 0, 5, 6, 0]);
  });
});

describe("what a caller may give", () => {
  test("orthonormal columns, to a thousandth", () => {
    const columns = householderQR(matrix(5, 2, gaussians(10, 1))).q;
    const scaled = (factor: number) =>
      matrix(
        5,
        2,
        columns.data.map((x) => factor * x),
      );
    expect([1, 1.0004, 1.001, -1, 0, Number.NaN].map((f) => acceptsBasis(scaled(f)))).toEqual([
      true,
      true,
      false,
      true,
      false,
      false,
    ]);
  });

  test("different lines, in order where momentum moves", () => {
    expect(acceptsLines([0, 3, 4], 5, "rotate")).toBe(true);
    expect(acceptsLines([3, 0, 4], 5, "keep")).toBe(true);
    expect(acceptsLines([3, 0, 4], 5, "rotate")).toBe(false);
    for (const lines of [
      [0, 0, 1],
      [-1, 0, 1],
      [0, 1, 5],
    ]) {
      expect(acceptsLines(lines, 5, "restart")).toBe(false);
    }
  });
});

describe.each(["left", "right"] as const)("power iteration, %s", (side) => {
  const g = matrix(9, 6, gaussians(54, 2));
  const dimension = projectedDimension(side, 9, 6);
  const start = householderQR(matrix(dimension, 2, gaussians(2 * dimension, 3))).q;

  test("comes to the leading singular subspace", () => {
    const { basis, sensitivities } = powerIteration(g, start, 200, side);
    expect(orthonormalityDefect(basis)).toBeLessThan(1e-14);
    expect(subspaceDistance(svdBasis(g, 2, side), basis)).toBeLessThan(1e-12);
    expect(sensitivities).toHaveLength(200);
    expect(Math.min(...sensitivities)).toBeGreaterThanOrEqual(1);
  });

  test("one pass is a product with the squared gradient", () => {
    const diagonal = matrix(2, 2, [3, 0, 0, 1]);
    const half = Math.SQRT1_2;
    const { basis } = powerIteration(diagonal, matrix(2, 1, [half, half]), 1, side);
    expect(Math.abs(basis.data[1] / basis.data[0])).toBeCloseTo(1 / 9, 14);
  });
});

test("beyond the gradient's rank there is nothing to span", () => {
  expect(svdBasis(matrix(3, 7, gaussians(21, 4)), 5, "right").cols).toBe(3);
});

test("top lines ascend; among equals the smaller numbers win", () => {
  const g = matrix(4, 2, [1, 1, 2, 0, 0, 2, 1, 1]);
  expect(Array.from(lineEnergies(g, "left"))).toEqual([2, 4, 4, 2]);
  expect(Array.from(lineEnergies(g, "right"))).toEqual([6, 6]);
  expect(topKLines(g, 3, "left")).toEqual([0, 1, 2]);
  expect(topKLines(g, 1, "right")).toEqual([0]);
});

describe("uniform lines", () => {
  const key = { seed: 1, stream: 2, calls: 3 };

  test("are a function of the key", () => {
    const lines = uniformLines(100, 10, key);
    expect(uniformLines(100, 10, key)).toEqual(lines);
    expect(acceptsLines(lines, 100, "rotate")).toBe(true);
    for (const name of ["seed", "stream", "calls"] as const) {
      expect(uniformLines(100, 10, { ...key, [name]: 7 })).not.toEqual(lines);
    }
  });

  test("are all of them at full rank, and nested below", () => {
    expect(uniformLines(5, 5, key)).toEqual([0, 1, 2, 3, 4]);
    const few = uniformLines(50, 3, key);
    expect(uniformLines(50, 4, key)).toEqual(expect.arrayContaining(few));
  });

  test("take negative seeds", () => {
    expect(uniformLines(50, 5, { ...key, seed: -1 })).toHaveLength(5);
  });
});
