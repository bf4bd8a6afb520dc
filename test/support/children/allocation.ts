/** Prints how many bytes of the JavaScript heap a step over 300 tiny tensors leaves behind. */
import { adamSNSM, adamw, Optimizer, setThreads } from "lean-optim";
import { deviceMemory } from "../../../lib/device-memory.js";

const device = process.argv[2] ?? "cpu";
const memory = (array: Float32Array) =>
  device === "cpu" ? array : deviceMemory(device).fromHost(array);

const groups = [adamw(), adamSNSM({ rank: 1 })].map((optimizer, group) => ({
  optimizer,
  params: Array.from({ length: 150 }, (_, i) => ({
    name: `w${group}.${i}`,
    shape: [4, 3],
    dtype: "float32" as const,
    data: memory(new Float32Array(12).fill(1)),
    grad: memory(new Float32Array(12).fill(0.5)),
  })),
}));
const optimizer = new Optimizer(groups, { device, maxGradNorm: 1 });
const collect = globalThis.gc as () => void;
setThreads(1);

function allocatedBy(steps: number): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < steps; i++) optimizer.step();
  return process.memoryUsage().heapUsed - before;
}

/** Of several: the compiler, too, allocates now and then. */
function least(steps: number): number {
  return Math.min(...Array.from({ length: 4 }, () => allocatedBy(steps)));
}

allocatedBy(1000);
const [few, many] = [100, 1100];
console.log(JSON.stringify({ bytesPerStep: (least(many) - least(few)) / (many - few) }));
