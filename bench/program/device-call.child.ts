/**
 * Microseconds of the host's that starting a step takes on a device, and bytes that it leaves on the
 * JavaScript heap. Prints them as JSON.
 */
import { quantile } from "../../lib/cli/measure.js";
import { deviceMemory } from "../../lib/device-memory.js";
import { adamSNSM, adamw, Optimizer } from "../../lib/index.js";

const kinds = ["same", "rate", "listed", "moved"] as const;

export interface DeviceCall {
  readonly tensors: number;
  readonly launches: number;
  readonly microseconds: Readonly<Record<(typeof kinds)[number], number>>;
  readonly heapBytes: number;
  readonly movedHeapBytes: number;
}

const device = "simt";
const tensors = 300;
const shape = [64, 48];
const bytes = 4 * 64 * 48;
const memory = deviceMemory(device);

function parameters(prefix: string, count: number) {
  return Array.from({ length: count }, (_, i) => {
    const [data, grad] = [memory.alloc(bytes), memory.alloc(bytes)];
    return { name: `${prefix}${i}`, shape, dtype: "float32" as const, data, grad };
  });
}

const optimizer = new Optimizer(
  [
    { optimizer: adamSNSM({ rank: 8 }), params: parameters("matrix", (2 * tensors) / 3) },
    { optimizer: adamw(), params: parameters("other", tensors / 3) },
  ],
  { device },
);
const gradients = [0, 1].map(() => Array.from({ length: tensors }, () => memory.alloc(bytes).ptr));
const listed = gradients.map((grads) => ({ grads }));
const addresses = gradients.map((grads) => ({ grads: BigUint64Array.from(grads) }));
let steps = 0;

const step: Record<(typeof kinds)[number], () => void> = {
  same: () => optimizer.step(),
  rate() {
    optimizer.groups[0].lr = 1e-3 + 1e-9 * steps;
    optimizer.step();
  },
  listed: () => optimizer.step(listed[steps % 2]),
  moved: () => optimizer.step(addresses[steps % 2]),
};

function microseconds(run: () => void): number {
  const samples = Array.from({ length: 41 }, () => {
    const begin = process.hrtime.bigint();
    for (let i = 0; i < 50; i++, steps++) run();
    return Number(process.hrtime.bigint() - begin) / 50e3;
  });
  return quantile(samples.slice(10), 0.5);
}

function heapBytes(run: () => void): number {
  const windows = Array.from({ length: 11 }, () => {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 1000; i++, steps++) run();
    return (process.memoryUsage().heapUsed - before) / 1000;
  });
  return quantile(windows, 0.5);
}

const found: DeviceCall = {
  tensors,
  launches: optimizer.launches,
  microseconds: {
    same: microseconds(step.same),
    rate: microseconds(step.rate),
    listed: microseconds(step.listed),
    moved: microseconds(step.moved),
  },
  heapBytes: heapBytes(step.same),
  movedHeapBytes: heapBytes(step.moved),
};
console.log(JSON.stringify(found));
