/** What a process says that finds NVIDIA's libraries where LEAN_OPTIM_CUDA_LIBS points, or not. */
import { adamSM, LeanError, ldadam, Optimizer, type Recipe } from "lean-optim";
import { deviceMemory } from "../../../lib/device-memory.js";
import { describeLibraries } from "../../../lib/native.js";

const device = process.argv[2];
const memory = deviceMemory(device);
const buffer = (values: Float32Array) => memory.fromHost(values);

function tryStep(recipe: Recipe): { code: string; message: string } | null {
  const data = buffer(Float32Array.from({ length: 12 }, (_, i) => i % 5));
  const grad = buffer(Float32Array.from({ length: 12 }, (_, i) => (i % 7) - 3));
  try {
    const optimizer = new Optimizer([
      {
        optimizer: recipe,
        params: [
          { name: "w", shape: [4, 3], dtype: "float32", data: data.ptr, grad: grad.ptr, device },
        ],
      },
    ]);
    optimizer.step();
    optimizer.synchronize();
    return null;
  } catch (error) {
    if (!(error instanceof LeanError)) throw error;
    return { code: error.code, message: error.message };
  }
}

const report = {
  svd: tryStep(adamSM({ lr: 0.1, rank: 2, projector: "svd" })),
  ldadam: tryStep(ldadam({ lr: 0.1, rank: 2, method: "svd" })),
  powerIteration: tryStep(adamSM({ lr: 0.1, rank: 2, projector: "powerIteration" })),
  libraries: describeLibraries(device),
};
console.log(JSON.stringify(report));
