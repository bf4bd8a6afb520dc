import { describe, expect, test } from "@jest/globals";

import { gradientNorm } from "./gradient-norm.js";
import { prologue } from "./prologue.js";
import { type ScalarsInput, scalars } from "./scalars.js";
import { neutralScalars } from "./step-scalars.js";
import { subsetMoment } from "./subset-moment.js";

const counters = {
  calls: 4,
  updates: 2,
  sinceBasis: 0,
  hasBasis: 1,
  skipped: 1,
  refreshes: 1,
  refused: 0,
};

describe("prologue", () => {
  const usual = {
    counters,
    hasGradient: true,
    isNonFinite: false,
    skipNonFinite: true,
    gap: 5,
    offset: 0,
  };

  test("counts a call", () => {
    expect(prologue(usual)).toEqual({
      counters: { ...counters, calls: 5 },
      isActive: true,
      isRefreshDue: false,
    });
  });

  test.each([
    [5, 0, true],
    [5, 1, false],
    [9, 4, true],
    [4, 0, false],
    [0, 3, false],
  ])("after %d calls, offset %d: due %p", (calls, offset, isDue) => {
    const before = { ...counters, calls };
    expect(prologue({ ...usual, counters: before, offset }).isRefreshDue).toBe(isDue);
  });

  test("without a basis, or with nothing to refresh", () => {
    const none = { ...counters, hasBasis: 0 };
    expect(prologue({ ...usual, counters: none }).isRefreshDue).toBe(true);
    expect(prologue({ ...usual, counters: none, gap: 0 }).isRefreshDue).toBe(false);
  });

  test("a skipped step is a call and nothing else; no gradient is nothing at all", () => {
    expect(prologue({ ...usual, isNonFinite: true })).toEqual({
      counters: { ...counters, calls: 5, skipped: 2 },
      isActive: false,
      isRefreshDue: false,
    });
    expect(prologue({ ...usual, isNonFinite: true, skipNonFinite: false }).isActive).toBe(true);
    expect(prologue({ ...usual, hasGradient: false }).counters).toBe(counters);
  });
});

describe("scalars, by hand", () => {
  const adam: ScalarsInput = {
    counters,
    lr: 0.1,
    weightDecay: 0.5,
    decay: "before",
    lrDecay: 0,
    gradScale: 4,
    clip: 0.5,
    momentum: "ema",
    beta1: 0.5,
    dampening: 0.25,
    nesterov: false,
    hasSecondMoment: true,
    beta2: 0.75,
    eps: 1e-3,
    bias: "torch",
    correctFirst: true,
    correctSecond: true,
    perBasis: false,
  };

  test("the third update of Adam", () => {
    const { scalars: s, counters: after } = scalars(adam);
    expect(s).toEqual({
      gradFactor: 0.125,
      l2: 0,
      mDecay: 0.5,
      mGain: 0.5,
      mScale: 1 / 0.875,
      nGrad: 0,
      vDecay: 0.75,
      vGain: 0.25,
      vScale: 1 / Math.sqrt(1 - 0.421875),
      eps: 1e-3,
      stepSize: 0.1,
      decayBefore: 0.95,
      decayAfter: 1,
    });
    expect(after).toEqual({ ...counters, updates: 3, sinceBasis: 1 });
  });

  test("one correction of the whole step", () => {
    const { scalars: s } = scalars({ ...adam, bias: "hf", decay: "after" });
    expect([s.mScale, s.vScale, s.decayBefore, s.decayAfter]).toEqual([1, 1, 1, 0.95]);
    expect(s.stepSize).toBeCloseTo((0.1 * Math.sqrt(0.578125)) / 0.875, 15);
  });

  test("a momentum as old as its basis", () => {
    expect(scalars({ ...adam, momentum: "subspace", perBasis: true }).scalars.mScale).toBe(2);
  });

  test("heavy ball, and its first gradient", () => {
    const heavy = { ...adam, momentum: "heavyBall", nesterov: true } as const;
    const { scalars: s } = scalars(heavy);
    expect([s.mDecay, s.mGain, s.mScale, s.nGrad]).toEqual([0.5, 0.75, 0.5, 1]);
    const first = scalars({ ...heavy, counters: { ...counters, updates: 0 } });
    expect(first.scalars.mGain).toBe(1);
  });

  test("sums, and a second moment that is the square itself", () => {
    expect(scalars({ ...adam, beta2: 1 }).scalars).toMatchObject({
      vDecay: 1,
      vGain: 1,
      vScale: 1,
    });
    expect(scalars({ ...adam, beta2: 0 }).scalars).toMatchObject({
      vDecay: 0,
      vGain: 1,
      vScale: 1,
    });
  });

  test("coupled decay, and a rate that decays", () => {
    const { scalars: s } = scalars({ ...adam, decay: "l2", lrDecay: 0.5 });
    expect([s.l2, s.stepSize, s.decayBefore, s.decayAfter]).toEqual([0.5, 0.05, 1, 1]);
  });

  test("a momentum that is dropped starts to age again", () => {
    const published = scalars({ ...adam, counters: { ...counters, hasBasis: 2, sinceBasis: 7 } });
    expect(published.dropsMomentum).toBe(true);
    expect(published.counters).toMatchObject({ hasBasis: 1, sinceBasis: 0, updates: 3 });
    expect(scalars(adam).dropsMomentum).toBe(false);
  });
});

test("the norm of gradients that arrive scaled, and what is clipped", () => {
  const input = { sumsOfSquares: [9, 16], isNonFinite: [false, false], gradScale: 2.5 };
  expect(gradientNorm({ ...input, maxGradNorm: 0 })).toEqual({
    norm: 2,
    isNonFinite: false,
    clip: 1,
  });
  expect(gradientNorm({ ...input, maxGradNorm: 1 }).clip).toBe(1 / 2.000001);
  expect(gradientNorm({ ...input, isNonFinite: [false, true], maxGradNorm: 1 }).isNonFinite).toBe(
    true,
  );
});

test("second moments from sums of the gradient as it arrived", () => {
  const s = { ...neutralScalars, gradFactor: 0.5, vDecay: 0.5, vGain: 2 };
  expect(Array.from(subsetMoment([2, 4], [8, 16], [2, 4], "sum", s))).toEqual([5, 10]);
  expect(Array.from(subsetMoment([2, 4], [8, 16], [2, 4], "mean", s))).toEqual([3, 4]);
});
