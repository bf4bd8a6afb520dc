/** The number of threads does not change a bit. */
import { setThreads } from "../../lib/native.js";
import { snapshot } from "../support/bits.js";
import { everyRecipe } from "../support/every-recipe.js";
import { gradientsAt, model } from "../support/model.js";

afterAll(() => setThreads(0));

/** Of several tiles each, and of a length that no tile's divides. */
const parameters = [
  { name: "tall", shape: [401, 93] },
  { name: "wide", shape: [93, 401] },
  { name: "vector", shape: [33001] },
  { name: "experts", shape: [2, 61, 59], batched: true },
];

const gradients = [1, 2, 3].map((step) => gradientsAt(step, parameters));

test.each(everyRecipe({ updateProjGap: 2 }))("$name", ({ recipe }) => {
  const ends = [1, 2, 3].map((threads) => {
    setThreads(threads);
    const { optimizer, weights } = model(recipe, { parameters, maxGradNorm: 10 });
    for (const grads of gradients) optimizer.step({ grads });
    const end = snapshot(optimizer, weights);
    optimizer.dispose();
    return end;
  });
  expect(ends[1]).toEqual(ends[0]);
  expect(ends[2]).toEqual(ends[0]);
});
