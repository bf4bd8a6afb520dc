import { BatchController, type BatchOptions, type GroupStatistics } from "lean-optim";
import { refusal } from "../support/refusal.js";

const usual: BatchOptions = { batchSize: 64, maxBatchSize: 1024, microBatch: 16, delay: 0 };

/** Statistics of `groups` groups whose mean has the norm 1 and the given variance. */
const noisy = (groups: number, variance: number): GroupStatistics => ({
  groups,
  meanSquare: 1,
  sumOfSquares: variance * groups * (groups - 1) + groups,
});

/** Batch sizes of as many steps as there are variances, each observed. */
function sizes(options: BatchOptions, variances: readonly number[]): number[] {
  const batch = new BatchController(options);
  return variances.map((variance) => {
    const plan = batch.next();
    batch.observe(noisy(plan.accumulation, variance));
    return plan.batchSize;
  });
}

test("a test that holds keeps the batch", () => {
  expect(sizes(usual, [0.01, 0.005, 0, 0.01])).toEqual([64, 64, 64, 64]);
});

test("one that does not makes it as large as would have held, in whole micro-batches", () => {
  // 64 · 0.021/0.1² = 134.4
  expect(sizes(usual, [0.021, 0, 0.0101, 0])).toEqual([64, 144, 144, 160]);
});

test("batches never shrink, and never leave what they may be", () => {
  expect(sizes(usual, [1e9, 0, 1e9, 0])).toEqual([64, 1024, 1024, 1024]);
  expect(sizes({ ...usual, maxBatchSize: 1000 }, [1e9, 0])).toEqual([64, 992]);
});

test("reasons", () => {
  const batch = new BatchController({ ...usual, maxBatchSize: 128 });
  const reasons = [0, 0.02, Number.NaN, 1].map((variance) => {
    const plan = batch.next();
    batch.observe(noisy(plan.accumulation, variance));
    return plan.reason;
  });
  expect([...reasons, batch.next().reason]).toEqual([
    "initial",
    "held",
    "grown",
    "untested",
    "untested",
  ]);
});

test("a gradient that says nothing decides nothing", () => {
  const batch = new BatchController(usual);
  batch.next();
  batch.observe({ groups: 4, sumOfSquares: 1, meanSquare: 0 });
  const plan = batch.next();
  expect(plan).toMatchObject({ reason: "undecided", batchSize: 64 });
  expect(plan.noise?.tooSmallBy).toBeNaN();
});

test("decisions are a fixed number of steps late", () => {
  expect(sizes({ ...usual, delay: 2 }, [0.02, 0, 0, 0])).toEqual([64, 64, 64, 128]);
});

test("nobody reads a test before it is needed", () => {
  const batch = new BatchController({ ...usual, delay: 1 });
  let reads = 0;
  batch.next();
  batch.observeLater(() => {
    reads += 1;
    return noisy(4, 0.02);
  });
  batch.next();
  expect(reads).toBe(0);
  expect(batch.next()).toMatchObject({ batchSize: 128, noise: { step: 1 } });
  expect(reads).toBe(1);
});

test("tests are at intervals", () => {
  const batch = new BatchController({ ...usual, testInterval: 3 });
  const due = Array.from({ length: 7 }, () => {
    batch.next();
    return batch.isTestDue;
  });
  expect(due).toEqual([false, false, true, false, false, true, false]);
});

test("a batch that cannot grow is not tested", () => {
  const batch = new BatchController({ ...usual, maxBatchSize: 64 });
  batch.next();
  expect(batch.isTestDue).toBe(false);
});

test("growth has a limit where one is set", () => {
  expect(sizes({ ...usual, maxGrowth: 2 }, [1, 1, 1, 0])).toEqual([64, 128, 256, 512]);
});

test("without the noise in its norm, the gradient is smaller", () => {
  // ‖ḡ‖² = 1 holds the variance: 64 · 0.5/(0.1²·0.5)
  const options = { ...usual, maxBatchSize: 1e6, unbiasedNorm: true };
  expect(sizes(options, [0.5, 0])).toEqual([64, 6400]);
  expect(sizes({ ...options, maxBatchSize: 1024 }, [2, 0])).toEqual([64, 1024]);
});

test.each([
  ["none", 1],
  ["sqrt", Math.SQRT2],
  ["linear", 2],
] as const)("the learning rate follows: %s", (lrCoupling, expected) => {
  const batch = new BatchController({ ...usual, lrCoupling });
  expect(batch.next().lrFactor).toBe(1);
  batch.observe(noisy(4, 0.02));
  expect(batch.next().lrFactor).toBeCloseTo(expected, 12);
});

test("samples are counted", () => {
  const batch = new BatchController(usual);
  expect(batch.next()).toMatchObject({ step: 1, samples: 64, accumulation: 4 });
  batch.observe(noisy(4, 0.02));
  expect(batch.next()).toMatchObject({ step: 2, samples: 192, accumulation: 8 });
});

test("ranks take equal shares", () => {
  const batch = new BatchController({ ...usual, world: 2 });
  expect(batch.next().accumulation).toBe(2);
  expect(batch.maxAccumulation).toBe(32);
});

test("a resumed controller decides as one that went on", () => {
  const options: BatchOptions = { ...usual, delay: 2, testInterval: 2 };
  const variances = [0, 0.03, 0, 0.05, 0, 0.01, 0, 0.2, 0, 0];
  const expected = sizes(options, variances);
  for (let stop = 1; stop < variances.length; stop++) {
    const found: number[] = [];
    let batch = new BatchController(options);
    variances.forEach((variance, i) => {
      if (i === stop) {
        const state = JSON.parse(JSON.stringify(batch.state()));
        batch = new BatchController(options);
        batch.restore(state);
      }
      const plan = batch.next();
      found.push(plan.batchSize);
      batch.observe(noisy(plan.accumulation, variance));
    });
    expect(found).toEqual(expected);
  }
});

describe("a state of something else", () => {
  const state = new BatchController(usual).state();
  test.each([
    ["another world", { ...state, world: 2 }, "world"],
    ["another micro-batch", { ...state, microBatch: 8 }, "microBatch"],
    ["another first batch", { ...state, initialBatchSize: 32 }, "initialBatchSize"],
    ["a batch beyond the maximum", { ...state, batchSize: 2048 }, "batchSize"],
    ["a batch between two", { ...state, batchSize: 65 }, "batchSize"],
    ["a step before the first", { ...state, step: -1 }, "step"],
    ["no samples", { ...state, samples: Number.NaN }, "samples"],
    ["no observations", { ...state, observations: null }, "observations"],
    ["nothing", undefined, "microBatch"],
  ])("%s is refused", (_, other, parameter) => {
    const batch = new BatchController(usual);
    expect(() => batch.restore(other as never)).toThrow(refusal("ERR_LEAN_CHECKPOINT", parameter));
    expect(batch.state()).toEqual(state);
  });
});

test.each([
  [{ testInterval: 0 }, "ERR_LEAN_INVALID_ARG", "testInterval"],
  [{ delay: -1 }, "ERR_LEAN_INVALID_ARG", "delay"],
  [{ maxGrowth: 0.5 }, "ERR_LEAN_INVALID_ARG", "maxGrowth"],
  [{ lrCoupling: "cube" }, "ERR_LEAN_INVALID_ARG", "lrCoupling"],
  [{ unbiasedNorm: 1 }, "ERR_LEAN_INVALID_ARG", "unbiasedNorm"],
  [{ maxBatch: 1 }, "ERR_LEAN_UNKNOWN_OPTION", "maxBatch"],
] as const)("%j is refused", (options, code, parameter) => {
  expect(() => new BatchController({ ...usual, ...options } as never)).toThrow(
    refusal(code, parameter),
  );
});
