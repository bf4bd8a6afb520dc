/** Parameters do not see each other: many in one optimizer step as each would alone, to the bit. */
import { Optimizer, type ParameterGroup } from "lean-optim";
import { bitsOf } from "../support/bits.js";
import { randomFloats } from "../support/dtypes.js";
import { everyRecipe } from "../support/every-recipe.js";
import { gradientsAt } from "../support/model.js";
import { countOf } from "../support/shapes.js";
import { subspaceShapes } from "../support/subspace-cases.js";

/** A parameter's number decides its random bases, and when they are refreshed if they are spread. */
const recipes = everyRecipe({ refreshOffset: 0, projector: "svd" }).filter(
  ({ recipe }) =>
    !/"(powerIteration|randomizedSvd|gaussian|srht|uniform)"/.test(JSON.stringify(recipe)),
);

test("most recipes are among them", () => {
  expect(recipes.length).toBeGreaterThan(10);
});

test.each(recipes)("$name", ({ recipe }) => {
  const parameters = () =>
    subspaceShapes.map(({ name, shape, batched }, i) => {
      return { name, shape, batched, data: randomFloats(countOf(shape), i) };
    });
  const [inOneGroup, inGroups, alone] = [parameters(), parameters(), parameters()];
  const optimizers = [
    new Optimizer([{ params: inOneGroup, optimizer: recipe }]),
    new Optimizer(inGroups.map((param) => ({ params: [param], optimizer: recipe }))),
  ];
  const singles = alone.map((param) => new Optimizer([{ params: [param], optimizer: recipe }]));
  for (let step = 1; step <= 5; step++) {
    const grads = gradientsAt(step);
    for (const optimizer of optimizers) optimizer.step({ grads });
    singles.forEach((optimizer, i) => {
      optimizer.step({ grads: [grads[alone[i]?.name as string] as Float32Array] });
    });
  }
  alone.forEach(({ name, data }, i) => {
    const others = [inOneGroup, inGroups].map((params) => bitsOf(params[i]?.data as Float32Array));
    expect([name, ...others]).toEqual([name, bitsOf(data), bitsOf(data)]);
  });
});

test("every recipe in a group of its own, at a rate of its own", () => {
  const build = (): ParameterGroup[] =>
    recipes.map(({ recipe }, i) => ({
      optimizer: recipe,
      params: [{ name: `w${i}`, shape: [12, 5], data: randomFloats(60, i) }],
    }));
  const [together, alone] = [build(), build()];
  const optimizer = new Optimizer(together);
  const singles = alone.map((group) => new Optimizer([group]));
  for (let step = 1; step <= 5; step++) {
    const grads = recipes.map((_, i) => randomFloats(60, 100 * step + i));
    optimizer.groups.forEach((group, i) => {
      group.lr = 0.01 * (step + i);
      (singles[i]?.groups[0] as { lr: number }).lr = 0.01 * (step + i);
      singles[i]?.step({ grads: [grads[i] as Float32Array] });
    });
    optimizer.step({ grads });
  }
  const weights = (groups: readonly ParameterGroup[]) =>
    groups.map(({ params }, i) => [recipes[i]?.name, bitsOf(params[0]?.data as Float32Array)]);
  expect(weights(together)).toEqual(weights(alone));
});
