/** Prints how many bytes of the JavaScript heap a step over 300 tiny tensors leaves behind. */
import { adamSNSM, adamw, Optimizer, setThreads } from "lean-optim";

const groups = [adamw(), adamSNSM({ rank: 1 })].map((optimizer, group) => ({
  optimizer,
  params: Array.from({ length: 150 }, (_, i) => ({
    name: `w${group}.${i}`,
    shape: [4, 3],
    data: new Float32Array(12).fill(1),
    grad: new Float32Array(12).fill(0.5),
  })),
}));
const optimizer = new Optimizer(groups, { maxGradNorm: 1 });
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
