/** A copy of a large array by as many threads as the subjects beside it have: the memory's own pace. */

import { Worker } from "node:worker_threads";
import type { Subject } from "../../lib/cli/measure.js";

const BYTES = 64 * 2 ** 20;

// Each thread copies between arrays of its own: what is shared, V8 copies word by word. A worker
// sleeps until the round's number changes, copies, and counts itself off.
const WORKER = `
  const { workerData } = require("node:worker_threads");
  const { state, share } = workerData;
  const signal = new Int32Array(state);
  const source = new Float64Array(share).fill(1);
  const target = new Float64Array(share).fill(2);
  for (let round = 0; ; round++) {
    Atomics.wait(signal, 0, round);
    if (Atomics.load(signal, 0) < 0) break;
    target.set(source);
    if (Atomics.sub(signal, 1, 1) === 1) Atomics.notify(signal, 1);
  }
`;

export class Copy implements Subject {
  readonly name = "copy";
  /** Read and written. */
  readonly bytes = 2 * BYTES;
  /** The round's number, and how many workers are still copying. */
  private readonly signal = new Int32Array(new SharedArrayBuffer(8));
  private readonly workers: Worker[] = [];
  private readonly source: Float64Array;
  private readonly target: Float64Array;

  constructor(threads: number) {
    const share = Math.ceil(BYTES / Float64Array.BYTES_PER_ELEMENT / threads);
    this.source = new Float64Array(share).fill(1);
    this.target = new Float64Array(share).fill(2);
    for (let thread = 1; thread < threads; thread++) {
      const workerData = { state: this.signal.buffer, share };
      const worker = new Worker(WORKER, { eval: true, workerData });
      worker.unref();
      this.workers.push(worker);
    }
  }

  time(steps: number): number {
    const start = process.hrtime.bigint();
    for (let step = 0; step < steps; step++) this.copyOnce();
    return Number(process.hrtime.bigint() - start) / 1e6 / steps;
  }

  stop(): void {
    Atomics.store(this.signal, 0, -1);
    Atomics.notify(this.signal, 0);
  }

  private copyOnce(): void {
    const { signal, source, target } = this;
    Atomics.store(signal, 1, this.workers.length);
    Atomics.add(signal, 0, 1);
    Atomics.notify(signal, 0);
    target.set(source);
    for (let left = Atomics.load(signal, 1); left > 0; left = Atomics.load(signal, 1)) {
      Atomics.wait(signal, 1, left);
    }
  }
}
