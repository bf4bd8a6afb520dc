import {
  adamSNSM,
  adamw,
  cosine,
  type GenericOptions,
  generic,
  momentums,
  projectors,
  type Recipe,
  recipeFromConfig,
  recipes,
  secondMoments,
} from "lean-optim";
import type { OracleSettings } from "./support/companion.js";
import { refusal } from "./support/refusal.js";
import { subspaceShapes } from "./support/subspace-cases.js";
import { walk } from "./support/walk.js";

const momentumsByName: Record<string, [GenericOptions["momentum"], OracleSettings]> = {
  none: ["none", { moment1: "none" }],
  ema: ["ema", { moment1: "ema" }],
  heavyBall: ["heavyBall", { moment1: "heavyBall" }],
  subspace: [
    momentums.subspace({ rank: 2, updateProjGap: 3 }),
    { moment1: "subspace", rank: 2, gap: 3 },
  ],
};
const secondMomentsByName: Record<string, [GenericOptions["secondMoment"], OracleSettings]> = {
  none: ["none", { moment2: "none" }],
  elementwise: ["elementwise", { moment2: "elementwise" }],
  subset: ["subset", { moment2: "subset" }],
  scalar: [{ kind: "scalar" }, { moment2: "scalar" }],
};

describe.each(Object.keys(momentumsByName))("generic: momentum %s", (first) => {
  test.each(Object.keys(secondMomentsByName))("with second moment %s", (second) => {
    const [momentum, oracle1] = momentumsByName[first] as (typeof momentumsByName)[string];
    const [secondMoment, oracle2] = secondMomentsByName[
      second
    ] as (typeof secondMomentsByName)[string];
    const parameters = subspaceShapes;
    const oracle = { ...oracle1, ...oracle2 };
    walk({ recipe: generic({ lr: 0.05, momentum, secondMoment }), parameters, oracle });
  });
});

describe("decay l2", () => {
  test.each<GenericOptions>([
    { momentum: "subspace" },
    { momentum: "ema", secondMoment: "subset" },
    { secondMoment: "scalar" },
  ])("does not go with %p, whose sums are of the gradient alone", (options) => {
    expect(() => generic({ ...options, decay: "l2" })).toThrow(
      refusal("ERR_LEAN_UNSUPPORTED", "decay", "l2"),
    );
  });

  test("nor with a recipe of those parts", () => {
    expect(() => adamSNSM({ decay: "l2" })).toThrow(refusal("ERR_LEAN_UNSUPPORTED", "decay", "l2"));
    adamw({ decay: "l2" });
  });
});

describe("what a recipe is made of again", () => {
  const made: Record<string, Recipe> = {
    ...Object.fromEntries(Object.entries(recipes).map(([name, make]) => [name, make({})])),
    "with options": adamSNSM({
      lr: 0.3,
      rank: 7,
      betas: [0.8, 0.9],
      partition: -2,
      projector: projectors.powerIteration({ coldPasses: 5 }),
      schedule: cosine({ steps: 10 }),
      compat: "sn-sm",
    }),
    "of parts": generic({
      momentum: momentums.subspace({ projector: projectors.given({ lines: true }) }),
      secondMoment: secondMoments.scalar({ initial: 1 }),
      rounding: "stochastic",
    }),
  };

  test.each(Object.keys(made))("%s, through JSON", (name) => {
    const recipe = made[name] as Recipe;
    const again = recipeFromConfig(JSON.parse(JSON.stringify(recipe.config)));
    // Functions aside, all that it is.
    expect(JSON.stringify(again)).toBe(JSON.stringify(recipe));
  });

  test("an unknown name is refused, with the one that was meant", () => {
    expect(() => recipeFromConfig({ name: "adamSNMS", options: {} })).toThrow(
      refusal("ERR_LEAN_INVALID_ARG", "optimizer", "adamSNMS"),
    );
    expect(() => recipeFromConfig({ name: "adamSNMS", options: {} })).toThrow(
      "did you mean adamSNSM?",
    );
  });
});

/** Orthogonal steps are as long whatever the momentum's bias. */
const withoutBias = ["muon", "adago"];

test("an option that is undefined is one that is not given", () => {
  for (const [name, make] of Object.entries(recipes)) {
    const bias = withoutBias.includes(name) ? [] : ["bias"];
    const names = ["lr", "weightDecay", "decay", ...bias, "schedule", "lrDecay", "rounding"];
    const undefinedOptions = Object.fromEntries(names.map((name) => [name, undefined]));
    expect(JSON.stringify(make(undefinedOptions))).toBe(JSON.stringify(make({})));
  }
});

describe.each(Object.entries(recipes))("%s", (name, make) => {
  test.each<[string, unknown]>([
    ["lr", -1],
    ["lr", Number.NaN],
    ["lr", Number.POSITIVE_INFINITY],
    ["lr", "0.1"],
    ["weightDecay", -0.1],
    ["weightDecay", Number.NaN],
    ["decay", "during"],
    ...(withoutBias.includes(name) ? [] : [["bias", "adam"] as [string, unknown]]),
    ["rounding", "up"],
    ["stateDtype", "float16"],
    ["lrDecay", -1],
    ["lrDecay", Number.NaN],
  ])("refuses %s %p", (option, value) => {
    expect(() => make({ [option]: value })).toThrow(refusal("ERR_LEAN_INVALID_ARG", option, value));
  });

  test("refuses what it does not know, with what was meant", () => {
    expect(() => make({ learningRate: 1 } as never)).toThrow(
      refusal("ERR_LEAN_UNKNOWN_OPTION", "learningRate", 1),
    );
    expect(() => make({ weight_decay: 1 } as never)).toThrow("did you mean weightDecay?");
    expect(() => make(null as never)).toThrow(
      expect.objectContaining({ code: "ERR_LEAN_INVALID_ARG", value: null }),
    );
  });
});

describe("betas", () => {
  test.each([
    ["betas[0]", 1, [1, 0.999]],
    ["betas[0]", -0.1, [-0.1, 0.999]],
    ["betas[0]", Number.NaN, [Number.NaN, 0.999]],
    ["betas[1]", 1.1, [0.9, 1.1]],
    ["betas[1]", "0.999", [0.9, "0.999"]],
  ])("%s %p is refused", (parameter, value, betas) => {
    expect(() => adamw({ betas: betas as never })).toThrow(
      refusal("ERR_LEAN_INVALID_ARG", parameter, value),
    );
  });

  test.each([[0.9], [[0.9]], [[0.9, 0.99, 0.999]], ["betas"]])("%p are none", (betas) => {
    expect(() => adamw({ betas: betas as never })).toThrow(
      refusal("ERR_LEAN_INVALID_ARG", "betas", betas),
    );
  });
});
