import { describe, expect, test } from "@jest/globals";

import {
  combine,
  firstColumns,
  frobeniusNorm,
  householderQR,
  identity,
  type Matrix,
  matrix,
  multiply,
  spectralNorm,
  subtract,
  svd,
  symmetricEigen,
  transpose,
} from "./matrix.js";
import { orthonormalityDefect } from "./orthonormal.js";
import { gaussians } from "./random.js";

const random = (rows: number, cols: number, seed = 1) =>
  matrix(rows, cols, gaussians(rows * cols, seed));

const difference = (a: Matrix, b: Matrix) =>
  frobeniusNorm(subtract(a, b)) / Math.max(frobeniusNorm(b), Number.MIN_VALUE);

const scaleColumns = (a: Matrix, factors: ArrayLike<number>) =>
  matrix(
    a.rows,
    a.cols,
    a.data.map((x, i) => x * factors[i % a.cols]),
  );

test("products, transposes and sums", () => {
  const a = matrix(2, 3, [1, 2, 3, 4, 5, 6]);
  const b = matrix(3, 2, [7, 8, 9, 10, 11, 12]);
  expect(Array.from(multiply(a, b).data)).toEqual([58, 64, 139, 154]);
  expect(transpose(a)).toEqual(matrix(3, 2, [1, 4, 2, 5, 3, 6]));
  expect(combine(2, a, 1, transpose(b))).toEqual(matrix(2, 3, [9, 13, 17, 16, 20, 24]));
  expect(firstColumns(a, 2)).toEqual(matrix(2, 2, [1, 2, 4, 5]));
  expect(frobeniusNorm(matrix(1, 2, [3, 4]))).toBe(5);
});

test("shapes that do not fit are refused", () => {
  expect(() => matrix(2, 2, [1])).toThrow(RangeError);
  expect(() => multiply(identity(2), identity(3))).toThrow(RangeError);
  expect(() => subtract(identity(2), identity(3))).toThrow(RangeError);
  expect(() => householderQR(matrix(2, 3))).toThrow(RangeError);
  expect(() => symmetricEigen(matrix(2, 3))).toThrow(RangeError);
});

describe("householderQR", () => {
  test.each([
    [5, 5],
    [40, 7],
    [1, 1],
  ])("of %d x %d", (rows, cols) => {
    const a = random(rows, cols);
    const { q, r } = householderQR(a);
    expect(orthonormalityDefect(q)).toBeLessThan(1e-14);
    expect(difference(multiply(q, r), a)).toBeLessThan(1e-14);
    for (let i = 0; i < cols; i++) {
      for (let j = 0; j < i; j++) expect(r.data[i * cols + j]).toBe(0);
    }
  });

  test("of a matrix without full rank still gives orthonormal columns", () => {
    const a = multiply(random(12, 2), random(2, 5, 2));
    const { q, r } = householderQR(a);
    expect(orthonormalityDefect(q)).toBeLessThan(1e-14);
    expect(difference(multiply(q, r), a)).toBeLessThan(1e-14);
    expect(orthonormalityDefect(householderQR(matrix(4, 3)).q)).toBe(0);
  });
});

describe("symmetricEigen", () => {
  test("of a diagonal matrix sorts it", () => {
    const { values, vectors } = symmetricEigen(matrix(3, 3, [1, 0, 0, 0, 3, 0, 0, 0, 2]));
    expect(Array.from(values)).toEqual([3, 2, 1]);
    expect(orthonormalityDefect(vectors)).toBe(0);
  });

  test("of a matrix with known eigenvalues", () => {
    const { values } = symmetricEigen(matrix(2, 2, [2, 1, 1, 2]));
    expect(values[0]).toBeCloseTo(3, 14);
    expect(values[1]).toBeCloseTo(1, 14);
  });

  test("rebuilds the matrix", () => {
    const root = random(30, 30);
    const a = multiply(root, transpose(root));
    const { values, vectors } = symmetricEigen(a);
    expect(orthonormalityDefect(vectors)).toBeLessThan(1e-13);
    expect(difference(multiply(scaleColumns(vectors, values), transpose(vectors)), a)).toBeLessThan(
      1e-13,
    );
  });
});

describe("svd", () => {
  test.each([
    [6, 6],
    [30, 9],
    [9, 30],
    [7, 1],
    [1, 7],
  ])("of %d x %d", (rows, cols) => {
    const a = random(rows, cols);
    const { u, values, v } = svd(a);
    const size = Math.min(rows, cols);
    expect([u.rows, u.cols, v.rows, v.cols]).toEqual([rows, size, cols, size]);
    expect(orthonormalityDefect(u)).toBeLessThan(1e-13);
    expect(orthonormalityDefect(v)).toBeLessThan(1e-13);
    expect(difference(multiply(scaleColumns(u, values), transpose(v)), a)).toBeLessThan(1e-13);
    expect(Array.from(values)).toEqual(Array.from(values).sort((x, y) => y - x));
  });

  test("agrees with the eigenvalues of the Gram matrix", () => {
    const a = random(25, 10);
    const { values } = svd(a);
    const gram = symmetricEigen(multiply(transpose(a), a)).values;
    values.forEach((value, i) => {
      expect(value ** 2 / gram[i]).toBeCloseTo(1, 12);
    });
  });

  test("without full rank has zeros and orthonormal vectors all the same", () => {
    const a = multiply(random(20, 3), random(3, 8, 2));
    const { u, values, v } = svd(a);
    expect(values[3]).toBeLessThan(1e-13 * values[0]);
    expect(orthonormalityDefect(u)).toBeLessThan(1e-13);
    expect(orthonormalityDefect(v)).toBeLessThan(1e-13);
    const zero = svd(matrix(4, 3));
    expect(Array.from(zero.values)).toEqual([0, 0, 0]);
    expect(orthonormalityDefect(zero.u)).toBe(0);
  });

  test("keeps small singular values to full relative accuracy", () => {
    const { q } = householderQR(random(12, 3));
    const { values } = svd(scaleColumns(q, [1, 1e-6, 1e-12]));
    expect(values[2] / 1e-12).toBeCloseTo(1, 12);
    expect(spectralNorm(q)).toBeCloseTo(1, 14);
  });

  test("of 300 x 200", () => {
    const a = random(300, 200);
    const { u, values, v } = svd(a);
    expect(difference(multiply(scaleColumns(u, values), transpose(v)), a)).toBeLessThan(1e-12);
  });
});
