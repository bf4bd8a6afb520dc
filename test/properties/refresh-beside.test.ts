/**
 * Bases that cuSOLVER computes beside the steps. The libraries' gate stops whoever calls them, so
 * that what waits, and what does not, shows whatever the machine's pace.
 */
import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { adamSM, Optimizer, type OptimizerOptions, type Recipe } from "lean-optim";
import { deviceMemory } from "../../lib/device-memory.js";
import { bitsOf, stateBits } from "../support/bits.js";
import { runChild } from "../support/child.js";
import { type CudaCalls, cudaCalls } from "../support/cuda-calls.js";
import { randomFloats } from "../support/dtypes.js";

const cuda = cudaCalls as CudaCalls;
const device = "simt";
const memory = deviceMemory(device);
const shape = [12, 9];
const count = 12 * 9;
const bytes = 4 * count;

/** Due at calls 1, 5, 9 and so on; what is due at 5 is used from call 7 on. */
const options = {
  lr: 0.05,
  rank: 2,
  projector: "svd",
  updateProjGap: 4,
  refreshOffset: 0,
} as const;
const late = adamSM({ ...options, refreshDelay: 2, onRefresh: "rotate" });
const calls = 12;

function make(recipe: Recipe = late, seed = 1, more: OptimizerOptions = {}) {
  const data = memory.fromHost(randomFloats(count, seed));
  const grads = Array.from({ length: calls }, (_, i) =>
    memory.fromHost(randomFloats(count, 100 * seed + i)),
  );
  const params = [{ name: "w", shape, dtype: "float32" as const, device, data: data.ptr }];
  const optimizer = new Optimizer([{ params, optimizer: recipe }], more);
  let call = 0;
  const step = (times = 1) => {
    for (let i = 0; i < times; i++) optimizer.step({ grads: [grads[call++]?.ptr as bigint] });
  };
  const found = () => {
    const { "optimizer.steps": _, ...state } = stateBits(optimizer.stateDict());
    return { state, weights: bitsOf(data.read(new Float32Array(count))) };
  };
  return { optimizer, data, grads, step, found };
}

/** What each call comes to when all before it are done. */
function expected(times: number, recipe: Recipe = late, seed = 1) {
  const made = make(recipe, seed);
  for (let i = 0; i < times; i++) {
    made.step();
    made.optimizer.stateDict();
  }
  return made.found();
}

/** Until so many calls of libraries have stopped at the gate. */
function untilStopped(total: number): void {
  while (cuda.callsStopped() < total) cuda.freeBytes();
}

function untilDone(optimizer: Optimizer): void {
  while (!optimizer.poll());
}

const withDevice = cudaCalls ? describe : describe.skip;

withDevice.each([["now", 0] as const, ["late", 0] as const, ["late", 1] as const])(
  "work that runs %s, seed %d",
  (when, seed) => {
    beforeEach(() => cuda.streams(when, seed));
    afterEach(() => {
      cuda.libraries("open");
      cuda.streams("now", 0);
    });

    test("the host goes on, and the stream waits where the basis is adopted", () => {
      const made = make();
      made.step(4);
      untilDone(made.optimizer);
      const stopped = cuda.callsStopped();
      cuda.libraries("shut");
      made.step(2);
      // Call 5 has not waited for its basis, and neither has 6.
      untilDone(made.optimizer);
      untilStopped(stopped + 1);
      made.step(4);
      for (let i = 0; i < 100; i++) expect(made.optimizer.poll()).toBe(false);
      cuda.libraries("open");
      made.optimizer.synchronize();
      expect(cuda.callsStopped()).toBe(stopped + 1);
      expect(made.optimizer.counters("w")[0]).toMatchObject({
        calls: 10,
        refreshes: 2,
        refused: 0,
      });
      expect(made.found()).toEqual(expected(10));
    });

    test("without a delay the host waits", () => {
      const made = make(adamSM(options));
      made.step(4);
      cuda.libraries("failing");
      expect(() => made.step()).toThrow(/cublasDsyrk/);
      made.optimizer.dispose();
    });

    test("what reads the state has the basis in it that was on its way", () => {
      const made = make();
      made.step(5);
      const { "w.next_call": call, "w.next_basis": basis } = made.optimizer.stateDict();
      expect(call?.data[0]).toBe(5n);
      expect(Array.from(basis?.data as Float32Array).some((x) => x !== 0)).toBe(true);
      expect(made.found()).toEqual(expected(5));
      made.step(7);
      expect(made.found()).toEqual(expected(12));
    });

    test("a state that is loaded takes the place of what was on its way", () => {
      const saved = make();
      saved.step(3);
      const made = make();
      made.step(5);
      made.optimizer.loadStateDict(saved.optimizer.stateDict());
      made.data.write(saved.data.read(new Float32Array(count)));
      for (const grad of saved.grads.slice(3, 10)) {
        made.optimizer.step({ grads: [grad.ptr] });
        saved.optimizer.step({ grads: [grad.ptr] });
      }
      expect(made.found()).toEqual(saved.found());
    });

    test("a failure keeps the old basis, is counted, and surfaces once", () => {
      const made = make();
      made.step(4);
      const before = made.optimizer.stateDict()["w.basis"];
      cuda.libraries("failing");
      made.step(3);
      const failure = expect.objectContaining({
        code: "ERR_LEAN_NATIVE",
        message: expect.stringMatching(/beside the steps, and the old one stays: cublasDsyrk/),
      });
      expect(() => made.optimizer.synchronize()).toThrow(failure);
      made.optimizer.synchronize();
      expect(made.optimizer.counters("w")[0]).toMatchObject({ calls: 7, refreshes: 1, refused: 1 });
      const after = made.optimizer.stateDict();
      expect(after["w.basis"]).toEqual(before);
      expect(after["w.next_call"]?.data[0]).toBe(0n);
      // And so it does for who polls; then they go on.
      cuda.libraries("failing");
      made.step(4);
      expect(() => untilDone(made.optimizer)).toThrow(failure);
      untilDone(made.optimizer);
      made.step(1);
      expect(made.optimizer.counters("w")[0]).toMatchObject({ refreshes: 1, refused: 2 });
    });

    test("two optimizers, each with its own", () => {
      const both = [1, 2].map((each) => make(late, each));
      for (const each of both) each.step(4);
      const stopped = cuda.callsStopped();
      cuda.libraries("shut");
      for (const each of both) each.step(4);
      untilStopped(stopped + 2);
      for (const { optimizer } of both) expect(optimizer.poll()).toBe(false);
      cuda.libraries("open");
      for (const [i, each] of both.entries()) {
        each.step(4);
        expect(each.found()).toEqual(expected(12, late, 1 + i));
      }
    });

    test("disposed of while a basis is on its way", () => {
      const made = make();
      made.step(4);
      const stopped = cuda.callsStopped();
      cuda.libraries("shut");
      made.step(1);
      untilStopped(stopped + 1);
      cuda.libraries("open");
      made.optimizer.dispose();
      const other = make();
      other.step(8);
      other.optimizer.dispose();
    });

    test("what else is in the caller's stream is in its order", () => {
      const stream = cuda.createStream("nonBlocking");
      const made = make(late, 1, { stream });
      const seen = [0, 1, 2].map(() => memory.alloc(bytes));
      made.step(4);
      const stopped = cuda.callsStopped();
      cuda.libraries("shut");
      made.step(4);
      for (const to of seen) {
        cuda.copy(to.ptr, made.data.ptr, bytes, stream);
        made.step();
      }
      untilStopped(stopped + 1);
      cuda.libraries("open");
      cuda.synchronizeStream(stream);
      for (const [i, to] of seen.entries()) {
        expect(bitsOf(to.read(new Float32Array(count)))).toBe(expected(8 + i).weights);
      }
      made.optimizer.dispose();
      cuda.destroyStream(stream);
    });

    test("weights in their turns, of which some are out of step", () => {
      const sizes = [shape, [5, 14], [9, 9], [3, 20], [16, 4]];
      const recipe = adamSM({ ...options, refreshOffset: "staggered", refreshDelay: 3 });
      const run = (looks: boolean) => {
        const data = sizes.map(([m, n], i) => memory.fromHost(randomFloats(m * n, i)));
        const params = sizes.map((size, i) => ({
          name: `w${i}`,
          shape: size,
          dtype: "float32" as const,
          device,
          data: data[i]?.ptr as bigint,
        }));
        const optimizer = new Optimizer([{ params, optimizer: recipe }], {
          projectionReports: true,
        });
        const grads = Array.from({ length: 18 }, (_, t) =>
          sizes.map(([m, n], i) => memory.fromHost(randomFloats(m * n, 10 * t + i))),
        );
        for (const [t, each] of grads.entries()) {
          // Then more gradients may have to stay than there are places, which are for calls in step.
          optimizer.step({ grads: each.map(({ ptr }, i) => ((t * i) % 7 === 5 ? null : ptr)) });
          if (looks) optimizer.stateDict();
        }
        const state = stateBits(optimizer.stateDict());
        const weights = data.map((d) => bitsOf(d.read(new Uint8Array(d.byteLength))));
        return { state, weights, reports: optimizer.projections() };
      };
      expect(run(false)).toEqual(run(true));
    });

    test("a capture of somebody else's does not mind", () => {
      const stream = cuda.createStream("nonBlocking");
      const made = make();
      made.step(4);
      cuda.beginCapture(stream);
      made.step(6);
      made.optimizer.synchronize();
      cuda.destroyGraph(cuda.endCapture(stream).graph);
      expect(made.found()).toEqual(expected(10));
      cuda.destroyStream(stream);
    });
  },
);

withDevice("beside the steps", () => {
  afterEach(() => cuda.libraries("open"));

  test("a step with svd is refused in a capture, which goes on", () => {
    const stream = cuda.createStream("nonBlocking");
    for (const recipe of [late, adamSM(options)]) {
      const made = make(recipe, 1, { stream });
      made.step(2);
      const before = made.found();
      cuda.beginCapture(stream);
      const unsupported = expect.objectContaining({
        code: "ERR_LEAN_UNSUPPORTED",
        message: expect.stringContaining('"powerIteration" can'),
      });
      expect(() => made.step()).toThrow(unsupported);
      const { graph, kernels } = cuda.endCapture(stream);
      expect(kernels).toBe(0);
      cuda.destroyGraph(graph);
      expect(made.found()).toEqual(before);
      made.optimizer.dispose();
    }
    cuda.destroyStream(stream);
  });

  test("gradients that stay take no more room than stays at a time", () => {
    const params = Array.from({ length: 4 }, (_, i) => ({
      name: `w${i}`,
      shape,
      dtype: "float32" as const,
      device,
      data: memory.fromHost(randomFloats(count, i)),
    }));
    const room = (refreshDelay: number, refreshOffset: "staggered" | 0) => {
      const recipe = adamSM({ ...options, refreshDelay, refreshOffset });
      using optimizer = new Optimizer([{ params, optimizer: recipe }], { device });
      return optimizer.workspaceBytes;
    };
    // Due one after another in a gap of four: each stays for a call, or for two so that each second
    // one is gone, or until the next but two is due, with which it cannot share.
    const one = room(2, "staggered") - room(1, "staggered");
    expect(one).toBeGreaterThanOrEqual(bytes);
    expect(one).toBeLessThan(2 * bytes);
    expect(room(3, "staggered") - room(1, "staggered")).toBe(3 * one);
    expect(room(1, 0) - room(1, "staggered")).toBe(3 * one);
    expect(room(3, 0)).toBe(room(1, 0));
  });

  test("worker threads that end with a basis on its way", async () => {
    const file = join(__dirname, "..", "support", "children", "late-basis.ts");
    const execArgv = ["-r", join(__dirname, "..", "..", "scripts", "ts.cjs")];
    const ends = await Promise.all(
      [1, 2].map(async () => {
        const worker = new Worker(file, { execArgv });
        const [[message], [code]] = await Promise.all([
          once(worker, "message"),
          once(worker, "exit"),
        ]);
        return { message, code };
      }),
    );
    expect(ends).toEqual(Array(2).fill({ message: 5, code: 0 }));
  }, 60_000);

  test("a process that ends with a basis on its way", () => {
    const { status, stdout, stderr } = runChild("children/late-basis.ts");
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "5\n", stderr: "" });
  }, 60_000);
});
