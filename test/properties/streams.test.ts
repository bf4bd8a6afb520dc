/**
 * Steps among a caller's own work on the device: streams, events, and graphs that he captures. Work
 * in streams runs as late, and in as wrong an order, as streams and events allow.
 */
import { adamSNSM, adamw, Optimizer, type OptimizerOptions, type Recipe } from "lean-optim";
import { deviceMemory } from "../../lib/device-memory.js";
import { bitsOf, stateBits } from "../support/bits.js";
import { type CudaCalls, cudaCalls } from "../support/cuda-calls.js";
import { randomFloats } from "../support/dtypes.js";

const cuda = cudaCalls as CudaCalls;
const device = "simt";
const memory = deviceMemory(device);
const count = 24 * 17;
const bytes = 4 * count;
const refreshing = adamSNSM({ lr: 1e-2, rank: 3, updateProjGap: 2 });

/** A weight, the memory of its gradient, and gradients to come. */
function weight(seed = 1) {
  const data = memory.fromHost(randomFloats(count, seed));
  const grad = memory.alloc(bytes);
  const grads = Array.from({ length: 8 }, (_, i) =>
    memory.fromHost(randomFloats(count, 100 * seed + i)),
  );
  const result = () => bitsOf(data.read(new Float32Array(count)));
  return { data, grad, grads, result };
}

type Made = ReturnType<typeof weight>;

function make({ data, grad }: Made, recipe: Recipe, options: OptimizerOptions = {}) {
  const params = [
    {
      name: "w",
      shape: [24, 17],
      dtype: "float32" as const,
      device,
      data: data.ptr,
      grad: grad.ptr,
    },
  ];
  return new Optimizer([{ params, optimizer: recipe }], options);
}

/** What steps with the given gradients and learning rates come to, one after another. */
function expected(recipe: Recipe, steps: readonly (readonly [grad: number, lr: number])[]) {
  const made = weight();
  using optimizer = make(made, recipe);
  for (const [grad, lr] of steps) {
    optimizer.groups[0].lr = lr;
    optimizer.step({ grads: [made.grads[grad]?.ptr as bigint] });
    optimizer.synchronize();
  }
  return found(made, optimizer);
}

/** Weights, and what the device knows. */
function found(made: Made, optimizer: Optimizer) {
  // First, for it waits until the steps are done.
  const { "optimizer.steps": _, ...state } = stateBits(optimizer.stateDict());
  return { state, weights: made.result() };
}

(cudaCalls ? describe : describe.skip).each([0, 1, 2])("work that runs late, seed %d", (seed) => {
  beforeEach(() => cuda.streams("late", seed));
  afterEach(() => cuda.streams("now", 0));

  test("poll says when steps are done, without waiting", () => {
    const made = weight();
    made.grad.write(randomFloats(count, 100));
    using optimizer = make(made, refreshing);
    expect(optimizer.poll()).toBe(true);
    for (let i = 0; i < 5; i++) optimizer.step();
    let polls = 1;
    while (!optimizer.poll()) polls++;
    expect(polls).toBeGreaterThan(1);
    expect(polls).toBeLessThan(100);
    expect(optimizer.counters("w")[0]?.updates).toBe(5);
  });

  test("steps come between what else is in the caller's stream", () => {
    const stream = cuda.createStream("nonBlocking");
    const made = weight();
    const seen = [0, 1, 2].map(() => memory.alloc(bytes));
    using optimizer = make(made, refreshing, { stream });
    for (const [i, to] of seen.entries()) {
      cuda.copy(made.grad.ptr, made.grads[i]?.ptr as bigint, bytes, stream);
      optimizer.step();
      cuda.copy(to.ptr, made.data.ptr, bytes, stream);
    }
    cuda.synchronizeStream(stream);
    for (const [i, to] of seen.entries()) {
      const steps = Array.from({ length: i + 1 }, (_, grad) => [grad, 1e-2] as const);
      const bits = bitsOf(to.read(new Float32Array(count)));
      expect(bits).toBe(expected(refreshing, steps).weights);
    }
    optimizer.dispose();
    cuda.destroyStream(stream);
  });

  test("events order steps on a stream of their own among the caller's work", () => {
    const stream = cuda.createStream("nonBlocking");
    const [ready, done] = [cuda.createEvent(), cuda.createEvent()];
    const made = weight();
    const to = memory.alloc(bytes);
    using optimizer = make(made, refreshing);
    for (const i of [0, 1, 2]) {
      // The gradient that the last step has read may be written over.
      cuda.copy(made.grad.ptr, made.grads[i]?.ptr as bigint, bytes, stream);
      cuda.recordEvent(ready, stream);
      optimizer.waitEvent(ready);
      optimizer.step();
      optimizer.recordEvent({ ptr: done });
      cuda.waitEvent(stream, done);
    }
    cuda.copy(to.ptr, made.data.ptr, bytes, stream);
    cuda.synchronizeStream(stream);
    const steps = [0, 1, 2].map((grad) => [grad, 1e-2] as const);
    expect(bitsOf(to.read(new Float32Array(count)))).toBe(expected(refreshing, steps).weights);
    for (const event of [ready, done]) cuda.destroyEvent(event);
    cuda.destroyStream(stream);
  });

  test("launches of a captured step are steps, and may alternate with plain ones", () => {
    const stream = cuda.createStream("nonBlocking");
    const made = weight();
    using optimizer = make(made, refreshing, { stream, maxGradNorm: 1 });
    const step = (grad: number, lr: number) => {
      optimizer.groups[0].lr = lr;
      optimizer.step({ grads: [made.grads[grad]?.ptr as bigint] });
    };
    step(0, 0.01);
    cuda.beginCapture(stream);
    step(1, 0.02);
    const { graph, kernels } = cuda.endCapture(stream);
    expect(kernels).toBe(optimizer.launches);
    // The graph has addresses and numbers of its own.
    step(2, 0.03);
    cuda.launchGraph(graph, stream);
    cuda.launchGraph(graph, stream);
    step(2, 0.03);
    cuda.launchGraph(graph, stream);
    step(2, 0.03);
    step(2, 0.03);
    optimizer.synchronize();
    const replayed = [1, 0.02] as const;
    const plain = [2, 0.03] as const;
    const steps = [[0, 0.01], plain, replayed, replayed, plain, replayed, plain, plain] as const;
    const other = weight();
    using reference = make(other, refreshing, { maxGradNorm: 1 });
    for (const [grad, lr] of steps) {
      reference.groups[0].lr = lr;
      reference.step({ grads: [other.grads[grad]?.ptr as bigint] });
    }
    expect(optimizer.counters("w")[0]).toMatchObject({ calls: 8, updates: 8, refreshes: 4 });
    // The host has seen one of the capture and five of its own.
    expect(optimizer.steps).toBe(6);
    expect(found(made, optimizer)).toEqual(found(other, reference));
    optimizer.dispose();
    cuda.destroyGraph(graph);
    cuda.destroyStream(stream);
  });

  test("graphs of several captures keep each their own addresses and numbers", () => {
    const stream = cuda.createStream("nonBlocking");
    const made = weight();
    using optimizer = make(made, refreshing, { stream });
    const capture = (grad: number, lr: number) => {
      cuda.beginCapture(stream);
      optimizer.groups[0].lr = lr;
      optimizer.step({ grads: [made.grads[grad]?.ptr as bigint] });
      return cuda.endCapture(stream).graph;
    };
    const captured = [
      [1, 0.02],
      [2, 0.03],
      [2, 0.02],
    ] as const;
    const graphs = captured.map(([grad, lr]) => capture(grad, lr));
    const turns = [0, 1, 2, 1, 0, 0, 2];
    for (const turn of turns) cuda.launchGraph(graphs[turn] as (typeof graphs)[0], stream);
    optimizer.synchronize();
    const steps = turns.map((turn) => captured[turn] as (typeof captured)[0]);
    expect(found(made, optimizer)).toEqual(expected(refreshing, steps));
    optimizer.dispose();
    for (const graph of graphs) cuda.destroyGraph(graph);
    cuda.destroyStream(stream);
  });

  test("a stream of the optimizer's own joins a capture by events", () => {
    const stream = cuda.createStream("nonBlocking");
    const [fork, join] = [cuda.createEvent(), cuda.createEvent()];
    const made = weight();
    using optimizer = make(made, refreshing);
    cuda.beginCapture(stream);
    cuda.copy(made.grad.ptr, made.grads[0]?.ptr as bigint, bytes, stream);
    cuda.recordEvent(fork, stream);
    optimizer.waitEvent(fork);
    optimizer.step();
    optimizer.recordEvent(join);
    cuda.waitEvent(stream, join);
    const { graph } = cuda.endCapture(stream);
    for (let i = 0; i < 3; i++) cuda.launchGraph(graph, stream);
    cuda.synchronizeStream(stream);
    const steps = [0, 0, 0].map((grad) => [grad, 1e-2] as const);
    expect(found(made, optimizer)).toEqual(expected(refreshing, steps));
    cuda.destroyGraph(graph);
    for (const event of [fork, join]) cuda.destroyEvent(event);
    cuda.destroyStream(stream);
  });
});

(cudaCalls ? describe : describe.skip)("on a stream of the caller's", () => {
  const busy = expect.objectContaining({ code: "ERR_LEAN_BUSY", parameter: "stream" });

  test("what waits is refused during a capture, which goes on", async () => {
    const stream = cuda.createStream("nonBlocking");
    const made = weight();
    made.grad.write(randomFloats(count, 100));
    using optimizer = make(made, refreshing, { stream });
    optimizer.step();
    optimizer.synchronize();
    const before = made.result();
    cuda.beginCapture(stream);
    optimizer.step();
    for (const waiting of [
      () => optimizer.synchronize(),
      () => optimizer.poll(),
      () => optimizer.counters("w"),
      () => optimizer.stateDict(),
      () => optimizer.loadStateDict({}),
      () => optimizer.save("/nonexistent/file"),
    ]) {
      expect(waiting).toThrow();
    }
    expect(() => optimizer.synchronize()).toThrow(busy);
    expect(() => optimizer.counters("w")).toThrow(busy);
    await expect(optimizer.stepAsync()).rejects.toEqual(busy);
    const { graph } = cuda.endCapture(stream);
    expect(made.result()).toBe(before);
    cuda.launchGraph(graph, stream);
    optimizer.synchronize();
    expect(optimizer.counters("w")[0]?.calls).toBe(2);
    optimizer.dispose();
    cuda.destroyGraph(graph);
    cuda.destroyStream(stream);
  });

  test("memory comes and goes during a capture, which does not mind", () => {
    const stream = cuda.createStream("nonBlocking");
    const [made, other] = [weight(), weight(2)];
    const before = make(other, refreshing);
    before.step();
    using optimizer = make(made, refreshing, { stream });
    cuda.beginCapture(stream);
    optimizer.step();
    memory.alloc(bytes).dispose();
    before.dispose();
    make(other, refreshing).dispose();
    const { graph } = cuda.endCapture(stream);
    cuda.launchGraph(graph, stream);
    optimizer.synchronize();
    expect(optimizer.counters("w")[0]?.calls).toBe(1);
    optimizer.dispose();
    cuda.destroyGraph(graph);
    cuda.destroyStream(stream);
  });

  test("the legacy default stream is never used", async () => {
    // It would wait for a blocking stream, and so is refused while one is captured.
    const blocking = cuda.createStream("blocking");
    const made = weight();
    made.grad.write(randomFloats(count, 100));
    using optimizer = make(made, refreshing, { maxGradNorm: 1 });
    cuda.beginCapture(blocking);
    optimizer.step();
    optimizer.step({ grads: [made.grads[0]?.ptr as bigint], gradScale: 2 });
    optimizer.synchronize();
    optimizer.loadStateDict(optimizer.stateDict());
    expect(optimizer.counters("w")[0]?.calls).toBe(2);
    expect(optimizer.gradNorm).toBeGreaterThan(0);
    await optimizer.stepAsync();
    made.data.write(made.data.read(new Float32Array(count)));
    cuda.destroyGraph(cuda.endCapture(blocking).graph);
    cuda.destroyStream(blocking);
  });

  test("an event from outside of a capture is refused in it", () => {
    const stream = cuda.createStream("nonBlocking");
    const event = cuda.createEvent();
    const made = weight();
    using optimizer = make(made, adamw(), { stream });
    optimizer.recordEvent(event);
    cuda.beginCapture(stream);
    expect(() => optimizer.waitEvent(event)).toThrow(
      expect.objectContaining({ code: "ERR_LEAN_INVALID_ARG", parameter: "event" }),
    );
    expect(() => cuda.endCapture(stream)).toThrow("cudaErrorStreamCapture");
    optimizer.step();
    optimizer.synchronize();
    optimizer.dispose();
    cuda.destroyEvent(event);
    cuda.destroyStream(stream);
  });

  test("the state in memory of the caller's is the same state", () => {
    const stream = cuda.createStream("nonBlocking");
    const [made, other] = [weight(), weight()];
    using reference = make(other, refreshing);
    using state = memory.alloc(reference.stateBytes);
    using optimizer = make(made, refreshing, { stream, state: { ptr: state.ptr } });
    for (const [each, { grads }] of [
      [optimizer, made],
      [reference, other],
    ] as const) {
      for (const grad of grads.slice(0, 5)) each.step({ grads: [grad.ptr] });
    }
    expect(found(made, optimizer)).toEqual(found(other, reference));
    const bytesOf = (each: Optimizer) => Object.values(stateBits(each.stateDict())).join();
    const before = bytesOf(optimizer);
    state.write(new Uint8Array(state.byteLength));
    expect(bytesOf(optimizer)).not.toBe(before);
    optimizer.dispose();
    cuda.destroyStream(stream);
  });

  test("what is no event is refused, and steps go on", () => {
    const made = weight();
    using optimizer = make(made, adamw());
    const gone = cuda.createEvent();
    cuda.destroyEvent(gone);
    const invalid = expect.objectContaining({ code: "ERR_LEAN_INVALID_ARG", parameter: "event" });
    for (const event of [gone, 4096n, 0n, -1n, 1n << 64n, null, "x", {}, 1.5]) {
      expect(() => optimizer.waitEvent(event as bigint)).toThrow(invalid);
      expect(() => optimizer.recordEvent(event as bigint)).toThrow(invalid);
    }
    optimizer.step();
    optimizer.synchronize();
    using host = new Optimizer([
      { params: [{ name: "w", data: new Float32Array(2) }], optimizer: adamw() },
    ]);
    expect(() => host.waitEvent(1n)).toThrow(invalid);
    optimizer.dispose();
    const disposed = expect.objectContaining({ code: "ERR_LEAN_DISPOSED" });
    expect(() => optimizer.waitEvent(1n)).toThrow(disposed);
  });

  test("a stream that was destroyed is an error of the argument, before anything has moved", () => {
    const stream = cuda.createStream("nonBlocking");
    const made = weight();
    made.grad.write(randomFloats(count, 100));
    const before = made.result();
    using optimizer = make(made, adamw(), { stream });
    cuda.destroyStream(stream);
    const invalid = expect.objectContaining({
      code: "ERR_LEAN_INVALID_ARG",
      parameter: "stream",
      message: expect.stringContaining("destroyed"),
    });
    expect(() => optimizer.step()).toThrow(invalid);
    expect(() => optimizer.synchronize()).toThrow(invalid);
    expect(() => make(made, adamw(), { stream })).toThrow(invalid);
    expect(made.result()).toBe(before);
    optimizer.dispose();
  });
});
