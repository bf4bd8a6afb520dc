/** A step that is skipped for what is not finite counts as a call, and changes nothing else. */
import { adamw } from "lean-optim";
import { snapshot } from "../support/bits.js";
import { encode, weightTypes } from "../support/dtypes.js";
import { everyRecipe } from "../support/every-recipe.js";
import { gradientsAt, type Model, model } from "../support/model.js";
import { subspaceShapes } from "../support/subspace-cases.js";

const withoutCounters = ({ optimizer, weights }: Model) => {
  const { weights: bits, state } = snapshot(optimizer, weights);
  const kept = Object.entries(state).filter(([name]) => !/counters$|^optimizer.steps$/.test(name));
  return { bits, kept };
};

test.each(everyRecipe({ updateProjGap: 2 }))("$name", ({ recipe }) => {
  const skipping = model(recipe, { skipNonFinite: true });
  const { optimizer } = skipping;
  for (let step = 1; step <= 2; step++) optimizer.step({ grads: gradientsAt(step) });
  const before = withoutCounters(skipping);
  const counted = optimizer.counters("experts");
  const grads = gradientsAt(3);
  (grads.square as Float32Array)[5] = Number.NaN;
  optimizer.step({ grads });
  expect(withoutCounters(skipping)).toEqual(before);
  expect(optimizer.counters("experts")).toEqual(
    counted.map((count) => ({ ...count, calls: count.calls + 1, skipped: 1 })),
  );
  expect(optimizer.gradNorm).toBeNaN();
  expect(optimizer.steps).toBe(3);
  optimizer.step({ grads: gradientsAt(4) });
  expect(withoutCounters(skipping)).not.toEqual(before);
});

describe.each(weightTypes)("gradients of $label", (type) => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "%p is noticed, wherever it is",
    (bad) => {
      const value = encode([bad], type.gradDtype)[0] as number;
      const { optimizer } = model(adamw(), { type, skipNonFinite: true });
      const grads = gradientsAt(1, subspaceShapes, type);
      let skipped = 0;
      for (const [name, grad] of Object.entries(grads)) {
        for (const at of [0, grad.length >> 1, grad.length - 1]) {
          const broken = grad.slice();
          broken[at] = value;
          optimizer.step({ grads: { ...grads, [name]: broken } });
          skipped += 1;
          expect([name, at, optimizer.counters("tall")[0]?.skipped]).toEqual([name, at, skipped]);
        }
      }
      optimizer.step({ grads });
      expect(optimizer.counters("tall")[0]).toMatchObject({ skipped, updates: 1 });
    },
  );

  test("what is large and finite is not", () => {
    const { optimizer } = model(adamw(), { type, skipNonFinite: true });
    const largest = type.gradDtype === "float16" ? 60000 : 1e38;
    const grads = gradientsAt(1, subspaceShapes, type);
    grads.wide = encode(new Float64Array(60).fill(largest), type.gradDtype);
    optimizer.step({ grads });
    expect(optimizer.counters("tall")[0]).toMatchObject({ skipped: 0, updates: 1 });
    expect(optimizer.gradNorm).toBeGreaterThan(largest);
  });
});

test("without being told so, nothing is skipped", () => {
  const { optimizer, weights } = model(adamw());
  const grads = gradientsAt(1);
  (grads.tall as Float32Array)[0] = Number.NaN;
  optimizer.step({ grads });
  expect(weights[0]?.[0]).toBeNaN();
  expect(optimizer.counters("tall")[0]).toMatchObject({ skipped: 0, updates: 1 });
});
