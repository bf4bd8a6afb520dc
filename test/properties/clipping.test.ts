/** All gradients are clipped together, to a norm. */
import { adamSNSM, adamw, Optimizer, sgd } from "lean-optim";
import { trajectoryError } from "../oracle/golden.js";
import { snapshot } from "../support/bits.js";
import { randomFloats } from "../support/dtypes.js";
import { everyRecipe } from "../support/every-recipe.js";
import { gradientsAt, type Model, type ModelOptions, model } from "../support/model.js";
import { subspaceShapes } from "../support/subspace-cases.js";

function walk(recipe: Parameters<typeof model>[0], options: ModelOptions, scale = 1): Model {
  const made = model(recipe, options);
  for (let step = 1; step <= 4; step++) {
    const grads = Object.entries(gradientsAt(step)).map(([name, grad]) => [
      name,
      grad.map((g) => scale * g),
    ]);
    made.optimizer.step({ grads: Object.fromEntries(grads) });
  }
  return made;
}

describe.each(everyRecipe())("$name", ({ recipe }) => {
  test("to a norm beyond reach is no clipping, up to how sums are taken", () => {
    const start = model(recipe).weights;
    const free = walk(recipe, {});
    const clipped = walk(recipe, { maxGradNorm: 1e30 });
    clipped.weights.forEach((weight, i) => {
      const [reference, from] = [free.weights[i], start[i]] as [Float32Array, Float32Array];
      expect(trajectoryError(weight, reference, from)).toBeLessThan(2e-6);
    });
  });

  test("only reading them first changes no bit more than clipping to such a norm", () => {
    const read = walk(recipe, { skipNonFinite: true });
    const clipped = walk(recipe, { maxGradNorm: 1e30 });
    expect(snapshot(clipped.optimizer, clipped.weights)).toEqual(
      snapshot(read.optimizer, read.weights),
    );
  });
});

test("what is clipped is the same whatever its length, up to 1e-6 in the norm", () => {
  const start = model(sgd()).weights;
  const [long, longer] = [1, 64].map((scale) => walk(sgd({ lr: 1 }), { maxGradNorm: 1 }, scale));
  long?.weights.forEach((weight, i) => {
    const other = longer?.weights[i] as Float32Array;
    expect(trajectoryError(other, weight, start[i] as Float32Array)).toBeLessThan(2e-6);
  });
});

test("its factor is that of the whole, not of each parameter", () => {
  const params = [3, 4].map((g, i) => ({
    name: `w${i}`,
    data: new Float32Array(1),
    grad: Float32Array.of(g),
  }));
  const optimizer = new Optimizer([{ params, optimizer: sgd({ lr: 1 }) }], { maxGradNorm: 1 });
  optimizer.step();
  expect(optimizer.gradNorm).toBe(5);
  expect(params.map(({ data }) => data[0])).toEqual([
    expect.closeTo(-3 / 5.000001, 7),
    expect.closeTo(-4 / 5.000001, 7),
  ]);
});

test("a norm that is less is not stretched", () => {
  const data = new Float32Array(2);
  const params = [{ name: "w", data, grad: Float32Array.of(3, 4) }];
  new Optimizer([{ params, optimizer: sgd({ lr: 1 }) }], { maxGradNorm: 6 }).step();
  expect(Array.from(data)).toEqual([-3, -4]);
});

test("a basis does not depend on it", () => {
  const basis = (options: ModelOptions) => {
    const { optimizer } = walk(adamSNSM({ rank: 2, projector: "svd" }), options);
    return snapshot(optimizer, []).state["tall.basis"];
  };
  expect(basis({ maxGradNorm: 0.01 })).toBe(basis({}));
});

test("a loss scale that is a power of two changes nothing", () => {
  const scaled = model(adamw(), { maxGradNorm: 1 });
  const plain = model(adamw(), { maxGradNorm: 1 });
  for (let step = 1; step <= 3; step++) {
    const grads = gradientsAt(step);
    plain.optimizer.step({ grads });
    const large = Object.fromEntries(
      subspaceShapes.map(({ name }) => [name, (grads[name] as Float32Array).map((g) => 4096 * g)]),
    );
    scaled.optimizer.step({ grads: large, gradScale: 4096 });
  }
  expect(scaled.optimizer.gradNorm).toBe(plain.optimizer.gradNorm);
  scaled.weights.forEach((weight, i) => {
    const reference = plain.weights[i] as Float32Array;
    expect(trajectoryError(weight, reference, new Float32Array(weight.length))).toBeLessThan(2e-7);
  });
});

test("a loss scale that is none is refused before anything happens", () => {
  const data = randomFloats(3, 1);
  const optimizer = new Optimizer([{ params: [{ name: "w", data }], optimizer: sgd() }]);
  expect(() => optimizer.step({ gradScale: Number.POSITIVE_INFINITY })).toThrow(
    "gradScale must be a finite number",
  );
  expect(optimizer.steps).toBe(0);
});
