/** A run that is saved and taken up again goes on bit for bit. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adamSNSM, adamw, cosine, type Recipe, type WeightArray } from "lean-optim";
import { snapshot } from "../support/bits.js";
import { type WeightType, weightTypes } from "../support/dtypes.js";
import { everyRecipe } from "../support/every-recipe.js";
import { gradientsAt, type Model, model } from "../support/model.js";
import { subspaceShapes } from "../support/subspace-cases.js";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lean-optim-resume-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const last = 7;

function run({ optimizer }: Model, from: number, to: number, type?: WeightType): void {
  for (let step = from; step <= to; step++) {
    optimizer.step({ grads: gradientsAt(step, subspaceShapes, type) });
  }
}

function copyWeights(from: Model, to: Model): void {
  for (const [i, weight] of to.weights.entries()) weight.set(from.weights[i] as WeightArray);
}

/** Takes a run up after `pause` steps, by a state dict or a file, and compares how both end. */
function resume(recipe: Recipe, pause: number, how: "state" | "file", type?: WeightType): void {
  const options = { seed: 5, maxGradNorm: 3, type };
  const whole = model(recipe, options);
  run(whole, 1, pause, type);
  const resumed = model(recipe, options);
  copyWeights(whole, resumed);
  if (how === "state") {
    resumed.optimizer.loadStateDict(whole.optimizer.stateDict());
  } else {
    const path = join(folder, "state.safetensors");
    whole.optimizer.save(path);
    resumed.optimizer.load(path);
  }
  run(whole, pause + 1, last, type);
  run(resumed, pause + 1, last, type);
  expect(resumed.optimizer.steps).toBe(last);
  expect(snapshot(resumed.optimizer, resumed.weights)).toEqual(
    snapshot(whole.optimizer, whole.weights),
  );
}

describe.each(everyRecipe())("$name", ({ recipe }) => {
  // Before the first basis, after it, in the middle of a period, and just before the next.
  test.each([0, 1, 2, 3, 5])("after %d steps, by a state dict", (pause) => {
    resume(recipe, pause, "state");
  });

  test("in the middle of a period, by a file", () => {
    resume(recipe, 5, "file");
  });
});

describe.each(weightTypes)("weights of $label", (type) => {
  test.each(["nearest", "stochastic"] as const)("rounded %s", (rounding) => {
    resume(adamSNSM({ lr: 0.05, rank: 2, updateProjGap: 3, rounding }), 5, "file", type);
  });
});

test("under a schedule, which goes on where it was", () => {
  resume(adamw({ lr: 0.1, schedule: cosine({ steps: last, warmup: 2 }) }), 4, "state");
});

test("without its state it would not", () => {
  const recipe = adamw({ lr: 0.1 });
  const [whole, fresh] = [model(recipe), model(recipe)];
  run(whole, 1, 3);
  copyWeights(whole, fresh);
  run(whole, 4, last);
  run(fresh, 4, last);
  expect(snapshot(fresh.optimizer, fresh.weights).weights).not.toEqual(
    snapshot(whole.optimizer, whole.weights).weights,
  );
});
