/** How gradients come to the optimizer, and where they do not. */
import { adamw, Optimizer, type WeightArray } from "lean-optim";
import { snapshot, stateBits } from "../support/bits.js";
import { everyRecipe } from "../support/every-recipe.js";
import { gradientsAt, type Model, model } from "../support/model.js";
import { subspaceShapes } from "../support/subspace-cases.js";

const names = subspaceShapes.map(({ name }) => name);
const end = ({ optimizer, weights }: Model) => snapshot(optimizer, weights);

describe.each(everyRecipe())("$name", ({ recipe }) => {
  test("moved gradients are those in bound memory, and those by number", () => {
    const [moved, listed] = [model(recipe), model(recipe)];
    const bound = model(recipe);
    const memory = gradientsAt(1);
    for (let step = 1; step <= 4; step++) {
      const grads = gradientsAt(step);
      moved.optimizer.step({ grads });
      listed.optimizer.step({ grads: names.map((name) => grads[name] as WeightArray) });
      for (const name of names) memory[name]?.set(grads[name] as WeightArray);
      bound.optimizer.step(step === 1 ? { grads: memory } : undefined);
    }
    expect(end(listed)).toEqual(end(moved));
    expect(end(bound)).toEqual(end(moved));
  });

  test("a parameter without one keeps its bits, and nothing of it is counted", () => {
    const { optimizer, weights } = model(recipe);
    for (let step = 1; step <= 2; step++) optimizer.step({ grads: gradientsAt(step) });
    const before = end({ optimizer, weights });
    const absent = ["tall", "vector", "experts"];
    const grads = { ...gradientsAt(3), ...Object.fromEntries(absent.map((name) => [name, null])) };
    optimizer.step({ grads });
    const after = end({ optimizer, weights });
    names.forEach((name, i) => {
      const isAbsent = absent.includes(name);
      expect([name, after.weights[i] === before.weights[i]]).toEqual([name, isAbsent]);
      const tensors = Object.keys(after.state).filter((key) => key.startsWith(`${name}.`));
      const isSame = tensors.every((key) => after.state[key] === before.state[key]);
      expect([name, isSame]).toEqual([name, isAbsent]);
    });
    expect(optimizer.steps).toBe(3);
  });
});

test("a gradient that comes late begins its own count", () => {
  const [late, early] = [model(adamw()), model(adamw())];
  const without = Object.fromEntries(names.map((name) => [name, null]));
  late.optimizer.step({ grads: without });
  late.optimizer.step({ grads: without });
  late.optimizer.step({ grads: gradientsAt(1) });
  early.optimizer.step({ grads: gradientsAt(1) });
  const { "optimizer.steps": lateSteps, ...lateState } = stateBits(late.optimizer.stateDict());
  const { "optimizer.steps": steps, ...state } = stateBits(early.optimizer.stateDict());
  expect(lateState).toEqual(state);
  expect(lateSteps).not.toBe(steps);
});

test("an optimizer that was never given one does nothing", () => {
  for (const { recipe } of everyRecipe()) {
    const { optimizer, weights } = model(recipe, { maxGradNorm: 1 });
    const before = snapshot(optimizer, weights);
    optimizer.step();
    const after = snapshot(optimizer, weights);
    expect({ ...after.state, "optimizer.steps": 0 }).toEqual({
      ...before.state,
      "optimizer.steps": 0,
    });
    expect(after.weights).toEqual(before.weights);
  }
});

test("an array that is handed over twice is bound once", () => {
  const data = new Float32Array(2);
  const grad = Float32Array.of(1, 2);
  const optimizer = new Optimizer([{ params: [{ name: "w", data }], optimizer: adamw() }]);
  optimizer.step({ grads: { w: grad } });
  optimizer.step({ grads: { w: grad }, params: { w: data } });
  optimizer.step();
  expect(optimizer.counters("w")[0]?.updates).toBe(3);
});
