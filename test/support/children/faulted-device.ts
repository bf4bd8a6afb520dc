/**
 * A kernel reads memory that was freed behind the optimizer's back. Prints what calls say then, on
 * the device and beside it.
 */
import { adamw, Optimizer } from "lean-optim";
import { deviceMemory } from "../../../lib/device-memory.js";

const device = "simt";
const memory = deviceMemory(device);

function build(name: string) {
  const data = memory.fromHost(new Float32Array(64).fill(1));
  const grad = memory.fromHost(new Float32Array(64).fill(1));
  // Addresses alone, of which nobody can see what becomes of the memory.
  const params = [
    { name, shape: [64], dtype: "float32" as const, data: data.ptr, grad: grad.ptr, device },
  ];
  return { data, optimizer: new Optimizer([{ params, optimizer: adamw() }]) };
}

function outcome(run: () => unknown): unknown {
  try {
    run();
    return "ok";
  } catch (error) {
    const { name, code, message } = error as Error & { code: string };
    return { name, code, message };
  }
}

const broken = build("broken");
const other = build("other");
broken.optimizer.step();
broken.optimizer.synchronize();
broken.data.dispose();

const cpu = () => {
  const data = Float32Array.of(1);
  using optimizer = new Optimizer([
    { params: [{ name: "w", data, grad: Float32Array.of(1) }], optimizer: adamw() },
  ]);
  optimizer.step();
};

const outcomes = {
  step: outcome(() => broken.optimizer.step()),
  synchronize: outcome(() => broken.optimizer.synchronize()),
  again: outcome(() => broken.optimizer.synchronize()),
  poll: outcome(() => broken.optimizer.poll()),
  event: outcome(() => broken.optimizer.waitEvent(4096n)),
  state: outcome(() => broken.optimizer.stateDict()),
  otherStep: outcome(() => other.optimizer.step()),
  allocation: outcome(() => memory.alloc(8)),
  disposal: outcome(() => {
    broken.optimizer.dispose();
    other.data.dispose();
    other.optimizer.dispose();
  }),
  cpu: outcome(cpu),
};

console.log(JSON.stringify(outcomes));
