/** Ends while a basis is computed beside the steps, and says how many there were. */
import { parentPort } from "node:worker_threads";
import { adamSM, Optimizer } from "lean-optim";
import { deviceMemory } from "../../../lib/device-memory.js";
import { randomFloats } from "../dtypes.js";

const device = "simt";
const memory = deviceMemory(device);
const shape = [48, 40];
const make = (seed: number) => memory.fromHost(randomFloats(48 * 40, seed));
const params = [
  { name: "w", shape, dtype: "float32" as const, device, data: make(1), grad: make(2) },
];
const recipe = adamSM({
  rank: 4,
  projector: "svd",
  updateProjGap: 4,
  refreshOffset: 0,
  refreshDelay: 3,
});
const optimizer = new Optimizer([{ params, optimizer: recipe }]);
for (let i = 0; i < 5; i++) optimizer.step();
if (parentPort === null) console.log(optimizer.steps);
else parentPort.postMessage(optimizer.steps);
