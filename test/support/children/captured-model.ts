/**
 * A step of a LLaMA with AdamSNSM, as published, captured by its caller over addresses without memory
 * (LEAN_SIMT_DRY_RUN=1). Prints how many kernels the graph has, and bytes.
 */
import { adamSNSM, adamw, Optimizer } from "lean-optim";
import { deviceMemory } from "../../../lib/device-memory.js";
import { type ModelName, type ModelParameter, model } from "../../../lib/models/index.js";
import { numel } from "../../../lib/tensor.js";
import { type CudaCalls, cudaCalls } from "../cuda-calls.js";

const cuda = cudaCalls as CudaCalls;
const device = "simt";
const memory = deviceMemory(device);
const parameters = model(process.argv[2] as ModelName);
const rank = Number(process.argv[3]);
const stateDtype = "bfloat16";

const bound = (wanted: (role: string) => boolean) =>
  parameters
    .filter(({ role }) => wanted(role))
    .map(({ name, shape }: ModelParameter) => {
      const bytes = 2 * numel(shape);
      const [data, grad] = [memory.alloc(bytes), memory.alloc(bytes)];
      return { name, shape, dtype: "bfloat16" as const, data, grad };
    });

const stream = cuda.createStream("nonBlocking");
const optimizer = new Optimizer(
  [
    { params: bound((role) => role === "linear"), optimizer: adamSNSM({ rank, stateDtype }) },
    { params: bound((role) => role !== "linear"), optimizer: adamw({ stateDtype }) },
  ],
  { device, stream },
);
const { launches, stateBytes, workspaceBytes } = optimizer; // before the capture has its own table
cuda.beginCapture(stream);
optimizer.step();
const { kernels } = cuda.endCapture(stream);
console.log(JSON.stringify({ kernels, launches, stateBytes, workspaceBytes }));
