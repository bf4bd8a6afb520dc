import { describe, expect, test } from "@jest/globals";

import { denseStep } from "./dense-step.js";
import { clipFactor, globalNorm, gradientStats } from "./gradient-stats.js";
import { lineStep } from "./line-step.js";
import { householderQR, matrix } from "./matrix.js";
import { partition } from "./partition.js";
import { gaussians } from "./random.js";
import { neutralScalars } from "./step-scalars.js";
import { lineBasis, projectedDimension, projectedShape } from "./subspace.js";
import { subspaceStep } from "./subspace-step.js";

const scalars = {
  gradFactor: 0.5,
  l2: 0.1,
  mDecay: 0.9,
  mGain: 0.25,
  mScale: 2,
  nGrad: 0,
  vDecay: 0.75,
  vGain: 0.5,
  vScale: 3,
  eps: 1,
  stepSize: 0.1,
  decayBefore: 0.99,
  decayAfter: 0.98,
};

describe("denseStep", () => {
  test("by hand: g = 0.6, m = 1.05, v = 3.18", () => {
    const after = denseStep({ param: [1], grad: [1], momentum: [1], secondMoment: [4] }, scalars);
    expect(after.momentum?.[0]).toBeCloseTo(1.05, 15);
    expect(after.secondMoment?.[0]).toBeCloseTo(3.18, 15);
    const expected = 0.98 * (0.99 - (0.1 * 2.1) / (3 * Math.sqrt(3.18) + 1));
    expect(after.param[0]).toBeCloseTo(expected, 15);
  });

  test("without states is gradient descent, with no ε to divide by", () => {
    const after = denseStep({ param: [1, 2], grad: [3, -4] }, { ...neutralScalars, eps: 5 });
    expect(after).toEqual({ param: Float64Array.of(-2, 6), momentum: null, secondMoment: null });
  });

  test("Nesterov looks ahead from the new momentum", () => {
    const nesterov = { ...neutralScalars, mDecay: 0.9, mScale: 0.9, nGrad: 1 };
    const after = denseStep({ param: [0], grad: [1], momentum: [10] }, nesterov);
    expect(after.param[0]).toBeCloseTo(-(1 + 0.9 * 10), 14);
  });

  test("subsets share a second moment, by sum or by mean", () => {
    const input = {
      param: [0, 0, 0],
      grad: [3, 4, 12],
      secondMoment: [0, 0],
      subsets: partition([3], 2),
    };
    const sum = denseStep(input, neutralScalars);
    expect(Array.from(sum.param)).toEqual([-3 / 5, -4 / 5, -1]);
    const mean = denseStep({ ...input, reduce: "mean" }, neutralScalars);
    expect(Array.from(mean.secondMoment ?? [])).toEqual([12.5, 144]);
  });
});

describe.each(["left", "right"] as const)("subspaceStep, %s", (side) => {
  const shape = [6, 4] as const;
  const dimension = projectedDimension(side, ...shape);
  const input = {
    shape,
    side,
    param: gaussians(24, 1),
    grad: gaussians(24, 2),
    secondMoment: gaussians(6, 3).map((x) => x * x),
    subsets: partition(shape, "row"),
  };

  test("in the whole space is a dense step", () => {
    const [rows, cols] = projectedShape(side, ...shape, dimension);
    const momentum = gaussians(rows * cols, 4);
    const basis = lineBasis(
      Array.from({ length: dimension }, (_, i) => i),
      dimension,
    );
    const projected = subspaceStep({ ...input, momentum, basis }, scalars);
    const dense = denseStep({ ...input, momentum }, scalars);
    dense.param.forEach((w, i) => {
      expect(projected.param[i]).toBeCloseTo(w, 14);
    });
    expect(projected.secondMoment).toEqual(dense.secondMoment);
  });

  test("does not depend on the basis of the subspace", () => {
    const basis = householderQR(matrix(dimension, 2, gaussians(2 * dimension, 5))).q;
    const mirrored = matrix(
      dimension,
      2,
      basis.data.map((x, i) => (i % 2 === 0 ? -x : x)),
    );
    const [rows, cols] = projectedShape(side, ...shape, 2);
    const momentum = new Float64Array(rows * cols);
    const one = subspaceStep({ ...input, momentum, basis }, scalars);
    const other = subspaceStep({ ...input, momentum, basis: mirrored }, scalars);
    one.param.forEach((w, i) => {
      expect(other.param[i]).toBeCloseTo(w, 14);
    });
  });

  test("along unit vectors is lineStep", () => {
    const lines = [3, 1];
    const [rows, cols] = projectedShape(side, ...shape, 2);
    const momentum = gaussians(rows * cols, 6);
    const basis = lineBasis(lines, dimension);
    const projected = subspaceStep({ ...input, momentum, basis }, scalars);
    const direct = lineStep({ ...input, momentum, lines }, scalars);
    direct.momentum.forEach((m, i) => {
      expect(projected.momentum[i]).toBeCloseTo(m, 14);
    });
    direct.param.forEach((w, i) => {
      expect(projected.param[i]).toBeCloseTo(w, 14);
    });
  });
});

describe("gradient statistics", () => {
  test("subset sums add up to the squared norm", () => {
    const stats = gradientStats([1, 2, 3, 4], partition([2, 2], "row"));
    expect(stats).toEqual({ squares: Float64Array.of(5, 25), sumOfSquares: 30, isFinite: true });
    expect(globalNorm([stats, { sumOfSquares: 34 }])).toBe(8);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("%p is not finite", (bad) => {
    expect(gradientStats([1, bad], partition([2], "tensor")).isFinite).toBe(false);
  });

  test("clipping shortens what is too long and nothing else", () => {
    expect(clipFactor(1, 2)).toBe(1);
    expect(clipFactor(0, 1)).toBe(1);
    expect(clipFactor(4, 1)).toBe(1 / 4.000001);
  });
});
