import { describe, expect, test } from "@jest/globals";

import { blockSize, matrixShape, partition, subsetSquares } from "./partition.js";

const owners = (...args: Parameters<typeof partition>) => Array.from(partition(...args).owner);

describe("partition", () => {
  test("heuristics takes the lines along the shorter side; a square counts as tall", () => {
    expect(owners([3, 2], "heuristics")).toEqual([0, 0, 1, 1, 2, 2]);
    expect(owners([2, 3], "heuristics")).toEqual([0, 1, 2, 0, 1, 2]);
    expect(owners([2, 2], "heuristics")).toEqual([0, 0, 1, 1]);
  });

  test("row and column whatever the shape", () => {
    expect(owners([2, 3], "row")).toEqual([0, 0, 0, 1, 1, 1]);
    expect(owners([3, 2], "column")).toEqual([0, 1, 0, 1, 0, 1]);
  });

  test("tensor and elementwise", () => {
    expect(partition([2, 3], "tensor")).toMatchObject({ count: 1, sizes: Int32Array.of(6) });
    expect(owners([2, 2], "elementwise")).toEqual([0, 1, 2, 3]);
  });

  test("a vector has no lines", () => {
    expect(owners([3], "heuristics")).toEqual([0, 1, 2]);
    expect(owners([3], 2)).toEqual([0, 0, 1]);
  });

  test("more than two dimensions are the first by all others", () => {
    expect(matrixShape([4, 3, 2])).toEqual([4, 6]);
    expect(partition([2, 3, 2], "heuristics").count).toBe(6);
    expect(() => matrixShape([4])).toThrow(RangeError);
  });

  test("blocks end in a ragged tail, or take a divisor", () => {
    expect(Array.from(partition([10], 4).sizes)).toEqual([4, 4, 2]);
    expect(Array.from(partition([10], 4, "divisor").sizes)).toEqual([2, 2, 2, 2, 2]);
    expect(blockSize(53 * 37, 16, "divisor")).toBe(1);
    expect(blockSize(30 * 49, 16, "divisor")).toBe(15);
  });

  test("a negative size is a fraction of the square root, and at least one", () => {
    expect(blockSize(1024, -2, "ragged")).toBe(16);
    expect(blockSize(960, -2, "ragged")).toBe(15);
    expect(blockSize(3, -2, "ragged")).toBe(1);
  });

  test("a block larger than the tensor is the tensor", () => {
    expect(blockSize(10, 100, "ragged")).toBe(10);
    expect(partition([10], 100, "divisor").count).toBe(1);
  });
});

test("the mean of a ragged tail is over the elements it has", () => {
  const subsets = partition([5], 3);
  expect(Array.from(subsetSquares([1, 2, 3, 4, 6], subsets))).toEqual([14, 52]);
  expect(Array.from(subsetSquares([1, 2, 3, 4, 6], subsets, "mean"))).toEqual([14 / 3, 26]);
});
