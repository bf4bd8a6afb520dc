import { describe, expect, test } from "@jest/globals";

import { householderQR, identity, matrix, multiply, transpose } from "./matrix.js";
import { capturedEnergy, orthonormalityDefect, subspaceDistance } from "./orthonormal.js";
import { gaussians } from "./random.js";
import {
  back,
  exactBasis,
  lineBasis,
  project,
  projectedDimension,
  projectedShape,
  rotateMomentum,
  sideOf,
  topLines,
} from "./subspace.js";

const random = (rows: number, cols: number, seed = 1) =>
  matrix(rows, cols, gaussians(rows * cols, seed));

test.each([
  ["std", "right", "right", "left"],
  ["reverse", "left", "left", "right"],
  ["left", "left", "left", "left"],
  ["right", "right", "right", "right"],
] as const)("side %s of a tall, square and wide matrix", (rule, tall, square, wide) => {
  expect(sideOf(rule, 5, 3)).toBe(tall);
  expect(sideOf(rule, 3, 3)).toBe(square);
  expect(sideOf(rule, 3, 5)).toBe(wide);
});

describe.each(["left", "right"] as const)("a %s projection", (side) => {
  const g = random(7, 5);
  const dimension = projectedDimension(side, 7, 5);
  const basis = householderQR(random(dimension, 2, 2)).q;

  test("has the projected shape and goes back into the subspace", () => {
    const r = project(g, basis, side);
    expect([r.rows, r.cols]).toEqual(projectedShape(side, 7, 5, 2));
    const again = project(back(r, basis, side), basis, side);
    again.data.forEach((x, i) => {
      expect(x).toBeCloseTo(r.data[i], 13);
    });
  });

  test("rotating the momentum keeps what the new subspace holds of it", () => {
    const momentum = project(g, basis, side);
    const next = householderQR(random(dimension, 2, 3)).q;
    const rotated = rotateMomentum(momentum, basis, next, side);
    const expected = project(back(momentum, basis, side), next, side);
    rotated.data.forEach((x, i) => {
      expect(x).toBeCloseTo(expected.data[i], 13);
    });
  });

  test("the exact basis captures the most, another one less", () => {
    const exact = exactBasis(g, 2, side);
    expect(orthonormalityDefect(exact)).toBeLessThan(1e-13);
    expect(capturedEnergy(g, exact, side)).toBeCloseTo(1, 13);
    expect(capturedEnergy(g, basis, side)).toBeLessThan(0.99);
  });

  test("lines are a basis of unit vectors", () => {
    const lines = topLines(g, 2, side);
    const kept = project(g, lineBasis(lines, dimension), side);
    lines.forEach((line, k) => {
      const one = (i: number) => (side === "left" ? g.data[line * 5 + i] : g.data[i * 5 + line]);
      const of = (i: number) => (side === "left" ? kept.data[k * 5 + i] : kept.data[i * 2 + k]);
      for (let i = 0; i < (side === "left" ? 5 : 7); i++) expect(of(i)).toBe(one(i));
    });
  });
});

test("the top lines come largest first", () => {
  const g = matrix(3, 2, [1, 0, 0, 5, 3, 0]);
  expect(topLines(g, 2, "left")).toEqual([1, 2]);
  expect(topLines(g, 1, "right")).toEqual([1]);
});

test("a rank beyond the matrix has no exact basis", () => {
  expect(() => exactBasis(random(6, 2), 3, "left")).toThrow(RangeError);
});

describe("subspaceDistance", () => {
  const basis = householderQR(random(9, 3)).q;

  test("is zero for another basis of the same subspace", () => {
    const turned = multiply(basis, householderQR(random(3, 3, 2)).q);
    expect(subspaceDistance(basis, turned)).toBeLessThan(1e-14);
  });

  test("is the sine of the angle, however small", () => {
    const e = identity(4);
    const tilted = (angle: number) => matrix(4, 1, [Math.cos(angle), Math.sin(angle), 0, 0]);
    const first = matrix(4, 1, e.data.slice(0, 4));
    expect(subspaceDistance(first, tilted(1e-9)) / 1e-9).toBeCloseTo(1, 6);
    expect(subspaceDistance(first, tilted(Math.PI / 2))).toBeCloseTo(1, 14);
  });
});

test("orthonormalityDefect is relative to the number of columns", () => {
  const doubled = matrix(4, 2, [Math.SQRT2, 0, 0, Math.SQRT2, 0, 0, 0, 0]);
  expect(orthonormalityDefect(doubled)).toBeCloseTo(1, 14);
  expect(orthonormalityDefect(transpose(identity(3)))).toBe(0);
});

test("nothing of a zero gradient can be missed", () => {
  expect(capturedEnergy(matrix(4, 3), matrix(3, 1, [1, 0, 0]), "right")).toBe(1);
});
