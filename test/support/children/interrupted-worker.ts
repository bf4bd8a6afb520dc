/**
 * Terminates worker threads while their optimizers step, at moments that vary, and then steps one
 * here. Prints how many steps were running. In a worker: steps without end.
 */
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { adamSNSM, adamw, Optimizer } from "lean-optim";

const rows = 1024;

function build(): Optimizer {
  const params = ["a", "b"].map((name) => ({
    name,
    shape: [rows, rows],
    data: new Float32Array(rows * rows),
    grad: Float32Array.from({ length: rows * rows }, (_, i) => (i % 17) - 8),
  }));
  return new Optimizer([
    { params: params.slice(0, 1), optimizer: adamSNSM({ rank: 64, updateProjGap: 1 }) },
    { params: params.slice(1), optimizer: adamw() },
  ]);
}

async function stepWithoutEnd(): Promise<void> {
  const optimizers = [build(), build()];
  for (;;) {
    const running = optimizers.map((optimizer) => optimizer.stepAsync());
    parentPort?.postMessage("running");
    await Promise.all(running);
  }
}

async function main(): Promise<void> {
  let interrupted = 0;
  for (let i = 0; i < 5; i++) {
    const worker = new Worker(__filename);
    await new Promise((resolve) => worker.once("message", resolve));
    await new Promise((resolve) => setTimeout(resolve, 5 * i));
    const status = await worker.terminate();
    if (status === 1) interrupted += 1;
  }
  const optimizer = build();
  await optimizer.stepAsync();
  optimizer.step();
  console.log(JSON.stringify({ interrupted, steps: optimizer.steps }));
}

if (isMainThread) main();
else stepWithoutEnd();
