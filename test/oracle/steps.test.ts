import { describe, expect, test } from "@jest/globals";

import { denseStep } from "./dense-step.js";
import { clipFactor, globalNorm, gradientStats } from "./gradient-stats.js";
import { lineStep } from "./line-step.js";
import { lowRankStep, scaleLines } from "./low-rank-step.js";
import { combine, frobeniusNorm, householderQR, matrix } from "./matrix.js";
import { partition } from "./partition.js";
import { gaussians } from "./random.js";
import { neutralScalars } from "./step-scalars.js";
import { back, lineBasis, project, projectedDimension, projectedShape } from "./subspace.js";
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

describe("lowRankStep", () => {
  const step = { ...neutralScalars, mDecay: 0.5, mGain: 0.5, vDecay: 0.5, vGain: 0.5, eps: 1 };
  // Of G = [[3, 4], [6, 8]] the first column is kept: R = [3, 6].
  const first = {
    shape: [2, 2],
    param: [0, 0, 0, 0],
    grad: [3, 4, 6, 8],
    side: "right",
    basis: matrix(2, 1, [1, 0]),
    momentum: [1, 2],
    secondMoment: [9, 36],
  } as const;
  // M = [2, 4], V = R², N = [2 / 4, 4 / 7], f = N / R = [1 / 6, 2 / 21].
  const f = [1 / 6, 2 / 21];
  const close = (actual: ArrayLike<number>, expected: number[]) => {
    expected.forEach((x, i) => {
      expect(actual[i]).toBeCloseTo(x, 7);
    });
  };

  test("by hand, inside the basis", () => {
    const after = lowRankStep({ ...first, direction: "subspace", scale: 2 }, step);
    close(after.momentum, [2, 4]);
    close(after.secondMoment, [9, 36]);
    close(after.param, [-1, 0, -8 / 7, 0]);
  });

  test("by hand, with the residual: the second column", () => {
    const after = lowRankStep({ ...first, direction: "residual" }, step);
    close(after.param, [-1 / 2, -4 * f[0], -4 / 7, -8 * f[1]]);
  });

  test("by hand, along the gradient, each row or both by their factor", () => {
    const rows = lowRankStep({ ...first, direction: "gradient" }, step);
    close(rows.param, [-3 * f[0], -4 * f[0], -6 * f[1], -8 * f[1]]);
    const both = lowRankStep({ ...first, direction: "gradient", wholeNorm: true }, step);
    const whole = Math.hypot(1 / 2, 4 / 7) / Math.hypot(3, 6);
    close(both.param, [-3 * whole, -4 * whole, -6 * whole, -8 * whole]);
  });

  test("growth is limited from the second norm on", () => {
    const limited = { ...first, direction: "gradient", wholeNorm: true, maxGrowth: 1.5 } as const;
    const norm = (Math.hypot(1 / 2, 4 / 7) / Math.hypot(3, 6)) * Math.hypot(3, 4, 6, 8);
    expect(lowRankStep(limited, step).lastNorm).toBeCloseTo(norm, 7);
    const after = lowRankStep({ ...limited, lastNorm: norm / 3 }, step);
    expect(after.limit).toBeCloseTo(0.5, 7);
    expect(after.lastNorm).toBeCloseTo(norm / 2, 7);
    expect(lowRankStep({ ...limited, lastNorm: norm }, step).limit).toBe(1);
  });

  test("what is limited of a residual is its norm, for orthonormal columns", () => {
    const basis = householderQR(matrix(5, 2, gaussians(10, 1))).q;
    const grad = gaussians(30, 2);
    const g = matrix(6, 5, grad);
    const input = {
      shape: [6, 5],
      side: "right",
      basis,
      grad,
      param: new Float64Array(30),
    } as const;
    const moments = { momentum: gaussians(12, 3), secondMoment: new Float64Array(12).fill(1) };
    const after = lowRankStep(
      { ...input, ...moments, direction: "residual", maxGrowth: 2, lastNorm: 0 },
      step,
    );
    const outside = combine(1, g, -1, back(project(g, basis, "right"), basis, "right"));
    const norm = frobeniusNorm(scaleLines(outside, "right", (j) => after.factors[j] as number));
    expect(after.lastNorm).toBeCloseTo(norm, 10);
  });

  test("a basis on either side: the product of both projections", () => {
    const leftBasis = matrix(2, 1, [0, 1]);
    const input = { ...first, leftBasis, momentum: [2], secondMoment: [36] };
    const after = lowRankStep({ ...input, direction: "subspace" }, step);
    close(after.projection.data, [6]);
    close(after.param, [0, 0, -4 / 7, 0]);
  });
});
