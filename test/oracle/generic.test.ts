import { describe, expect, test } from "@jest/globals";

import { OracleOptimizer } from "./generic.js";
import { matrix } from "./matrix.js";
import { subspaceDistance } from "./orthonormal.js";
import { gaussians } from "./random.js";
import { exactBasis } from "./subspace.js";

const scalar = { shape: [1], lr: 0.1 } as const;
const bare = {
  moment1: "none",
  moment2: "none",
  biasCorrection: { first: false, second: false, mode: "torch" },
} as const;

/** The weight after each of the given gradients, from a single weight of 1. */
function walk(options: object, grads: readonly number[]): number[] {
  const optimizer = new OracleOptimizer([1], { ...scalar, ...bare, ...options });
  return grads.map((g) => {
    optimizer.step([g]);
    return optimizer.param[0];
  });
}

function closeTo(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((x, i) => {
    expect(actual[i]).toBeCloseTo(x, 13);
  });
}

describe("what no recorded trajectory covers, by hand", () => {
  test("heavy ball takes its first gradient without dampening", () => {
    const heavy = { moment1: "heavyBall", momentum: 0.5, dampening: 0.2 };
    // m = 1, then 0.5 + 0.8·2 = 2.1
    closeTo(walk(heavy, [1, 2]), [0.9, 0.9 - 0.21]);
  });

  test("Nesterov", () => {
    const heavy = { moment1: "heavyBall", momentum: 0.5, nesterov: true };
    // m = 1, N = 1.5; m = 2.5, N = 2 + 1.25
    closeTo(walk(heavy, [1, 2]), [0.85, 0.85 - 0.325]);
  });

  test("coupled decay enters the gradient and the second moment", () => {
    const coupled = { moment2: "elementwise", betas: [0, 1], eps: 0, weightDecay: 1 };
    closeTo(walk({ ...coupled, decayMode: "l2" }, [3]), [1 - 0.1]);
    closeTo(walk({ ...bare, weightDecay: 1, decayMode: "l2" }, [3]), [1 - 0.4]);
  });

  test("decoupled decay before and after", () => {
    closeTo(walk({ weightDecay: 0.5, decayMode: "before" }, [1]), [0.95 - 0.1]);
    closeTo(walk({ weightDecay: 0.5, decayMode: "after" }, [1]), [0.95 * 0.9]);
  });

  test("Adagrad with a decaying learning rate and an initial accumulator", () => {
    const adagrad = {
      moment2: "elementwise",
      betas: [0, 1],
      eps: 0,
      lrDecay: 1,
      initialAccumulator: 7,
    };
    // v = 16, lr = 0.1; v = 25, lr = 0.05
    closeTo(walk(adagrad, [3, 3]), [1 - 0.3 / 4, 1 - 0.3 / 4 - 0.15 / 5]);
  });

  test("a scalar second moment is of the whole tensor", () => {
    const optimizer = new OracleOptimizer([0, 0], {
      ...bare,
      shape: [2],
      lr: 1,
      eps: 0,
      betas: [0, 1],
      moment2: "scalar",
    });
    optimizer.step([3, 4]);
    closeTo(optimizer.param, [-0.6, -0.8]);
    expect(optimizer.secondMoment).toEqual(Float64Array.of(25));
  });

  test("the bias correction of the published code takes the betas it was given", () => {
    const hf = { first: true, second: true, mode: "hf" };
    const factor = Math.sqrt(1 - 0.999) / (1 - 0.9);
    closeTo(walk({ biasCorrection: hf, betas: [0.9, 0.999] }, [1]), [1 - 0.1 * factor]);
    closeTo(walk({ biasCorrection: hf, betas: [0.9, 1] }, [1]), [1 - 0.1 / (1 - 0.9)]);
  });

  test("a norm and a learning rate from outside", () => {
    const optimizer = new OracleOptimizer([1], { ...scalar, ...bare, maxGradNorm: 1 });
    optimizer.step([3], { gradNorm: 6, lr: 1 });
    closeTo(optimizer.param, [1 - 3 / 6.000001]);
  });
});

describe("refreshes", () => {
  const shape = [6, 4] as const;
  const grads = Array.from({ length: 9 }, (_, t) => gaussians(24, t + 1));
  const build = (options: object) =>
    new OracleOptimizer(gaussians(24, 99), {
      shape,
      lr: 0.1,
      moment1: "subspace",
      rank: 2,
      gap: 3,
      ...options,
    });

  /** The calls, from 1, that changed the basis. */
  function refreshes(options: object, gradients = grads): number[] {
    const optimizer = build(options);
    return gradients.flatMap((grad, t) => {
      const before = optimizer.subspace;
      optimizer.step(grad);
      return optimizer.subspace === before ? [] : [t + 1];
    });
  }

  test.each([
    [3, 0, [1, 4, 7]],
    [3, 1, [1, 2, 5, 8]],
    [3, 2, [1, 3, 6, 9]],
    [1, 0, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    [4, 6, [1, 7]],
  ])("gap %d, offset %d", (gap, offset, calls) => {
    expect(refreshes({ gap, offset })).toEqual(calls);
  });

  test("one that falls on a skipped step waits; the first comes at once", () => {
    const broken = grads.map((g, t) => (t === 0 || t === 3 ? g.map(() => Number.NaN) : g));
    expect(refreshes({ skipNonFinite: true }, broken)).toEqual([2, 7]);
  });

  test("a skipped step leaves everything but the calls", () => {
    const optimizer = build({ skipNonFinite: true });
    optimizer.step(grads[0]);
    const { param, momentum, secondMoment } = optimizer;
    expect(optimizer.step(grads[1].map(() => Number.POSITIVE_INFINITY))).toBe(false);
    expect(optimizer.param).toBe(param);
    expect(optimizer.momentum).toBe(momentum);
    expect(optimizer.secondMoment).toBe(secondMoment);
    expect([optimizer.calls, optimizer.updates, optimizer.sinceRestart]).toEqual([2, 1, 1]);
  });

  test("the basis is that of the step's gradient", () => {
    const optimizer = build({ maxGradNorm: 0.1 });
    optimizer.step(grads[0]);
    const exact = exactBasis(matrix(6, 4, grads[0]), 2, "right");
    const used = optimizer.subspace?.basis ?? exact;
    expect(subspaceDistance(exact, used)).toBeLessThan(1e-13);
  });

  test.each([
    ["restart", [1, 2, 3, 1, 2, 3, 1, 2, 3]],
    ["rotate", [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ["keep", [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ["published", [1, 2, 3, 0, 1, 2, 0, 1, 2]],
  ])("the momentum's age under %s", (onRefresh, ages) => {
    const optimizer = build({ onRefresh });
    const seen = grads.map((grad) => {
      optimizer.step(grad);
      return optimizer.sinceRestart;
    });
    expect(seen).toEqual(ages);
  });

  test("published drops the momentum, but not that of the first basis", () => {
    const optimizer = build({ onRefresh: "published", gap: 2 });
    const isZero = grads.slice(0, 4).map((grad) => {
      optimizer.step(grad);
      return optimizer.momentum?.every((m) => m === 0);
    });
    expect(isZero).toEqual([false, false, true, false]);
  });

  test.each(["svd", "topK"])("a full rank under rotate is an ema (%s)", (projector) => {
    const subspace = build({ onRefresh: "rotate", rank: 100, projector });
    const ema = build({ moment1: "ema" });
    for (const grad of grads) {
      subspace.step(grad);
      ema.step(grad);
    }
    closeTo(subspace.param, Array.from(ema.param));
  });

  test("a line that stays keeps its momentum under rotate", () => {
    const optimizer = build({ onRefresh: "rotate", projector: "givenLines", side: "left" });
    optimizer.step(grads[0], { lines: [5, 2] });
    optimizer.step(grads[1]);
    optimizer.step(grads[2]);
    const before = optimizer.momentum ?? new Float64Array();
    optimizer.step(grads[3], { lines: [2, 0] });
    const after = optimizer.momentum ?? new Float64Array();
    const expected = (column: number) => [
      0.9 * before[4 + column] + 0.1 * grads[3][2 * 4 + column],
      0.1 * grads[3][column],
    ];
    for (let column = 0; column < 4; column++) {
      const [kept, fresh] = expected(column);
      expect(after[column]).toBeCloseTo(kept, 14);
      expect(after[4 + column]).toBeCloseTo(fresh, 14);
    }
  });

  test("a given projector needs what it is to use", () => {
    expect(() => build({ projector: "given" }).step(grads[0])).toThrow("no basis given");
    expect(() => build({ projector: "givenLines" }).step(grads[0])).toThrow("no lines given");
  });
});

test("a weight that does not fit its shape is refused", () => {
  expect(() => new OracleOptimizer([1, 2], scalar)).toThrow(RangeError);
});
