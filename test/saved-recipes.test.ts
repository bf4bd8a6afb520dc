import {
  adagrad,
  adamSN,
  adamSNSM,
  adamw,
  constant,
  fira,
  galore,
  generic,
  momentums,
  type Recipe,
  sgd,
} from "lean-optim";
import { describeRecipes, requireSameRecipes } from "../lib/saved-recipes.js";
import { refusal } from "./support/refusal.js";

const uses = (recipe: Recipe, ...names: string[]) => [{ recipe, names }];
const check = (before: Recipe, now: Recipe) =>
  requireSameRecipes(describeRecipes(uses(before, "a", "b")), uses(now, "a", "b"));

describe("the same recipe", () => {
  test.each<[string, Recipe, Recipe]>([
    ["as it was", adamSNSM({ rank: 4 }), adamSNSM({ rank: 4 })],
    [
      "with what are its defaults written out",
      adamSN(),
      adamSN({ betas: [0.9, 0.999], eps: 1e-8 }),
    ],
    [
      "with another learning rate, schedule and decay",
      adamw({ lr: 1 }),
      adamw({ lr: 2, weightDecay: 3, schedule: constant({ warmup: 9 }), lrDecay: 1 }),
    ],
    [
      "by another name, with both moments in one part",
      galore({ rank: 2 }),
      generic({ momentum: { ...galore({ rank: 2 }).momentum, plan: undefined } as never }),
    ],
    [
      "by another name",
      adagrad(),
      generic({
        decay: "l2",
        secondMoment: { kind: "elementwise", beta: 1, eps: 1e-10, correctBias: false } as never,
      }),
    ],
  ])("%s", (_, before, now) => {
    check(before, now);
  });
});

test("a recipe of parts that no name stands for is the same as itself", () => {
  const own = generic({ momentum: { ...momentums.ema(), kind: "own" } });
  check(own, own);
  expect(() => check(own, adamw())).toThrow(refusal("ERR_LEAN_CHECKPOINT", "recipes"));
});

describe("another recipe is refused", () => {
  test.each<[string, Recipe, Recipe]>([
    ["of other parts", adamw(), adamSN()],
    ["of other betas", adamw(), adamw({ betas: [0.9, 0.99] })],
    ["of another epsilon", adamw(), adamw({ eps: 1e-6 })],
    ["of another reduction", adamSN(), adamSN({ reduce: "mean" })],
    ["of another projector", adamSNSM(), adamSNSM({ projector: "svd" })],
    ["that refreshes at other times", adamSNSM(), adamSNSM({ updateProjGap: 100 })],
    ["of another order of decay", adamw(), adamw({ decay: "after" })],
    ["of another scale", galore(), galore({ scale: 1 })],
    ["of another limit of growth", fira(), fira({ maxGrowth: 0 })],
    ["of another direction", galore(), fira()],
    ["of another bias correction", adamw(), adamw({ biasCorrection: false })],
  ])("%s", (_, before, now) => {
    expect(() => check(before, now)).toThrow(
      refusal("ERR_LEAN_CHECKPOINT", "a", before.config.name),
    );
  });

  test("and both are named", () => {
    expect(() => check(adamSN({ partition: -2 }), adamSNSM({ rank: 4 }))).toThrow(
      'a was stepped by adamSN({"partition":-2}) and is stepped by adamSNSM({"rank":4}) here',
    );
  });
});

describe("parameters", () => {
  const saved = describeRecipes([...uses(adamw(), "a", "b"), ...uses(sgd(), "c")]);

  test("may be grouped otherwise", () => {
    requireSameRecipes(saved, [...uses(adamw(), "b"), ...uses(sgd(), "c"), ...uses(adamw(), "a")]);
  });

  test("have each the recipe that they had", () => {
    expect(() =>
      requireSameRecipes(saved, [...uses(adamw(), "a", "c"), ...uses(sgd(), "b")]),
    ).toThrow(refusal("ERR_LEAN_CHECKPOINT", "c", "sgd"));
  });

  test("that were not there are no matter of recipes", () => {
    requireSameRecipes(saved, uses(adamSN(), "d"));
  });
});

test.each([
  "",
  "{}",
  "null",
  "[null]",
  "[{}]",
  '[{"name":"adamw","options":{}}]',
  '[{"name":"adamw","options":{},"params":7}]',
  '[{"name":"adamw","options":{"lr":-1},"params":["a"]}]',
  '[{"name":"adamX","options":{},"params":["a"]}]',
  undefined,
])("%p is damaged", (text) => {
  expect(() => requireSameRecipes(text as string, uses(adamw(), "a"))).toThrow(
    refusal("ERR_LEAN_CHECKPOINT", "recipes"),
  );
});
