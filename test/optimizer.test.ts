import {
  adagradNorm,
  adamSNSM,
  adamw,
  generic,
  momentums,
  Optimizer,
  type OptimizerOptions,
  type ParameterGroup,
  sgd,
} from "lean-optim";
import { bitsOf, expectRefused, snapshot } from "./support/bits.js";
import { randomArray, randomFloats } from "./support/dtypes.js";
import { refusal } from "./support/refusal.js";

/** A tall float32 weight `a` and a bfloat16 vector `b`, in one group each. */
function build(options?: OptimizerOptions) {
  const a = { name: "a", shape: [12, 5], data: randomFloats(60, 1), grad: randomFloats(60, 2) };
  const b = {
    name: "b",
    dtype: "bfloat16" as const,
    data: randomArray(7, 3, "bfloat16"),
    grad: randomArray(7, 4, "bfloat16"),
  };
  const groups: ParameterGroup[] = [
    { params: [a], optimizer: adamSNSM({ lr: 0.1, rank: 2, updateProjGap: 2 }) },
    { params: [b], optimizer: adamw({ lr: 0.01, weightDecay: 0.2 }) },
  ];
  return { optimizer: new Optimizer(groups, options), a, b, weights: [a.data, b.data] };
}

const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown as Error;

describe("groups", () => {
  test("have the settings of their recipes, to be changed between steps", () => {
    const { groups } = build().optimizer;
    expect(groups.map(({ names, lr, weightDecay }) => ({ names, lr, weightDecay }))).toEqual([
      { names: ["a"], lr: 0.1, weightDecay: 0 },
      { names: ["b"], lr: 0.01, weightDecay: 0.2 },
    ]);
    expect(groups[0]?.recipe.name).toBe("adamSNSM");
  });

  test("are stepped each at their own rate", () => {
    const data = [0, 1].map(() => new Float32Array(1));
    const grad = Float32Array.of(1);
    const groups = data.map((array, i) => ({
      params: [{ name: `w${i}`, data: array, grad }],
      optimizer: sgd({ lr: i + 1 }),
    }));
    const optimizer = new Optimizer(groups);
    optimizer.step();
    expect(data.map(([w]) => w)).toEqual([-1, -2]);
    (optimizer.groups[1] as { lr: number }).lr = 0.25;
    optimizer.step();
    expect(data.map(([w]) => w)).toEqual([-2, -2.25]);
    (optimizer.groups[0] as { weightDecay: number }).weightDecay = 0.5;
    optimizer.step();
    expect(data.map(([w]) => w)).toEqual([-2 - (1 - 0.5 * 2), -2.5]);
  });

  test("of a rate of zero stay, and their moments go on", () => {
    const { optimizer, a } = build();
    const before = bitsOf(a.data);
    for (const group of optimizer.groups) group.lr = 0;
    optimizer.step();
    expect(bitsOf(a.data)).toBe(before);
    expect(optimizer.counters("a")[0]?.updates).toBe(1);
  });

  test.each([
    ["lr", -1],
    ["lr", Number.NaN],
    ["lr", Number.POSITIVE_INFINITY],
    ["lr", "0.1"],
    ["lr", undefined],
    ["weightDecay", -0.1],
    ["weightDecay", Number.NaN],
    ["weightDecay", null],
  ])("refuse a %s of %p at the next step, which then does nothing", (key, value) => {
    const { optimizer, weights } = build();
    optimizer.step();
    const group = optimizer.groups[1] as unknown as Record<string, unknown>;
    group[key] = value;
    const expected = expect.objectContaining({
      code: "ERR_LEAN_INVALID_ARG",
      parameter: `groups[1].${key}`,
      value,
    }) as unknown as Error;
    expectRefused(optimizer, weights, () => optimizer.step(), expected);
    const grads = { b: randomArray(7, 9, "bfloat16") };
    expectRefused(optimizer, weights, () => optimizer.step({ grads }), expected);
    group[key] = 0.1;
    optimizer.step();
    expect(optimizer.steps).toBe(2);
  });
});

describe("what a step is handed", () => {
  const grad = () => randomFloats(60, 5);

  test.each<[string, object, Error]>([
    [
      "gradients of a name that is not there",
      { grads: { c: grad() } },
      refusal("ERR_LEAN_UNKNOWN_NAME", "c"),
    ],
    ["too few gradients", { grads: [grad()] }, refusal("ERR_LEAN_SHAPE", "grads", 1)],
    ["too many gradients", { grads: [grad(), null, null] }, refusal("ERR_LEAN_SHAPE", "grads", 3)],
    [
      "a gradient alone, which has names for its elements",
      { grads: grad() },
      refusal("ERR_LEAN_UNKNOWN_NAME", "0"),
    ],
    [
      "a gradient too short",
      { grads: { a: new Float32Array(59) } },
      refusal("ERR_LEAN_SHAPE", "a", 59),
    ],
    [
      "a gradient of another class",
      { grads: { a: new Float64Array(60) } },
      refusal("ERR_LEAN_DTYPE", "a.grad", new Float64Array(60)),
    ],
    [
      "a gradient of another type than it was made for",
      { grads: { b: new Float32Array(7) } },
      refusal("ERR_LEAN_DTYPE", "b.grad", "bfloat16"),
    ],
    ["a BigInt pointer", { grads: { a: 4096n } }, refusal("ERR_LEAN_DTYPE", "a.grad", 4096n)],
    [
      "weights of a name that is not there",
      { params: { c: grad() } },
      refusal("ERR_LEAN_UNKNOWN_NAME", "c"),
    ],
    ["no weight", { params: { a: null } }, refusal("ERR_LEAN_DTYPE", "a.data", null)],
    [
      "a weight too long",
      { params: { a: new Float32Array(61) } },
      refusal("ERR_LEAN_SHAPE", "a", 61),
    ],
    [
      "a weight of another type",
      { params: { b: new Float32Array(7) } },
      refusal("ERR_LEAN_DTYPE", "b.data", "bfloat16"),
    ],
    ["a gradScale of zero", { gradScale: 0 }, refusal("ERR_LEAN_INVALID_ARG", "gradScale", 0)],
    ["a negative gradScale", { gradScale: -2 }, refusal("ERR_LEAN_INVALID_ARG", "gradScale", -2)],
    [
      "a gradScale that is none",
      { gradScale: Number.NaN },
      refusal("ERR_LEAN_INVALID_ARG", "gradScale", Number.NaN),
    ],
    ["an unknown option", { gards: {} }, refusal("ERR_LEAN_UNKNOWN_OPTION", "gards", {})],
    ["null", null as never, refusal("ERR_LEAN_INVALID_ARG", "step", null)],
  ])("%s is refused, and nothing has happened", async (_, options, expected) => {
    const { optimizer, weights } = build();
    optimizer.step();
    expectRefused(optimizer, weights, () => optimizer.step(options), expected);
    const before = snapshot(optimizer, weights);
    await expect(optimizer.stepAsync(options)).rejects.toThrow(expected);
    expect(snapshot(optimizer, weights)).toEqual(before);
    optimizer.step();
    expect(optimizer.steps).toBe(2);
  });

  test("a gradient that is undefined is one that was forgotten", () => {
    const { optimizer, weights } = build();
    for (const grads of [{ a: undefined }, [undefined, null], new Array(2)]) {
      const expected = expect.objectContaining({ code: "ERR_LEAN_DTYPE", parameter: "a.grad" });
      expectRefused(
        optimizer,
        weights,
        () => optimizer.step({ grads: grads as never }),
        expected as unknown as Error,
      );
    }
  });

  test("a name is suggested for a misspelled one", () => {
    const data = randomFloats(2, 1);
    const params = [{ name: "layer.weight", data }];
    const optimizer = new Optimizer([{ params, optimizer: sgd() }]);
    expect(() => optimizer.step({ grads: { "layer.wieght": null } })).toThrow(
      "did you mean layer.weight?",
    );
    expect(() => optimizer.counters("layer_weight")).toThrow("did you mean layer.weight?");
  });

  test("where one thing is refused, the others do not count either", () => {
    const { optimizer, a } = build();
    const before = bitsOf(a.data);
    const moved = a.data.slice();
    const options = { params: { a: moved }, grads: { a: grad(), b: null }, gradScale: -1 };
    expect(() => optimizer.step(options)).toThrow(code("ERR_LEAN_INVALID_ARG"));
    optimizer.step();
    expect(bitsOf(a.data)).not.toBe(before);
    expect(bitsOf(moved)).toBe(before);
    expect(optimizer.counters("b")[0]?.updates).toBe(1);
  });

  test("memory that a step writes is in nothing else", () => {
    const { optimizer, a, b, weights } = build();
    const overlapping = (array: ArrayBufferView) => new Float32Array(array.buffer, 0, 60);
    const alias = (parameter: string, value: string) => refusal("ERR_LEAN_ALIAS", parameter, value);
    const refuse = (options: object, expected: Error) =>
      expectRefused(optimizer, weights, () => optimizer.step(options), expected);
    refuse({ grads: { a: a.data } }, alias("a.grad", "a.data"));
    refuse({ grads: { b: new Uint16Array(a.data.buffer, 0, 7) } }, alias("b.grad", "a.data"));
    refuse({ params: { b: new Uint16Array(a.data.buffer, 8, 7) } }, alias("b.data", "a.data"));
    refuse({ params: { a: a.grad } }, alias("a.grad", "a.data"));
    const both = new Float32Array(60);
    refuse({ params: { a: both }, grads: { a: overlapping(both) } }, alias("a.grad", "a.data"));
    const moved = new Uint16Array(b.grad.buffer);
    refuse({ params: { b: moved } }, alias("b.grad", "b.data"));
    // The place that a weight has left is free again.
    optimizer.step({ params: { a: both } });
    optimizer.step({ grads: { a: a.data } });
  });
});

describe("buffers that are taken away", () => {
  const transfers: [string, (buffer: ArrayBuffer) => ArrayBuffer][] = [
    ["structuredClone", (buffer) => structuredClone(buffer, { transfer: [buffer] })],
  ];
  if ("transfer" in ArrayBuffer.prototype) {
    transfers.push(["transfer", (buffer) => (buffer as never as { transfer(): never }).transfer()]);
  }

  describe.each(transfers)("by %s", (_, transfer) => {
    test("from a weight", () => {
      const { optimizer, a, b } = build();
      optimizer.step();
      const before = bitsOf(b.data);
      transfer(a.data.buffer as ArrayBuffer);
      const detached = refusal("ERR_LEAN_DETACHED", "a", 0);
      expectRefused(optimizer, [b.data], () => optimizer.step(), detached);
      expectRefused(optimizer, [b.data], () => optimizer.step({ grads: { a: null } }), detached);
      expect(bitsOf(b.data)).toBe(before);
      optimizer.step({ params: { a: randomFloats(60, 1) } });
      expect(optimizer.steps).toBe(2);
    });

    test("from a gradient", () => {
      const { optimizer, b, weights } = build();
      transfer(b.grad.buffer as ArrayBuffer);
      const detached = refusal("ERR_LEAN_DETACHED", "b", 0);
      expectRefused(optimizer, weights, () => optimizer.step(), detached);
      expectRefused(optimizer, weights, () => optimizer.step({ gradScale: 2 }), detached);
      optimizer.step({ grads: { b: null } });
      expect(optimizer.counters("b")[0]?.calls).toBe(0);
    });

    test("before they are handed over", () => {
      const { optimizer, weights } = build();
      const grad = new Float32Array(60);
      transfer(grad.buffer);
      const empty = refusal("ERR_LEAN_SHAPE", "a", 0);
      expectRefused(optimizer, weights, () => optimizer.step({ grads: { a: grad } }), empty);
    });
  });

  test.each([
    ["that tracks its length", (buffer: ArrayBuffer) => new Float32Array(buffer), 30],
    ["of a length of its own", (buffer: ArrayBuffer) => new Float32Array(buffer, 0, 60), 0],
  ])("by resizing, from an array %s", (_, view, left) => {
    const resizable = ArrayBuffer as unknown as new (
      bytes: number,
      options: { maxByteLength: number },
    ) => ArrayBuffer & { resize(bytes: number): void };
    const buffer = new resizable(240, { maxByteLength: 480 });
    const { optimizer, weights } = build();
    const grad = view(buffer);
    grad.set(randomFloats(60, 5));
    optimizer.step({ grads: { a: grad } });
    buffer.resize(120);
    const resized = refusal("ERR_LEAN_DETACHED", "a", left);
    expectRefused(optimizer, weights, () => optimizer.step(), resized);
    buffer.resize(240);
    optimizer.step();
    expect(optimizer.steps).toBe(2);
  });
});

describe("the norm of all gradients", () => {
  const norm = Math.hypot(...randomFloats(60, 2), 0);

  test("is known where they are read first", () => {
    const { optimizer } = build({ maxGradNorm: 1e9 });
    expect(optimizer.gradNorm).toBeUndefined();
    optimizer.step({ grads: { b: null } });
    expect(optimizer.gradNorm).toBeCloseTo(norm, 5);
    optimizer.step({ gradScale: 4 });
    expect(optimizer.gradNorm).toBeCloseTo(norm / 4, 5);
    optimizer.step({ grads: { a: null } });
    expect(optimizer.gradNorm).toBe(0);
  });

  test("is that before clipping", () => {
    const { optimizer } = build({ maxGradNorm: 0.1 });
    optimizer.step({ grads: { b: null } });
    expect(optimizer.gradNorm).toBeCloseTo(norm, 5);
  });

  test("is not known otherwise", () => {
    const { optimizer } = build();
    optimizer.step();
    expect(optimizer.gradNorm).toBeUndefined();
  });

  test("belongs to a step, and not to a state that was loaded", () => {
    const { optimizer } = build({ skipNonFinite: true });
    optimizer.step();
    const resumed = build({ skipNonFinite: true }).optimizer;
    resumed.loadStateDict(optimizer.stateDict());
    expect(resumed.gradNorm).toBeUndefined();
  });
});

describe("sizes", () => {
  test("are known without a step", () => {
    const { optimizer } = build();
    expect(optimizer.stateBytes).toBe(optimizer.memory().total);
    expect(optimizer.workspaceBytes).toBeGreaterThan(0);
  });

  test("of one number for a tensor", () => {
    const params = [{ name: "w", data: randomFloats(1000, 1) }];
    const { byKind } = new Optimizer([{ params, optimizer: adagradNorm() }]).memory();
    expect(byKind).toEqual({ momentum: 0, secondMoment: 4, basis: 0, error: 0, counters: 64 });
  });
});

test("what there is to say about a weight is said once", () => {
  const warn = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
  const params = ["a", "b"].map((name) => ({ name, shape: [6, 4], data: randomFloats(24, 1) }));
  const optimizer = new Optimizer([{ params, optimizer: adamSNSM({ rank: 9 }) }]);
  optimizer.step();
  const said = warn.mock.calls;
  warn.mockRestore();
  expect(said).toEqual(
    ["a", "b"].map((name) => [
      expect.stringContaining(`${name}: rank 9 covers all 4 dimensions`),
      "LeanOptimWarning",
    ]),
  );
});

describe("dispose", () => {
  test("frees the state, and may be called twice", () => {
    const { optimizer, a } = build();
    optimizer.step();
    const before = bitsOf(a.data);
    optimizer.dispose();
    optimizer.dispose();
    const uses: (() => unknown)[] = [
      () => optimizer.step(),
      () => optimizer.gradNorm,
      () => optimizer.workspaceBytes,
      () => optimizer.counters("a"),
      () => optimizer.setBasis("a", new Float32Array(10)),
      () => optimizer.stateDict(),
      () => optimizer.loadStateDict({}),
      () => optimizer.save("nowhere"),
      () => optimizer.load("nowhere"),
    ];
    for (const use of uses) expect(use).toThrow(code("ERR_LEAN_DISPOSED"));
    expect(bitsOf(a.data)).toBe(before);
    expect(optimizer.steps).toBe(1);
  });

  test("rejects asynchronous steps, too", async () => {
    const { optimizer } = build();
    optimizer.dispose();
    await expect(optimizer.stepAsync()).rejects.toThrow(code("ERR_LEAN_DISPOSED"));
  });

  test("is what `using` calls", () => {
    const { optimizer } = build();
    optimizer[Symbol.dispose]();
    expect(() => optimizer.step()).toThrow(code("ERR_LEAN_DISPOSED"));
  });

  test("lets go of the arrays", () => {
    const { optimizer, a } = build();
    optimizer.dispose();
    const moved = structuredClone(a.data.buffer, { transfer: [a.data.buffer as ArrayBuffer] });
    expect(moved.byteLength).toBe(240);
  });
});

describe("while a step runs", () => {
  test("nothing else can be asked for", async () => {
    const { optimizer, weights } = build({ maxGradNorm: 1 });
    const running = optimizer.stepAsync();
    const uses: (() => unknown)[] = [
      () => optimizer.step(),
      () => optimizer.gradNorm,
      () => optimizer.workspaceBytes,
      () => optimizer.counters("a"),
      () => optimizer.setBasis("a", new Float32Array(10)),
      () => optimizer.stateDict(),
      () => optimizer.loadStateDict({}),
      () => optimizer.save("nowhere"),
      () => optimizer.load("nowhere"),
      () => optimizer.dispose(),
    ];
    for (const use of uses) expect(use).toThrow(code("ERR_LEAN_BUSY"));
    await expect(optimizer.stepAsync()).rejects.toThrow(code("ERR_LEAN_BUSY"));
    await running;
    const other = build({ maxGradNorm: 1 });
    other.optimizer.step();
    expect(snapshot(optimizer, weights)).toEqual(snapshot(other.optimizer, other.weights));
  });

  test("others can step", async () => {
    const [one, two] = [build(), build()];
    const running = one.optimizer.stepAsync();
    two.optimizer.step();
    await running;
    expect(snapshot(one.optimizer, one.weights)).toEqual(snapshot(two.optimizer, two.weights));
  });
});

test("a weight without elements is stepped by nobody", () => {
  const params = [
    { name: "none", shape: [0, 4], data: new Float32Array(0), grad: new Float32Array(0) },
    { name: "one", shape: [2, 2], data: randomFloats(4, 1), grad: randomFloats(4, 2) },
  ];
  const recipe = generic({ momentum: momentums.subspace({ rank: 1 }), secondMoment: "subset" });
  const optimizer = new Optimizer([{ params, optimizer: recipe }], { maxGradNorm: 1 });
  optimizer.step();
  expect(optimizer.counters("one")[0]?.updates).toBe(1);
});
