/** Worker threads: each has its own optimizers, and all share one pool of threads. */
import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { adamSN, adamSNSM, type Recipe } from "lean-optim";
import { snapshot } from "./support/bits.js";
import { gradientsAt, model } from "./support/model.js";

const root = join(__dirname, "..");
const file = join(__dirname, "support", "children", "stepping-worker.ts");
const steps = 20;

async function inWorker(recipe: Recipe, asynchronous: boolean): Promise<unknown> {
  const worker = new Worker(file, {
    execArgv: ["-r", join(root, "scripts", "ts.cjs")],
    workerData: { config: recipe.config, steps, asynchronous },
  });
  const [[end]] = await Promise.all([once(worker, "message"), once(worker, "exit")]);
  return end;
}

function here(recipe: Recipe): unknown {
  const { optimizer, weights } = model(recipe, { maxGradNorm: 2 });
  for (let step = 1; step <= steps; step++) optimizer.step({ grads: gradientsAt(step) });
  return snapshot(optimizer, weights);
}

const recipes = [adamSNSM({ lr: 0.1, rank: 2, updateProjGap: 3 }), adamSN({ lr: 0.1 })];

test.each([false, true])(
  "two at once come to what one alone does, asynchronous %p",
  async (how) => {
    const ends = Promise.all(recipes.map((recipe) => inWorker(recipe, how)));
    const expected = recipes.map(here);
    expect(await ends).toEqual(expected);
  },
  60_000,
);
