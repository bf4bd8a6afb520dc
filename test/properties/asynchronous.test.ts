/** A step on another thread is the same step. */
import { snapshot } from "../support/bits.js";
import { everyRecipe } from "../support/every-recipe.js";
import { gradientsAt, model } from "../support/model.js";

test.each(everyRecipe())("$name", async ({ recipe }) => {
  const [here, there] = [model(recipe, { maxGradNorm: 2 }), model(recipe, { maxGradNorm: 2 })];
  for (let step = 1; step <= 4; step++) {
    const grads = gradientsAt(step);
    here.optimizer.step({ grads });
    await there.optimizer.stepAsync({ grads });
    expect(there.optimizer.gradNorm).toBe(here.optimizer.gradNorm);
  }
  expect(there.optimizer.steps).toBe(4);
  expect(snapshot(there.optimizer, there.weights)).toEqual(snapshot(here.optimizer, here.weights));
});

test("many optimizers at once", async () => {
  const recipes = everyRecipe();
  const models = recipes.map(({ recipe }) => ({ there: model(recipe), here: model(recipe) }));
  for (let step = 1; step <= 2; step++) {
    const grads = gradientsAt(step);
    await Promise.all(models.map(({ there }) => there.optimizer.stepAsync({ grads })));
    for (const { here } of models) here.optimizer.step({ grads });
  }
  models.forEach(({ here, there }, i) => {
    expect([recipes[i]?.name, snapshot(there.optimizer, there.weights)]).toEqual([
      recipes[i]?.name,
      snapshot(here.optimizer, here.weights),
    ]);
  });
});
