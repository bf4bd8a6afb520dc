/**
 * Makes and drops optimizers of 8 MB of state each, one after another, and prints by how many bytes
 * the process has grown since the first few.
 */
import { adamw, Optimizer } from "lean-optim";

const count = 60;
const data = new Float32Array(2 ** 20);
const grad = new Float32Array(2 ** 20);
const collect = globalThis.gc as () => void;
const finished = new FinalizationRegistry(() => {
  freed += 1;
});
let freed = 0;

function use(): void {
  const optimizer = new Optimizer([{ params: [{ name: "w", data, grad }], optimizer: adamw() }]);
  optimizer.step();
  finished.register(optimizer, undefined);
}

/** Finalizers run in tasks of their own. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function main(): Promise<void> {
  for (let i = 0; i < 5; i++) use();
  await settle();
  const before = process.memoryUsage().rss;
  for (let i = 0; i < count; i++) {
    use();
    if (i % 5 === 4) await settle();
  }
  await settle();
  const grown = process.memoryUsage().rss - before;
  console.log(JSON.stringify({ grown, freed, external: process.memoryUsage().external }));
}

main();
