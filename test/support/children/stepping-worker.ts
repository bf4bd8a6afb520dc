/** A worker thread that steps an optimizer of its own, and posts how its weights and state end. */
import { parentPort, workerData } from "node:worker_threads";
import { recipeFromConfig } from "lean-optim";
import { snapshot } from "../bits.js";
import { gradientsAt, model } from "../model.js";

const { config, steps, asynchronous } = workerData;
const { optimizer, weights } = model(recipeFromConfig(config), { maxGradNorm: 2 });

async function main(): Promise<void> {
  for (let step = 1; step <= steps; step++) {
    const grads = gradientsAt(step);
    if (asynchronous) await optimizer.stepAsync({ grads });
    else optimizer.step({ grads });
  }
  parentPort?.postMessage(snapshot(optimizer, weights));
}

main();
