/** What JavaScript and N-API add to a step of a program whose arrays do not change. */

import { interleave, quantile, repeated } from "../../lib/cli/measure.js";
import { adamw, Optimizer } from "../../lib/index.js";
import { NativeProgram, setThreads } from "../../lib/native.js";
import { bindKernel } from "../../lib/run-kernel.js";
import { noise } from "../support/data.js";
import { gradient, stepCounters, stepScalars } from "../support/kernel.js";
import { type Fact, fact } from "../support/result.js";

const TENSORS = 300;
const SHAPE = [4, 4] as const;
const SAMPLES = 101;

type Triple = [number, number, number];

/** Next to nothing to do: a prologue opens one step. Kept here, since a program keeps no arrays. */
const smallestItem = { grad: gradient([1, 1]), counters: stepCounters(), scalars: stepScalars() };

function makeOptimizer(): Optimizer {
  const params = Array.from({ length: TENSORS }, (_, index) => ({
    name: `weight${index}`,
    shape: SHAPE,
    data: noise(16, 0.02, index + 1),
    grad: noise(16, 1e-3, index + 1001),
  }));
  return new Optimizer([{ params, optimizer: adamw({ lr: 1e-6 }) }]);
}

/** The program behind an optimizer: seen in a step's native call. */
function programOf(optimizer: Optimizer): NativeProgram {
  const { run } = NativeProgram.prototype;
  let seen: NativeProgram | undefined;
  NativeProgram.prototype.run = function (sequence, hyper) {
    seen = this;
    run.call(this, sequence, hyper);
  };
  try {
    optimizer.step();
  } finally {
    NativeProgram.prototype.run = run;
  }
  if (seen === undefined) throw new Error("a step made no native call");
  return seen;
}

/** An optimizer whose steps do all of their JavaScript, and nothing natively. */
function withoutNativeCall(): Optimizer {
  const optimizer = makeOptimizer();
  Object.defineProperty(programOf(optimizer), "run", { value: () => {} });
  return optimizer;
}

/** Median bytes a step leaves on the JavaScript heap, over windows too short for a collection. */
function heapBytesPerStep(step: () => void): number {
  const steps = 20_000;
  const windows = Array.from({ length: 11 }, () => {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < steps; i++) step();
    return (process.memoryUsage().heapUsed - before) / steps;
  });
  return quantile(windows, 0.5);
}

export async function facts(suite: string): Promise<Fact[]> {
  setThreads(1);
  const whole = makeOptimizer();
  const scripted = withoutNativeCall();
  const smallest = bindKernel("cpu", "prologue", [smallestItem]);
  const { measurements } = await interleave(
    [
      repeated("JavaScript", () => scripted.step()),
      repeated("N-API", () => smallest.run()),
      repeated("whole step", () => whole.step()),
    ],
    { samples: SAMPLES },
  );
  const [script, crossing, step] = measurements.map(({ ms }) => ms.median * 1e3) as Triple;
  const heap = heapBytesPerStep(() => whole.step());
  for (const optimizer of [whole, scripted]) optimizer.dispose();
  smallest.dispose();

  const tensors = `${TENSORS} tensors`;
  return [
    fact({
      suite,
      name: `JavaScript and N-API of a step, ${tensors}`,
      value: script + crossing,
      unit: "µs",
      atMost: 10,
      note:
        `step() with its native call taken out (${script.toPrecision(3)} µs), ` +
        `and a native call with one prologue in it (${crossing.toPrecision(3)} µs)`,
    }),
    fact({
      suite,
      name: `JavaScript heap left by a step, ${tensors}`,
      value: Math.max(0, heap),
      unit: "bytes",
      // memoryUsage() itself leaves an object in each window of 20 000 steps.
      atMost: 0.05,
      note: "median of 11 windows of 20 000 steps",
    }),
    fact({
      suite,
      name: `whole step, ${tensors} of 16 elements, one thread`,
      value: step,
      unit: "µs",
      note: "kernels included",
    }),
  ];
}
