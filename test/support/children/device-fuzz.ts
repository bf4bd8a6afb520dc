/**
 * Hands pointers, streams and events that are right, nearly right and wrong to optimizers on the
 * device, and calls their methods in any order. The process must live, what goes wrong must be a
 * LeanError that names what is at fault, and the device must be as good as new. Prints what came of
 * the calls.
 */
import { adamSNSM, adamw, Optimizer } from "lean-optim";
import { deviceMemory } from "../../../lib/device-memory.js";
import { LeanError } from "../../../lib/errors.js";
import { type CudaCalls, cudaCalls } from "../cuda-calls.js";
import { Draw } from "../fuzz/draw.js";
import { garbage } from "../fuzz/garbage.js";

const cuda = cudaCalls as CudaCalls;
const device = "simt";
const memory = deviceMemory(device);
const draw = new Draw(Number(process.argv[2]));
const rounds = Number(process.argv[3]);
const outcomes: Record<string, number> = {};
const shape = [8, 6];
const bytes = 4 * 48;

function attempt<T>(what: string, act: () => T): T | undefined {
  const count = (outcome: string) => {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  };
  try {
    const result = act();
    count(`${what} done`);
    return result;
  } catch (error) {
    const isOurs = error instanceof LeanError || /for you$/.test(String(error));
    // A capture that events from outside have spoilt says so in the end.
    const isCaptures = what === "capture" && /cudaErrorStreamCapture/.test(String(error));
    count(isOurs || isCaptures ? `${what} refused` : `unknown: ${what}: ${error}`);
  }
  return undefined;
}

const gone = memory.alloc(bytes);
const freed = gone.ptr;
gone.dispose();
const [pinned, foreign] = [cuda.allocate("pinned", bytes), cuda.allocate("foreign", bytes)];
const managed = cuda.allocate("managed", 4 * bytes);
const good = Array.from({ length: 8 }, () => memory.fromHost(new Float32Array(64).fill(0.5)));
const short = memory.alloc(bytes - 4);
const [stream, event] = [cuda.createStream("nonBlocking"), cuda.createEvent()];
const [lostStream, lostEvent] = [cuda.createStream("nonBlocking"), cuda.createEvent()];
cuda.destroyStream(lostStream);
cuda.destroyEvent(lostEvent);

const wrong = (): unknown =>
  draw.one([
    () => freed,
    () => pinned,
    () => foreign,
    () => short.ptr,
    () => (good[0]?.ptr as bigint) + draw.one([1n, 2n, 4n, 100n]),
    () => draw.one([0n, 1n, -1n, 1n << 64n, (1n << 64n) - 4n, 1n << 47n, 4096n]),
    () => ({ ptr: garbage(draw) }),
    () => stream,
    () => garbage(draw),
  ])();
const pointer = (i: number): unknown =>
  draw.chance(0.9) ? draw.one([good[i], good[i]?.ptr, managed]) : wrong();
const handle = (right: bigint, lost: bigint): unknown =>
  draw.chance(0.6) ? right : draw.one([() => lost, wrong])();

function make(): Optimizer {
  const grad = () => (draw.chance(0.7) ? pointer(4 + draw.integer(0, 3)) : null);
  const params = [0, 1].map((i) => ({
    name: `w${i}`,
    shape: draw.chance(0.95) ? shape : [draw.integer(0, 9), 6],
    dtype: draw.chance(0.95) ? "float32" : garbage(draw),
    data: pointer(i),
    grad: grad(),
  }));
  return new Optimizer(
    [
      {
        params: params as never,
        optimizer: draw.one([adamw(), adamSNSM({ rank: 2, updateProjGap: 2 })]),
      },
    ],
    {
      device,
      ...(draw.chance(0.4) && { stream: handle(stream, lostStream) as bigint }),
      ...(draw.chance(0.1) && { state: wrong() as bigint }),
      ...(draw.chance(0.1) && { scratchBytes: draw.one([0, 1, garbage(draw)]) as number }),
      ...(draw.chance(0.3) && { maxGradNorm: 1 }),
    },
  );
}

const grads = () => ({
  grads: draw.one([
    () => ({ w0: pointer(4), w1: pointer(5) }),
    () => [pointer(6), null],
  ])() as never,
});

const calls: Record<string, (optimizer: Optimizer) => unknown> = {
  step: (optimizer) => optimizer.step(),
  "step with gradients": (optimizer) => optimizer.step(grads()),
  "step with garbage": (optimizer) => optimizer.step(garbage(draw) as never),
  "step with weights": (optimizer) => optimizer.step({ params: [pointer(2), pointer(3)] as never }),
  synchronize: (optimizer) => optimizer.synchronize(),
  poll: (optimizer) => optimizer.poll(),
  waitEvent: (optimizer) => optimizer.waitEvent(handle(event, lostEvent) as bigint),
  recordEvent: (optimizer) => optimizer.recordEvent(handle(event, lostEvent) as bigint),
  counters: (optimizer) => optimizer.counters("w0"),
  stateDict: (optimizer) => optimizer.loadStateDict(optimizer.stateDict()),
  dispose: (optimizer) => optimizer.dispose(),
};

/** A step whose result is known, beside all that. */
function witness(): string {
  const data = memory.fromHost(new Float32Array(48).fill(1));
  const params = [{ name: "w", shape, dtype: "float32" as const, data, grad: good[7] as never }];
  using optimizer = new Optimizer([{ params, optimizer: adamw() }], { device });
  optimizer.step();
  optimizer.synchronize();
  return data.read(new Float32Array(48)).join();
}

async function main(): Promise<void> {
  const before = witness();
  for (let round = 0; round < rounds; round++) {
    cuda.streams(draw.one(["now", "late"]), draw.integer(0, 3));
    const optimizer = attempt("new", make);
    if (optimizer === undefined) continue;
    const captures = draw.chance(0.3);
    if (captures) cuda.beginCapture(stream);
    for (let i = 0; i < 6; i++) {
      const [name, call] = draw.one(Object.entries(calls).slice(0, captures ? -1 : undefined));
      attempt(name, () => call(optimizer));
    }
    if (captures) {
      const captured = attempt("capture", () => cuda.endCapture(stream));
      if (captured !== undefined) {
        cuda.launchGraph(captured.graph, stream);
        cuda.synchronizeStream(stream);
        cuda.destroyGraph(captured.graph);
      }
    }
    try {
      await optimizer.stepAsync();
    } catch (error) {
      if (!(error instanceof LeanError)) throw error;
    }
    attempt("dispose", () => optimizer.dispose());
  }
  outcomes["device is as before"] = Number(witness() === before);
  console.log(JSON.stringify(outcomes));
}

main();
