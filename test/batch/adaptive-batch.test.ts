import {
  AdaptiveBatch,
  type AdaptiveBatchOptions,
  adagradNorm,
  linear,
  Optimizer,
  sgd,
} from "lean-optim";
import { tooSmallBy } from "../../lib/batch/batch-test.js";
import { deviceMemory } from "../../lib/device-memory.js";
import { sampleNoise } from "../oracle/batch-noise.js";
import { gaussians } from "../oracle/random.js";
import { backends } from "../support/backends.js";
import { refusal } from "../support/refusal.js";

const SIZE = 60;

describe.each(backends())("on %s", (device) => {
  const memory = deviceMemory(device);
  const place = (array: Float32Array) => (device === "cpu" ? array : memory.fromHost(array));

  function make(options: AdaptiveBatchOptions, recipe = sgd({ lr: 0.1 })) {
    const data = place(new Float32Array(SIZE));
    const params = [{ name: "w", data, shape: [6, 10], dtype: "float32" as const }];
    const optimizer = new Optimizer([{ params, optimizer: recipe }], { device });
    const weights = () =>
      data instanceof Float32Array ? [...data] : [...memory.toHost(data, new Float32Array(SIZE))];
    return { optimizer, batch: new AdaptiveBatch(optimizer, options), weights };
  }

  /** A micro-batch's gradient: the same for all, and noise. */
  const gradient = (seed: number, noise: number) =>
    Float32Array.from(gaussians(SIZE, seed), (x, i) => 1 + (i % 3) + noise * x);

  const usual: AdaptiveBatchOptions = { batchSize: 32, maxBatchSize: 512, microBatch: 8, delay: 0 };

  test("a step is one with the mean of the micro-batches", () => {
    const { optimizer, batch, weights } = make(usual);
    const grads = Array.from({ length: batch.next().accumulation }, (_, i) => gradient(i, 1));
    for (const grad of grads) batch.add({ w: place(grad) });
    batch.step();
    optimizer.synchronize();
    weights().forEach((weight, i) => {
      const mean = grads.reduce((sum, grad) => sum + grad[i], 0) / grads.length;
      expect(Math.abs(weight + 0.1 * mean)).toBeLessThan(1e-6);
    });
    batch.dispose();
  });

  test.each(["norm", "innerProduct", "augmented"] as const)(
    "single samples give the published %s test",
    (kind) => {
      const { batch } = make({
        ...usual,
        batchSize: 16,
        microBatch: 1,
        test: kind,
        maxBatchSize: 1e6,
      });
      const samples = Array.from({ length: batch.next().accumulation }, (_, i) => gradient(i, 3));
      for (const sample of samples) batch.add({ w: place(sample) });
      batch.step();
      const { noise, batchSize } = batch.next();
      const { along, ...expected } = sampleNoise(samples);
      const factor = tooSmallBy(
        { kind, eta: 0.1, theta: 0.1, nu: 0.1, share: 0.5 },
        { ...expected, alongSquared: along },
      );
      expect(Math.abs((noise?.tooSmallBy as number) / factor - 1)).toBeLessThan(1e-4);
      expect(batchSize).toBe(Math.max(16, Math.ceil(16 * (noise?.tooSmallBy as number))));
      batch.dispose();
    },
  );

  test("half of the coordinates tell what the coordinate-wise test says", () => {
    const { batch } = make({ ...usual, test: { kind: "coordinate", eta: 1, share: 0.5 } });
    const grads = Array.from({ length: batch.next().accumulation }, (_, i) => gradient(i, 3));
    for (const grad of grads) batch.add({ w: place(grad) });
    batch.step();
    const noises = grads[0]
      .map((_, j) => {
        const own = grads.map((grad) => Float64Array.of(grad[j]));
        const { variance, meanSquare } = sampleNoise(own);
        return variance / meanSquare;
      })
      .sort();
    const found = batch.next().noise?.tooSmallBy as number;
    // The edge of a bin, up to a quarter of a binade above.
    expect(found).toBeGreaterThan(noises[SIZE / 2 - 1] * 0.999);
    expect(found).toBeLessThan(noises[SIZE / 2 - 1] * 1.26);
    batch.dispose();
  });

  test("noise makes batches grow, its absence does not", () => {
    const grown = (noise: number) => {
      const { batch } = make({ ...usual, test: { kind: "norm", eta: 0.1 } }, adagradNorm());
      let seed = 0;
      for (let step = 0; step < 4; step++) {
        const { accumulation } = batch.next();
        for (let i = 0; i < accumulation; i++) batch.add({ w: place(gradient(seed++, noise)) });
        batch.step();
      }
      const { batchSize } = batch.next();
      batch.dispose();
      return batchSize;
    };
    expect(grown(0)).toBe(32);
    expect(grown(1)).toBeGreaterThan(32);
  });

  test("decisions come late by as many steps as asked", () => {
    const { batch } = make({ ...usual, delay: 2 });
    const sizes = Array.from({ length: 4 }, (_, step) => {
      const { accumulation, batchSize } = batch.next();
      for (let i = 0; i < accumulation; i++) batch.add({ w: place(gradient(99 * step + i, 9)) });
      batch.step();
      return batchSize;
    });
    expect(sizes.slice(0, 3)).toEqual([32, 32, 32]);
    expect(sizes[3]).toBeGreaterThan(32);
    batch.dispose();
  });

  test("a loss scale changes nothing", () => {
    const trained = (gradScale: number) => {
      const { optimizer, batch, weights } = make(usual);
      const { accumulation } = batch.next();
      for (let i = 0; i < accumulation; i++) {
        batch.add({ w: place(gradient(i, 2).map((x) => gradScale * x)) });
      }
      batch.step({ gradScale });
      optimizer.synchronize();
      const { batchSize } = batch.next();
      batch.dispose();
      return [batchSize, ...weights()];
    };
    expect(trained(1024)).toEqual(trained(1));
  });

  test("schedules can be in samples", () => {
    const schedule = linear({ steps: 64 });
    const { optimizer, batch, weights } = make(usual, sgd({ lr: 0.1, schedule }));
    const { accumulation, samples } = batch.next();
    for (let i = 0; i < accumulation; i++) batch.add({ w: place(gradient(0, 0)) });
    batch.step({ progress: samples });
    optimizer.synchronize();
    expect(weights()[0]).toBeCloseTo(-0.05, 6);
    batch.dispose();
  });

  test("a resumed training goes on as it would have", () => {
    const run = (stop: number) => {
      let { batch } = make({ ...usual, delay: 1 });
      const sizes: number[] = [];
      for (let step = 0; step < 5; step++) {
        if (step === stop) {
          const state = JSON.parse(JSON.stringify(batch.state()));
          batch.dispose();
          batch = make({ ...usual, delay: 1 }).batch;
          batch.restore(state);
        }
        const { accumulation, batchSize } = batch.next();
        sizes.push(batchSize);
        for (let i = 0; i < accumulation; i++) batch.add({ w: place(gradient(99 * step + i, 4)) });
        batch.step();
      }
      batch.dispose();
      return sizes;
    };
    const expected = run(-1);
    expect(new Set(expected).size).toBeGreaterThan(1);
    expect([1, 2, 3, 4].map(run)).toEqual([expected, expected, expected, expected]);
  });

  test("a step without gradients is refused", () => {
    const { optimizer, batch } = make(usual);
    batch.next();
    expect(() => batch.step()).toThrow(refusal("ERR_LEAN_INVALID_ARG", "grads", 0));
    expect(optimizer.steps).toBe(0);
    batch.dispose();
  });

  test("memory used again is refused where gradients are read twice, and only there", () => {
    const grad = place(gradient(1, 1));
    const { batch } = make({ ...usual, test: "augmented" });
    batch.next();
    batch.add({ w: grad });
    expect(() => batch.add({ w: grad })).toThrow(refusal("ERR_LEAN_ALIAS", "grads"));
    batch.dispose();
    const { batch: once } = make(usual);
    once.next();
    once.add({ w: grad });
    once.add({ w: grad });
    once.step();
    once.dispose();
  });

  test("gradients that are not finite decide nothing", () => {
    const { batch } = make(usual);
    const { accumulation } = batch.next();
    for (let i = 0; i < accumulation; i++) batch.add({ w: place(gradient(i, Number.NaN)) });
    batch.step();
    expect(batch.next()).toMatchObject({ reason: "undecided", batchSize: 32 });
    batch.dispose();
  });
});
