import { beforeEach, describe, expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { adamSN, adamSNSM, adamw, cosine, type Recipe, recipes } from "lean-optim";
import { type LeanTfOptimizer, leanOptimizer, registerLeanOptimizer } from "lean-optim/tfjs";

type Saved = tf.io.ModelArtifacts;
type TfOptimizer = LeanTfOptimizer<typeof tf>;

const seeded = (size: number, seed: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed));

const makeVariable = (shape: number[], seed = 1, name?: string): tf.Variable =>
  tf.tidy(() =>
    tf.variable(tf.tensor(seeded(tf.util.sizeFromShape(shape), seed), shape), true, name),
  );

const snapshot = (tensor: tf.Tensor): Float32Array => (tensor.dataSync() as Float32Array).slice();

/** Applies the gradient of sum(w * k) / 2 + |w|^2 / 2, which depends on w. */
function applyQuadratic(optimizer: TfOptimizer, variables: tf.Variable[]): void {
  tf.tidy(() => {
    const { grads } = tf.variableGrads(
      () =>
        tf.addN(variables.map((w) => tf.sum(tf.add(tf.mul(w, 0.3), tf.square(w))))) as tf.Scalar,
      variables,
    );
    optimizer.applyGradients(grads);
  });
}

function denseModel(optimizer: tf.Optimizer): tf.LayersModel {
  const model = tf.sequential();
  const initializer = (seed: number) => tf.initializers.randomNormal({ stddev: 0.3, seed });
  model.add(
    tf.layers.dense({
      units: 12,
      inputShape: [8],
      activation: "tanh",
      kernelInitializer: initializer(1),
    }),
  );
  model.add(tf.layers.dense({ units: 2, kernelInitializer: initializer(2) }));
  model.compile({ optimizer, loss: "meanSquaredError" });
  return model;
}

const examples = (): { x: tf.Tensor2D; y: tf.Tensor2D } => {
  const x = tf.tensor2d(seeded(64 * 8, 5), [64, 8]);
  return { x, y: tf.tidy(() => tf.slice(tf.square(x), [0, 0], [64, 2])) };
};

/** Trains for `epochs` in an order that does not change; returns the losses. */
async function train(model: tf.LayersModel, epochs: number): Promise<number[]> {
  const { x, y } = examples();
  const { history } = await model.fit(x, y, { epochs, batchSize: 16, shuffle: false, verbose: 0 });
  tf.dispose([x, y]);
  return history.loss as number[];
}

const weightsOf = (model: tf.LayersModel): Float32Array[] => model.getWeights().map(snapshot);

async function saveModel(model: tf.LayersModel): Promise<Saved> {
  let saved: Saved | undefined;
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    saved = artifacts;
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
  });
  await model.save(handler, { includeOptimizer: true });
  // Through JSON, as a file would: whatever does not survive it must not be needed.
  const { weightData, ...rest } = saved as Saved;
  return { ...(JSON.parse(JSON.stringify(rest)) as Saved), weightData };
}

beforeEach(() => tf.setBackend("cpu"));

describe("on the plain CPU backend", () => {
  test("variables are updated in their own memory", () => {
    const w = makeVariable([6, 4]);
    const optimizer = leanOptimizer(tf, adamw({ lr: 0.1 }));
    applyQuadratic(optimizer, [w]);
    const array = w.dataSync();
    const before = array.slice();
    const { numTensors, numDataBuffers } = tf.memory();
    for (let i = 0; i < 5; i++) applyQuadratic(optimizer, [w]);
    expect(w.dataSync()).toBe(array);
    expect(array).not.toEqual(before);
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
    optimizer.dispose();
    w.dispose();
  });

  test("an array that a variable was made of stays as it was", () => {
    const initial = seeded(24, 1);
    const before = initial.slice();
    const tensor = tf.tensor(initial, [6, 4]);
    const w = tf.variable(tensor);
    tensor.dispose();
    const optimizer = leanOptimizer(tf, adamw({ lr: 0.1 }));
    for (let i = 0; i < 3; i++) applyQuadratic(optimizer, [w]);
    expect(initial).toEqual(before);
    expect(snapshot(w)).not.toEqual(before);
    optimizer.dispose();
    w.dispose();
  });

  test.each([
    ["clone", (w: tf.Tensor) => w.clone()],
    ["reshape", (w: tf.Tensor) => tf.reshape(w, [24])],
  ])("a %s that shares the variable's memory stays as it was", (_, share) => {
    const w = makeVariable([6, 4]);
    const optimizer = leanOptimizer(tf, adamw({ lr: 0.1 }));
    applyQuadratic(optimizer, [w]);
    const shared = share(w);
    const before = snapshot(shared);
    applyQuadratic(optimizer, [w]);
    expect(snapshot(shared)).toEqual(before);
    expect(snapshot(w)).not.toEqual(before);
    shared.dispose();
    // Alone again, it is updated in place again.
    applyQuadratic(optimizer, [w]);
    const array = w.dataSync();
    applyQuadratic(optimizer, [w]);
    expect(w.dataSync()).toBe(array);
    optimizer.dispose();
    w.dispose();
  });

  test("inPlace: false leaves earlier arrays alone", () => {
    const w = makeVariable([6, 4]);
    const optimizer = leanOptimizer(tf, adamw({ lr: 0.1 }), { inPlace: false });
    applyQuadratic(optimizer, [w]);
    const array = w.dataSync();
    const before = array.slice();
    applyQuadratic(optimizer, [w]);
    expect(array).toEqual(before);
    expect(w.dataSync()).not.toBe(array);
    optimizer.dispose();
    w.dispose();
  });

  test("values assigned between steps are gone on from", () => {
    const [a, b] = [makeVariable([6, 4], 1), makeVariable([6, 4], 2)];
    const optimizer = leanOptimizer(tf, recipes.sgd({ lr: 0.1 }));
    applyQuadratic(optimizer, [a]);
    a.assign(b as tf.Tensor);
    const fresh = leanOptimizer(tf, recipes.sgd({ lr: 0.1 }));
    applyQuadratic(optimizer, [a]);
    applyQuadratic(fresh, [b]);
    expect(snapshot(a)).toEqual(snapshot(b));
    tf.dispose([a, b]);
  });
});

describe("on the wasm backend", () => {
  test("steps are those of the CPU backend, by copies", async () => {
    const shapes = [[6, 4], [4], []];
    const run = () => {
      const variables = shapes.map((shape, i) => makeVariable(shape, i));
      const optimizer = leanOptimizer(tf, adamSNSM({ lr: 0.1, rank: 2 }), { maxGradNorm: 1 });
      const grads = Object.fromEntries(
        variables.map((w, i) => [w.name, tf.tensor(seeded(w.size, 10 + i), w.shape)]),
      );
      for (let i = 0; i < 4; i++) optimizer.applyGradients(grads);
      const values = variables.map(snapshot);
      tf.dispose([variables, grads]);
      optimizer.dispose();
      return values;
    };
    const onCpu = run();
    expect(await tf.setBackend("wasm")).toBe(true);
    const { numTensors, numBytes } = tf.memory();
    expect(run()).toEqual(onCpu);
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  });

  test("arrays read earlier stay as they were, and clones too", async () => {
    await tf.setBackend("wasm");
    const w = makeVariable([6, 4]);
    const optimizer = leanOptimizer(tf, adamw({ lr: 0.1 }));
    applyQuadratic(optimizer, [w]);
    const copy = w.clone();
    const before = snapshot(w);
    applyQuadratic(optimizer, [w]);
    expect(snapshot(copy)).toEqual(before);
    expect(snapshot(w)).not.toEqual(before);
    optimizer.dispose();
    tf.dispose([w, copy]);
  });
});

describe("the steps", () => {
  test("AdamW's are those of tf.train.adam", () => {
    const [mine, theirs] = [makeVariable([5, 3]), makeVariable([5, 3])];
    const optimizer = leanOptimizer(tf, adamw({ lr: 0.05, weightDecay: 0, eps: 1e-7 }));
    const reference = tf.train.adam(0.05);
    for (let step = 0; step < 20; step++) {
      const loss = (w: tf.Variable) => tf.sum(tf.mul(tf.square(w), w)) as tf.Scalar;
      optimizer.minimize(() => loss(mine), false, [mine]);
      reference.minimize(() => loss(theirs), false, [theirs]);
    }
    const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(mine, theirs))).dataSync()[0]);
    expect(difference).toBeLessThan(1e-5);
    optimizer.dispose();
    reference.dispose();
    tf.dispose([mine, theirs]);
  });

  test("minimize returns the cost", () => {
    const w = makeVariable([3, 3]);
    const optimizer = leanOptimizer(tf, adamSN({ lr: 0.1 }));
    const cost = () =>
      optimizer.minimize(() => tf.sum(tf.square(w)) as tf.Scalar, true, [w]) as tf.Scalar;
    const [first] = cost().dataSync();
    for (let i = 0; i < 20; i++) cost();
    const [last] = cost().dataSync();
    expect(last).toBeLessThan((first as number) / 2);
    expect(optimizer.iterations).toBe(22);
    optimizer.dispose();
    w.dispose();
  });

  test("named tensors in a list are taken as in a map", () => {
    const [a, b] = [makeVariable([4, 3]), makeVariable([4, 3])];
    const gradient = tf.tensor(seeded(12, 7), [4, 3]);
    const [listed, mapped] = [0, 1].map(() => leanOptimizer(tf, adamw({ lr: 0.1 })));
    listed?.applyGradients([{ name: a.name, tensor: gradient }]);
    mapped?.applyGradients({ [b.name]: gradient });
    expect(snapshot(a)).toEqual(snapshot(b));
    tf.dispose([a, b, gradient]);
  });

  test("a variable without a gradient stays, and its bias correction waits", () => {
    const [a, b] = [makeVariable([4, 3]), makeVariable([4, 3])];
    const gradient = tf.tensor(seeded(12, 7), [4, 3]);
    const optimizer = leanOptimizer(tf, adamw({ lr: 0.1 }));
    const before = snapshot(b);
    optimizer.applyGradients([
      { name: a.name, tensor: gradient },
      { name: b.name, tensor: null as unknown as tf.Tensor },
    ]);
    expect(snapshot(b)).toEqual(before);
    const afterOne = snapshot(a);
    optimizer.applyGradients({ [b.name]: gradient });
    expect(snapshot(a)).toEqual(afterOne);
    expect(snapshot(b)).toEqual(afterOne);
    tf.dispose([a, b, gradient]);
  });

  test("variables that come late start of their own, and the others go on", () => {
    const repeat = (optimizer: TfOptimizer, variables: tf.Variable[], steps: number) => {
      for (let i = 0; i < steps; i++) applyQuadratic(optimizer, variables);
    };
    const [a, b, c, d] = [1, 2, 1, 2].map((seed) => makeVariable([6, 4], seed)) as tf.Variable[];
    const together = leanOptimizer(tf, adamSNSM({ lr: 0.05, rank: 2 }));
    repeat(together, [a as tf.Variable], 3);
    repeat(together, [a as tf.Variable, b as tf.Variable], 3);
    const first = leanOptimizer(tf, adamSNSM({ lr: 0.05, rank: 2, projector: "svd" }));
    const second = leanOptimizer(tf, adamSNSM({ lr: 0.05, rank: 2, projector: "svd" }));
    repeat(first, [c as tf.Variable], 6);
    repeat(second, [d as tf.Variable], 3);
    const close = (x: tf.Variable, y: tf.Variable) =>
      tf.tidy(() => tf.max(tf.abs(tf.sub(x, y))).dataSync()[0] as number);
    expect(close(a as tf.Variable, c as tf.Variable)).toBeLessThan(1e-3);
    expect(close(b as tf.Variable, d as tf.Variable)).toBeLessThan(1e-3);
    tf.dispose([a, b, c, d] as tf.Variable[]);
  });

  test("learning rates and schedules", () => {
    const w = makeVariable([4, 3]);
    const gradient = tf.ones([4, 3]);
    const optimizer = leanOptimizer(tf, recipes.sgd({ lr: 0.5 }));
    const step = () => {
      const before = snapshot(w)[0] as number;
      optimizer.applyGradients({ [w.name]: gradient });
      return before - (snapshot(w)[0] as number);
    };
    expect(step()).toBeCloseTo(0.5, 6);
    optimizer.learningRate = 0.25;
    expect(step()).toBeCloseTo(0.25, 6);
    optimizer.setLearningRate(0);
    expect(step()).toBe(0);
    expect(optimizer.learningRate).toBe(0);
    tf.dispose([w, gradient]);

    const v = makeVariable([4, 3]);
    const schedule = cosine({ steps: 10, warmup: 2 });
    const scheduled = leanOptimizer(tf, recipes.sgd({ lr: 0.5, schedule }));
    const before = snapshot(v)[0] as number;
    scheduled.applyGradients({ [v.name]: gradient.isDisposed ? tf.ones([4, 3]) : gradient });
    expect(before - (snapshot(v)[0] as number)).toBeCloseTo(0.25, 6);
    v.dispose();
  });

  test("groups give variables recipes of their own", () => {
    const matrix = makeVariable([8, 6], 1, "groups/kernel");
    const embedding = makeVariable([8, 6], 1, "groups/embedding");
    const bias = makeVariable([6], 1, "groups/bias");
    const optimizer = leanOptimizer(tf, adamSNSM({ lr: 1e-2, rank: 2 }), {
      // A new recipe at every call: they are one group all the same.
      groups: (name, shape) =>
        name.includes("embedding") || shape.length < 2 ? adamw({ lr: 1e-3 }) : undefined,
    });
    applyQuadratic(optimizer, [matrix, embedding, bias]);
    expect(optimizer.groups.map(({ recipe, lr }) => [recipe.name, lr])).toEqual([
      ["adamSNSM", 1e-2],
      ["adamw", 1e-3],
    ]);
    const { byKind } = optimizer.memory();
    expect(byKind.momentum).toBe(4 * (8 * 2 + 8 * 6 + 6));
    expect(byKind.secondMoment).toBe(4 * (8 + 8 * 6 + 6));
    expect(byKind.basis).toBe(4 * 6 * 2);
    const [before, array] = [snapshot(embedding), snapshot(matrix)];
    (optimizer.groups[1] as { lr: number }).lr = 0;
    (optimizer.groups[1] as { weightDecay: number }).weightDecay = 0;
    applyQuadratic(optimizer, [matrix, embedding, bias]);
    expect(snapshot(embedding)).toEqual(before);
    expect(snapshot(matrix)).not.toEqual(array);
    optimizer.dispose();
    tf.dispose([matrix, embedding, bias]);
  });

  test("a kernel of a convolution is a matrix with its outputs as columns", () => {
    const kernel = makeVariable([3, 3, 4, 6]);
    const optimizer = leanOptimizer(tf, adamSN({ lr: 0.01 }));
    applyQuadratic(optimizer, [kernel]);
    expect(optimizer.memory().byKind.secondMoment).toBe(4 * 36);
    optimizer.dispose();
    kernel.dispose();
  });

  test("gradients that are not finite are skipped where clipping is on", () => {
    const w = makeVariable([4, 3]);
    const before = snapshot(w);
    const optimizer = leanOptimizer(tf, adamw({ lr: 0.1 }), { maxGradNorm: 1 });
    const gradient = tf.fill([4, 3], Number.NaN);
    optimizer.applyGradients({ [w.name]: gradient });
    expect(snapshot(w)).toEqual(before);
    tf.dispose([w, gradient]);
  });
});

describe("with layers", () => {
  test.each(["cpu", "wasm"])("compile and fit train on %s", async (backend) => {
    await tf.setBackend(backend);
    for (const recipe of [
      adamw({ lr: 0.01 }),
      adamSN({ lr: 0.05 }),
      adamSNSM({ lr: 0.05, rank: 2 }),
    ]) {
      const model = denseModel(leanOptimizer(tf, recipe));
      const losses = await train(model, 12);
      expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 2);
      model.dispose();
    }
  });

  test("trainable = false leaves a layer alone", async () => {
    const model = denseModel(leanOptimizer(tf, adamw({ lr: 0.01 })));
    const [frozen, trained] = model.layers as [tf.layers.Layer, tf.layers.Layer];
    frozen.trainable = false;
    model.compile({ optimizer: leanOptimizer(tf, adamw({ lr: 0.01 })), loss: "meanSquaredError" });
    const values = () => [frozen, trained].map((layer) => layer.getWeights().map(snapshot));
    const before = values();
    await train(model, 1);
    const after = values();
    expect(after[0]).toEqual(before[0]);
    expect(after[1]).not.toEqual(before[1]);
    model.dispose();
  });

  const resumed: [string, Recipe][] = [
    ["adamw", adamw({ lr: 0.01 })],
    ["adamSN", adamSN({ lr: 0.05, schedule: cosine({ steps: 100, warmup: 10 }) })],
    ["adamSNSM", adamSNSM({ lr: 0.05, rank: 2, updateProjGap: 3 })],
    ["adamSNSM in bfloat16", adamSNSM({ lr: 0.05, rank: 2, stateDtype: "bfloat16" })],
    ["adamSNSM on lines", adamSNSM({ lr: 0.05, rank: 2, projector: "uniform", updateProjGap: 3 })],
    ["sgd", recipes.sgd({ lr: 0.05, momentum: 0.9 } as never)],
  ];
  test.each(resumed)("a saved and loaded model goes on bit for bit: %s", async (_, recipe) => {
    const groups = (name: string) => (name.includes("bias") ? adamw({ lr: 2e-3 }) : undefined);
    const model = denseModel(leanOptimizer(tf, recipe, { groups, maxGradNorm: 1, seed: 3 }));
    await train(model, 2);
    const saved = await saveModel(model);
    registerLeanOptimizer(tf);
    // Beside the first one, so that its variables have other names.
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved));
    expect(weightsOf(loaded)).toEqual(weightsOf(model));
    const [goesOn, resumes] = [await train(model, 3), await train(loaded, 3)];
    expect(resumes).toEqual(goesOn);
    expect(weightsOf(loaded)).toEqual(weightsOf(model));
    expect(loaded.optimizer.iterations).toBe(model.optimizer.iterations);
    // And again from what was loaded.
    const again = await tf.loadLayersModel(tf.io.fromMemory(await saveModel(loaded)));
    expect(await train(again, 1)).toEqual(await train(model, 1));
    for (const each of [model, loaded, again]) each.dispose();
  });

  test("a rate that was set is saved, too", async () => {
    const model = denseModel(leanOptimizer(tf, adamw({ lr: 0.01 })));
    (model.optimizer as unknown as TfOptimizer).learningRate = 0.002;
    await train(model, 1);
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(await saveModel(model)));
    expect((loaded.optimizer as unknown as TfOptimizer).learningRate).toBe(0.002);
    for (const each of [model, loaded]) each.dispose();
  });
});

describe("weights of the optimizer", () => {
  test("go to another optimizer of the same variables", async () => {
    const [w, v] = [makeVariable([6, 4], 1), makeVariable([4], 2)];
    const first = leanOptimizer(tf, adamSNSM({ lr: 0.05, rank: 2 }));
    for (let i = 0; i < 3; i++) applyQuadratic(first, [w, v]);
    const start = [w, v].map(snapshot);
    const second = leanOptimizer(tf, adamSNSM({ lr: 0.05, rank: 2 }));
    await second.setWeights(await first.getWeights());
    expect(second.iterations).toBe(3);
    for (let i = 0; i < 3; i++) applyQuadratic(first, [w, v]);
    const end = [w, v].map(snapshot);
    [w, v].forEach((variable, i) => {
      const value = tf.tensor(start[i] as Float32Array, variable.shape);
      variable.assign(value);
      value.dispose();
    });
    // In another order, which does not matter to variables of the same names.
    for (let i = 0; i < 3; i++) applyQuadratic(second, [v, w]);
    expect([w, v].map(snapshot)).toEqual(end);
    for (const each of [first, second]) each.dispose();
    tf.dispose([w, v]);
  });

  test("begin with tfjs's count, and asking for them often takes no memory", async () => {
    const w = makeVariable([6, 4]);
    const optimizer = leanOptimizer(tf, adamw({ lr: 0.1 }));
    expect((await optimizer.getWeights()).map(({ name }) => name)).toEqual(["iter"]);
    applyQuadratic(optimizer, [w]);
    const weights = await optimizer.getWeights();
    expect(weights[0]).toMatchObject({ name: "iter" });
    expect(weights.slice(1).map(({ name }) => name)).toEqual([
      "optimizer.steps:int64",
      `${w.name}.counters:int64`,
      `${w.name}.exp_avg`,
      `${w.name}.exp_avg_sq`,
    ]);
    const { numTensors } = tf.memory();
    for (let i = 0; i < 5; i++) (await optimizer.getWeights())[0]?.tensor.dispose();
    expect(tf.memory().numTensors).toBe(numTensors);
    optimizer.dispose();
    tf.dispose([w, weights[0]?.tensor as tf.Tensor]);
  });

  test("are what was set until there is a step", async () => {
    const w = makeVariable([6, 4]);
    const first = leanOptimizer(tf, adamw({ lr: 0.1 }));
    applyQuadratic(first, [w]);
    const weights = await first.getWeights();
    const second = leanOptimizer(tf, adamw({ lr: 0.1 }));
    await second.setWeights(weights);
    const kept = await second.getWeights();
    expect(kept.map(({ tensor }) => Array.from(tensor.dataSync()))).toEqual(
      weights.map(({ tensor }) => Array.from(tensor.dataSync())),
    );
    for (const each of [first, second]) each.dispose();
    w.dispose();
  });

  test("of another recipe or of other variables are refused", async () => {
    const [w, v, u] = [1, 2, 3].map((seed) => makeVariable([6, 4], seed)) as tf.Variable[];
    const first = leanOptimizer(tf, adamw({ lr: 0.1 }));
    applyQuadratic(first, [w as tf.Variable]);
    const weights = await first.getWeights();
    const before = snapshot(w as tf.Variable);
    const second = leanOptimizer(tf, adamSN({ lr: 0.1 }));
    await second.setWeights(weights);
    const refused = expect.objectContaining({ code: "ERR_LEAN_CHECKPOINT" });
    expect(() => applyQuadratic(second, [w as tf.Variable])).toThrow(refused);
    const third = leanOptimizer(tf, adamw({ lr: 0.1 }));
    await third.setWeights(weights);
    expect(() => applyQuadratic(third, [v as tf.Variable, u as tf.Variable])).toThrow(refused);
    expect(snapshot(w as tf.Variable)).toEqual(before);
    tf.dispose([w, v, u] as tf.Variable[]);
  });
});

describe("refuses", () => {
  const code = (name: string) => expect.objectContaining({ code: name });

  test("steps after dispose", async () => {
    const w = makeVariable([4, 3]);
    const optimizer = leanOptimizer(tf, adamw({ lr: 0.1 }));
    applyQuadratic(optimizer, [w]);
    await optimizer.getWeights();
    optimizer.dispose();
    optimizer.dispose();
    expect(() => applyQuadratic(optimizer, [w])).toThrow(code("ERR_LEAN_DISPOSED"));
    await expect(optimizer.getWeights()).rejects.toThrow(code("ERR_LEAN_DISPOSED"));
    w.dispose();
  });

  test("gradients of no variable", () => {
    const optimizer = leanOptimizer(tf, adamw({ lr: 0.1 }));
    const gradient = tf.ones([2]);
    expect(() => optimizer.applyGradients({ nothing: gradient })).toThrow(
      code("ERR_LEAN_UNKNOWN_NAME"),
    );
    gradient.dispose();
  });

  test("gradients of another size", () => {
    const w = makeVariable([4, 3]);
    const before = snapshot(w);
    const optimizer = leanOptimizer(tf, adamw({ lr: 0.1 }));
    const gradient = tf.ones([2]);
    expect(() => optimizer.applyGradients({ [w.name]: gradient })).toThrow(code("ERR_LEAN_SHAPE"));
    expect(snapshot(w)).toEqual(before);
    tf.dispose([w, gradient]);
  });

  test("a new variable of an old name and another shape, not one of the same", () => {
    const optimizer = leanOptimizer(tf, adamw({ lr: 0.1 }));
    const make = (shape: number[]) => makeVariable(shape, 1, "renewed");
    let w = make([4, 3]);
    applyQuadratic(optimizer, [w]);
    w.dispose();
    // Others may come meanwhile.
    const other = makeVariable([2, 2]);
    applyQuadratic(optimizer, [other]);
    w = make([4, 3]);
    const before = snapshot(w);
    applyQuadratic(optimizer, [w, other]);
    expect(snapshot(w)).not.toEqual(before);
    tf.dispose([w, other]);
    w = make([3, 4]);
    expect(() => applyQuadratic(optimizer, [w])).toThrow(code("ERR_LEAN_SHAPE"));
    w.dispose();
    optimizer.dispose();
  });

  test("integer variables and unknown options", () => {
    const optimizer = leanOptimizer(tf, adamw({ lr: 0.1 }));
    const count = tf.variable(tf.scalar(1, "int32"));
    const gradient = tf.scalar(1);
    expect(() => optimizer.applyGradients({ [count.name]: gradient })).toThrow(
      code("ERR_LEAN_DTYPE"),
    );
    tf.dispose([count, gradient]);
    expect(() => leanOptimizer(tf, adamw(), { maxGradNom: 1 } as never)).toThrow(
      code("ERR_LEAN_UNKNOWN_OPTION"),
    );
  });
});
